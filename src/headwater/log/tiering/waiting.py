"""Waits for remote storage, but no longer than someone has patience.

A handler is no task, so a deadline can't cancel it: what takes long is done by a task of its own, which is given up when the time
is over. The pieces that it was fetching still come, and are kept for whoever asks again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from headwater.kernel.errors import TooBusy
from headwater.kernel.tasks import Ward
from headwater.kernel.units import SECOND_MS
from headwater.log.errors import LogError, ObjectStoreFailed

T = TypeVar("T")


class Waiting:
    def __init__(self, ward: Ward) -> None:
        self._ward = ward

    async def wait(self, work: Callable[[], Awaitable[T]], *, most_ms: int) -> T:
        """What the work gives. Raises TimeoutError, the work's LogError, or one where too many wait already."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        try:
            task = self._ward.start(
                "remote read",
                lambda: _tell(work, done),
                ended=lambda: _settle(done, ObjectStoreFailed("", "it stopped")),
            )
        except TooBusy as error:
            raise ObjectStoreFailed("reads", str(error)) from error
        timer = loop.call_later(most_ms / SECOND_MS, _settle, done, TimeoutError())
        try:
            return await done
        except (TimeoutError, asyncio.CancelledError):
            task.cancel()
            raise
        finally:
            timer.cancel()


async def _tell(work: Callable[[], Awaitable[T]], done: "asyncio.Future[T]") -> None:
    try:
        value = await work()
    except LogError as error:
        _settle(done, error)
    else:
        if not done.done():
            done.set_result(value)


def _settle(done: "asyncio.Future[T]", error: Exception) -> None:
    if not done.done():
        done.set_exception(error)
