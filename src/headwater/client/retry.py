"""Trying again: what is retriable is repeated after a growing pause until it works or the time is over."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from headwater.client.errors import ClientError, DeadlinePassed
from headwater.client.options import ClientOptions
from headwater.kernel.tasks import Backoff
from headwater.kernel.units import SECOND_MS
from headwater.kernel.world import Randomness

Result = TypeVar("Result")


class Retries:
    """`forget` is told of each failure before the next attempt, so that what was known and wrong is learned anew."""

    def __init__(self, options: ClientOptions, randomness: Randomness) -> None:
        self._options = options
        self._randomness = randomness
        self._backoff = Backoff(first_ms=options.backoff_first_ms, most_ms=options.backoff_most_ms)

    async def run(
        self,
        what: str,
        attempt: Callable[[], Awaitable[Result]],
        *,
        forget: Callable[[ClientError], None],
        deadline_ms: int | None = None,
    ) -> Result:
        """Raises what is not retriable as it is, and `DeadlinePassed` with the last failure when the time is over."""
        allowed_ms = deadline_ms or self._options.deadline_ms
        failures: list[ClientError] = []
        try:
            async with asyncio.timeout(allowed_ms / SECOND_MS):
                return await self._until_it_works(attempt, forget, failures)
        except TimeoutError:
            last = failures[-1] if failures else None
            raise DeadlinePassed(what, allowed_ms, last) from last

    async def _until_it_works(
        self,
        attempt: Callable[[], Awaitable[Result]],
        forget: Callable[[ClientError], None],
        failures: list[ClientError],
    ) -> Result:
        count = 0
        while True:
            try:
                return await attempt()
            except ClientError as failure:
                if not failure.retriable:
                    raise
                failures[:] = [failure]
                forget(failure)
            count += 1
            await asyncio.sleep(self._backoff.delay_ms(count, self._randomness) / SECOND_MS)
