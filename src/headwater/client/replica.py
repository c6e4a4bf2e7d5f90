"""A machine that follows a topic, and that can begin to write it at any moment.

    start    -> follows: replays what is committed, forever, again with back-off where that fails
    promote  -> writes: fences the writer before, catches up behind a barrier, and decides from there on; nothing is loaded anew
    demote   -> follows again, with the same machine where all that it had decided is durable, and else from the beginning

Only for machines without a volatile part, for a machine goes from one role to the other as it is.

Who of several processes may write is not decided here. Two that both believe it harm nothing: the later one fences the other,
which hears of it at its next append, and `fenced` is set.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from headwater.client.errors import ClientError
from headwater.client.journal import TopicJournal
from headwater.kernel.logging import get
from headwater.kernel.tasks import Backoff, Ward, stop, within
from headwater.kernel.units import SECOND_MS
from headwater.kernel.world import Clock
from headwater.machine.decision import Answer
from headwater.machine.errors import NotTheWriter, Reloading, Stopped
from headwater.machine.machine import Machine
from headwater.machine.runtime import Limits, Loaded, Runtime
from headwater.wire.types import Offset

M = TypeVar("M", bound=Machine)
T = TypeVar("T")

_BACKOFF: Final = Backoff(first_ms=50, most_ms=5 * SECOND_MS)
_STOP_S: Final = 5.0

_log = get("client.replica")


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long a replica waits, and with what it writes."""

    load_timeout_s: float = 60.0
    """For a whole topic: at the start, and before a promotion."""
    read_timeout_s: float = 10.0
    """For a machine that is being loaded anew."""
    connect_timeout_s: float = 5.0
    """For a cluster that is away, before something is decided."""
    drain_timeout_s: float = 5.0
    """For what is still to be appended when it no longer writes."""
    limits: Limits | None = None


class Replica(Generic[M]):
    """`journal` gives a new one, which is another writer, each time."""

    def __init__(
        self,
        make: Callable[[], M],
        journal: Callable[[], TopicJournal],
        *,
        clock: Clock,
        ward: Ward,
        patience: Patience | None = None,
    ) -> None:
        self._make = make
        self._make_journal = journal
        self._clock = clock
        self._ward = ward
        self._patience = patience or Patience()
        self._journal = journal()
        self._reader = self._journal.reader()
        self._machine: M | None = None
        """That follows; None until the first record is asked for, and while the runtime has it."""
        self._is_current = asyncio.Event()
        """Whether the machine has been as far as the log was when it began."""
        self._moved: list[tuple[Offset, asyncio.Future[None]]] = []
        self._following: asyncio.Task[None] | None = None
        self._runtime: Runtime[M] | None = None
        self._writing: TopicJournal | None = None
        """The runtime's."""
        self._changing = asyncio.Lock()

    @property
    def name(self) -> str:
        return self._journal.topic

    @property
    def runtime(self) -> Runtime[M] | None:
        """Of a writer, also of one that was fenced."""
        return self._runtime

    @property
    def is_writer(self) -> bool:
        return self._runtime is not None and not self._runtime.fenced.is_set()

    @property
    def position(self) -> Offset:
        """While it follows: how far it has read."""
        return self._reader.position

    @property
    def skipped(self) -> int:
        return self._reader.skipped

    # --- a Store

    async def read(self, query: Callable[[M], T]) -> T:
        """What `query` finds: on the writer what is durable, elsewhere what has been followed."""
        if self._runtime is not None:
            try:
                return await self._runtime.read(query)
            except Stopped:
                pass  # it was fenced, or is about to follow again
        if not self._is_current.is_set():
            await self._wait(self._is_current.wait(), self._patience.read_timeout_s)
        if self._machine is None:
            raise Reloading(self.name)
        return query(self._machine)

    async def submit(self, request: object) -> Answer:
        """Raises NotTheWriter where another process decides, and ClientError where the cluster is away: what could not be
        appended is not decided, for reads would have to wait until it were."""
        if self._runtime is None or self._writing is None:
            raise NotTheWriter(self.name)
        await self._writing.connected(timeout_s=self._patience.connect_timeout_s)
        try:
            return await self._runtime.ask(request)
        except Stopped as stopped:
            raise NotTheWriter(self.name) from stopped

    # --- following

    async def start(self) -> None:
        """Follow, and come back when all has been replayed that was there."""
        self._follow()
        await self._wait(self._is_current.wait(), self._patience.load_timeout_s)

    async def close(self) -> None:
        async with self._changing:
            if self._runtime is not None:
                await self._runtime.close(self._patience.drain_timeout_s)
            await self._stop_following()

    async def reach(self, position: Offset, *, timeout_s: float) -> None:
        """Wait until everything before `position` has been replayed. Raises TimeoutError. A writer has always been there."""
        if self.is_writer or self._reader.position >= position:
            return
        reached = asyncio.get_running_loop().create_future()
        self._moved.append((position, reached))
        try:
            await within(timeout_s, reached)
        finally:
            self._moved = [each for each in self._moved if each[1] is not reached]

    async def catch_up(self, *, timeout_s: float) -> None:
        """Wait until what others had written when this was called has been replayed. Raises TimeoutError."""
        if not self.is_writer:
            async with asyncio.timeout(timeout_s):
                await self.reach(await self._reader.end(), timeout_s=timeout_s)

    def _follow(self) -> None:
        self._following = self._ward.start(f"follow {self.name}", self._follow_on, restart=_BACKOFF)

    async def _stop_following(self) -> None:
        if self._following is not None:
            await stop((self._following,), deadline_s=_STOP_S)
            self._following = None

    async def _follow_on(self) -> None:
        """A topic that was deleted and made again does not continue what has been read."""
        if self._machine is not None and not await self._reader.is_within():
            _log.warn("what had been read is no longer there; reading anew", topic=self.name)
            self._forget()
        if self._machine is None:
            await self._reader.rewind()
            self._machine = self._make()
        machine = self._machine
        await self._reader.replay(machine.replay, until=await self._reader.end(), moved=self._tell)
        self._is_current.set()
        while True:
            await self._reader.poll(machine.replay, moved=self._tell)

    def _forget(self) -> None:
        self._machine = None
        self._is_current.clear()

    def _tell(self) -> None:
        for position, reached in self._moved:
            if self._reader.position >= position and not reached.done():
                reached.set_result(None)

    async def _wait(self, work: Any, timeout_s: float) -> None:
        try:
            await within(timeout_s, work)
        except TimeoutError:
            raise Reloading(self.name) from None

    # --- writing

    async def promote(self) -> Runtime[M]:
        """Become the writer; comes back when it is one. Raises what keeps it from that, and then it goes on following."""
        async with self._changing:
            if self._runtime is not None:
                return self._runtime
            journal = self._make_journal()
            await self.reach(await journal.take_over(), timeout_s=self._patience.load_timeout_s)
            try:
                await self._stop_following()
                self._runtime = await self._write(journal)
                self._writing = journal
            finally:
                if self._runtime is None:
                    self._follow()
            self._forget()
            _log.info("writes from now on", topic=self.name, end=self._reader.position)
            return self._runtime

    async def _write(self, journal: TopicJournal) -> Runtime[M]:
        assert self._machine is not None, "it has reached the end"
        runtime = Runtime(
            self.name, self._make, journal, clock=self._clock, ward=self._ward, limits=self._patience.limits
        )
        await runtime.start(Loaded(machine=self._machine, end=self._reader.position))
        return runtime

    async def demote(self) -> None:
        """Decide no more; comes back when all that had been decided is durable, or given up."""
        async with self._changing:
            if self._runtime is None:
                return
            left = await self._runtime.hand_over(self._patience.drain_timeout_s)
            if left is not None:
                await self._go_on_with(left)
            self._runtime = None
            self._follow()
            _log.info("follows from now on", topic=self.name, end=self._reader.position)

    async def _go_on_with(self, left: Loaded[M]) -> None:
        """Where the cluster can't be asked now, the topic is read from its beginning when it can."""
        try:
            await within(self._patience.drain_timeout_s, self._reader.grown(left.end))
        except (ClientError, TimeoutError) as problem:
            _log.warn("where it has got to can't be made sure of; reading anew", topic=self.name, error=problem)
            return
        self._machine = left.machine
        self._reader.seek(left.end)
        self._is_current.set()
