"""One registry among several: what it knows of who writes, and its replicas of all that registries keep.

All topics are written by the same registry, so one election is enough for them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from headwater.client.errors import ClientError
from headwater.client.replica import Replica
from headwater.kernel.logging import get
from headwater.kernel.tasks import Backoff, Group
from headwater.kernel.units import SECOND_MS
from headwater.kernel.world import Randomness
from headwater.machine.errors import MachineError
from headwater.registry.election.protocol import Identity
from headwater.registry.errors import NotTheWriter, RegistryError

_log = get("registry.node")

_BACKOFF: Final = Backoff(first_ms=100, most_ms=2 * SECOND_MS)


class Node:
    """The `Office` of an election. `randomness` is for back-off alone; `prepare` is called before a new writer takes changes."""

    def __init__(
        self,
        identity: Identity,
        replicas: Sequence[Replica[Any]],
        *,
        randomness: Randomness,
        prepare: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.identity: Final = identity
        self._replicas = tuple(replicas)
        self._randomness = randomness
        self._prepare = prepare
        self._writer: Identity | None = None
        self._changed = asyncio.Event()

    @property
    def writes(self) -> bool:
        """Whether this node decides now."""
        return self.identity.is_same(self._writer) and all(each.is_writer for each in self._replicas)

    async def writer(self, *, not_at: Identity | None = None, timeout_s: float) -> Identity:
        """Who writes, as soon as that is known: somebody else than `not_at`, which did not answer. Raises NotTheWriter when it is
        not known in time."""
        return await self._soon(lambda: self._known(not_at), timeout_s)

    async def writes_soon(self, *, timeout_s: float) -> None:
        """Wait until this node writes. Raises NotTheWriter, at once where another one is known to."""
        writer = await self._soon(lambda: self._known(None), timeout_s)
        if not self.identity.is_same(writer):
            raise NotTheWriter

    async def _soon(self, known: Callable[[], Identity | None], timeout_s: float) -> Identity:
        try:
            async with asyncio.timeout(timeout_s):
                while (found := known()) is None:
                    self._changed.clear()
                    await self._changed.wait()
                return found
        except TimeoutError:
            raise NotTheWriter from None

    def _known(self, not_at: Identity | None) -> Identity | None:
        if self.writes:
            return self.identity
        return None if self._may_write or self._writer is None or self._writer.is_same(not_at) else self._writer

    @property
    def _may_write(self) -> bool:
        """It writes, or is about to, or nobody is known to."""
        return self._writer is None or self.identity.is_same(self._writer)

    async def catch_up(self, *, timeout_s: float) -> None:
        """Read what others have written until now. One that can't in time goes on without: its answer is only older."""
        try:
            async with asyncio.timeout(timeout_s):
                for each in self._replicas:
                    await each.catch_up(timeout_s=timeout_s)
        except (TimeoutError, ClientError) as problem:
            _log.warn("what the writer has written is not read yet", error=problem)

    # --- the Office

    async def step_back(self) -> None:
        self._learn(None)
        await self._demote_all()

    async def take(self, writer: Identity | None, *, is_me: bool) -> None:
        if is_me:
            await self._promote_all()
        else:
            await self._demote_all()
        if writer is None:
            _log.warn("no registry of the group is eligible: there are reads, but no writes")
        self._learn(writer)

    async def lost(self) -> None:
        over = asyncio.Event()

        async def watch(fenced: asyncio.Event) -> None:
            await fenced.wait()
            over.set()

        async with Group() as tasks:
            runtimes = [each.runtime for each in self._replicas if each.runtime is not None]
            watching = [tasks.start(f"watch {each.name}", watch(each.fenced)) for each in runtimes]
            await over.wait()
            for each in watching:
                each.cancel()

    async def _promote_all(self) -> None:
        failures = 0
        while True:
            try:
                for each in self._replicas:
                    await each.promote()
                if self._prepare is not None:
                    await self._prepare()
                return
            except (ClientError, MachineError, RegistryError, TimeoutError) as problem:
                failures += 1
                _log.warn("this registry was chosen to write and can't yet", error=problem)
                await asyncio.sleep(_BACKOFF.delay_ms(failures, self._randomness) / SECOND_MS)

    async def _demote_all(self) -> None:
        for each in self._replicas:
            await each.demote()

    def _learn(self, writer: Identity | None) -> None:
        self._writer = writer
        self._changed.set()
