"""The only runner of machines: loads one, keeps its log behind it, its timer before it, and tells who acts on the world.

    requests -> Head: decide, replay, queue          in one step, without waiting
                  |
             one append in flight, which takes all that queued up during the one before
                  |
             subscribers, then held answers           in the order of the log

If an append fails, is overtaken by another writer, or its outcome is unknown, nothing is undone: everyone who waits gets
a retriable error, the head is thrown away, and a new one is loaded from snapshot and log before the next decision. What
had been written after all is found by that load.
"""

import asyncio
from asyncio import Event, Future, Lock
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from msgspec import Struct

from headwater.kernel.logging import get
from headwater.kernel.tasks import Group, Ward, stop
from headwater.kernel.world import Clock
from headwater.machine.alarm import Alarm
from headwater.machine.decision import Answer, Record
from headwater.machine.errors import AppendTooSlow, Conflict, Fenced, OutcomeUnknown, Reloading, Stopped
from headwater.machine.head import Head
from headwater.machine.journal import Journal, SnapshotJournal
from headwater.machine.machine import Machine, Moment
from headwater.machine.snapshots import SnapshotPolicy, Snapshots
from headwater.wire.types import Offset

M = TypeVar("M", bound=Machine)
T = TypeVar("T")
Subscriber = Callable[[Sequence[Record]], None]

_log = get("machine")


class Limits(Struct, frozen=True, kw_only=True):
    """What a runtime may hold, and how long it waits."""

    waiting_max: int = 100_000
    append_records_max: int = 1_000
    """Encoded in one step of the loop: some milliseconds."""
    append_timeout_ms: int = 30_000
    reload_delay_min_ms: int = 20
    reload_delay_max_ms: int = 5_000
    snapshots: SnapshotPolicy = SnapshotPolicy()


class Loaded(Struct, Generic[M], frozen=True, kw_only=True):
    """A machine that has replayed its log up to `end`, and nothing beyond."""

    machine: M
    end: Offset


class Runtime(Generic[M]):
    """One machine over one journal."""

    def __init__(
        self,
        name: str,
        make: Callable[[], M],
        journal: Journal,
        *,
        clock: Clock,
        ward: Ward,
        limits: Limits | None = None,
    ) -> None:
        self.name = name
        self._make = make
        self._journal = journal
        self._clock = clock
        self._ward = ward
        self._limits = limits or Limits()
        self._rewriting = Lock()
        """A log is not rewritten while it is loaded from: half of the one and half of the other is neither."""
        self._snapshots = (
            Snapshots(make, journal, clock=clock, policy=self._limits.snapshots, rewriting=self._rewriting)
            if isinstance(journal, SnapshotJournal)
            else None
        )
        self._subscribers: list[tuple[Subscriber, Callable[[M], None]]] = []
        self._head: Head[M] | None = None
        self._end = Offset(0)
        self._work = Event()
        self._idle = Event()
        self._alarm = Alarm(self._ring)
        self._delay_ms = self._limits.reload_delay_min_ms
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self.fenced = Event()
        """Set when another writer has taken over: nothing is decided here any longer."""

    @property
    def head(self) -> M:
        """The live state, for looks that only narrow what is done next: it is ahead of what is durable."""
        return self._current().machine

    def subscribe(self, subscriber: Subscriber, *, reloaded: Callable[[M], None]) -> None:
        """Hear of durable records in order, each once after a load; `reloaded` gets the whole state at each load.

        Only before `start`. The records of one append come in one call, before the answers that waited for them. One that
        raises has the machine loaded anew, and so gets the whole state.
        """
        assert self._task is None, "a subscriber that comes late would miss records"
        self._subscribers.append((subscriber, reloaded))

    async def start(self, loaded: Loaded[M] | None = None) -> None:
        """Load the machine, or go on with one that has been loaded; requests are taken from then on. Raises what the journal
        raises."""
        if loaded is None:
            await self._load()
        else:
            self._begin(loaded)
        self._task = self._ward.start(self.name, self._run)

    def submit(self, requests: Sequence[Any]) -> Future[list[Answer]]:
        """Decide these in this very call, item by item, each seeing the one before; their records share a batch.

        The answers come, in order, when everything they rest on is durable. Raises Reloading, Stopped or TooManyWaiting at once;
        the future fails with OutcomeUnknown where the append failed.
        """
        head = self._current()
        try:
            return head.submit(requests, self._moment())
        finally:
            self._stepped(head)

    async def ask(self, request: Any) -> Answer:
        """One request, one answer."""
        answers = await self.submit((request,))
        return answers[0]

    def read(self, query: Callable[[M], T]) -> Awaitable[T]:
        """What `query` finds in the head now, given out when all that the head had replayed is durable."""
        return _only(self._current().read(query))

    async def snapshot(self) -> None:
        """Write the durable state as a snapshot now, where the journal keeps any."""
        if self._snapshots is not None:
            await self._snapshots.take()

    async def close(self, deadline_s: float) -> None:
        """Take no more requests, append what is queued, and fail what is still parked."""
        await self.hand_over(deadline_s)

    async def hand_over(self, deadline_s: float) -> Loaded[M] | None:
        """Close, and give the machine where all that it had replayed is durable, so that somebody else may go on with it."""
        self._stopping = True
        if self._task is None:
            return None
        try:
            async with asyncio.timeout(deadline_s):
                while self._head is not None and not self._head.settled:
                    self._idle.clear()
                    await self._idle.wait()
        except TimeoutError:
            _log.warn("not all that was queued could be appended before the deadline", machine=self.name)
        head = self._head
        is_whole = head is not None and head.settled and head.broken is None
        await stop((self._task,), deadline_s=deadline_s)
        self._drop(Stopped(self.name))
        return Loaded(machine=head.machine, end=self._end) if head is not None and is_whole else None

    def _current(self) -> Head[M]:
        if self._stopping:
            raise Stopped(self.name)
        if self._head is None or self._head.broken is not None:
            raise Reloading(self.name)
        return self._head

    def _moment(self, elapsed_min: int = 0) -> Moment:
        return Moment(wall=self._clock.now(), elapsed=max(elapsed_min, int(asyncio.get_running_loop().time() * 1000)))

    def _stepped(self, head: Head[M]) -> None:
        """After every step: someone must append what it queued, and its next deadline may have changed."""
        if head.queued or head.broken is not None:
            self._work.set()
        if head.broken is None:
            self._alarm.set(head.machine.next_deadline())

    def _ring(self, deadline: int) -> None:
        head = self._head
        if head is None or head.broken is not None or self._stopping:
            return
        moment = self._moment(elapsed_min=deadline)
        due = head.machine.next_deadline()
        try:
            if due is not None and due <= moment.elapsed:
                head.pass_time(moment)
        except Exception as error:
            _log.error("what was due could not be decided", error=error, machine=self.name)
        self._stepped(head)

    async def _run(self) -> None:
        async with Group() as group:
            group.start(f"{self.name} writer", self._write_and_reload())
            if self._snapshots is not None:
                group.start(f"{self.name} snapshots", self._take_snapshots(self._snapshots))

    async def _write_and_reload(self) -> None:
        try:
            while True:
                await self._write()
                await self._reload()
        except Fenced as fenced:
            _log.info("another writer has taken over", machine=self.name)
            self._stopping = True
            self._drop(OutcomeUnknown(self.name, str(fenced)))
            self.fenced.set()

    async def _write(self) -> None:
        """Until an append fails."""
        try:
            while True:
                await self._work.wait()
                self._work.clear()
                await self._append()
        except Fenced:
            raise
        except Exception as error:
            self._drop(OutcomeUnknown(self.name, str(error) or repr(error)))
            await self._pause(error)

    async def _append(self) -> None:
        head = self._head
        assert head is not None
        decisions, position = head.take(self._limits.append_records_max)
        if decisions:
            self._end = await self._appended(decisions)
            self._publish([record for decision in decisions for record in decision])
            head.settle(position)
            self._delay_ms = self._limits.reload_delay_min_ms
            if self._snapshots is not None:
                self._snapshots.consider()
        if head.broken is not None:
            raise head.broken
        if head.queued:
            self._work.set()
        self._idle.set()

    async def _appended(self, decisions: Sequence[Sequence[Record]]) -> Offset:
        timeout_ms = self._limits.append_timeout_ms
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                return await self._journal.append(decisions, expected_end=self._end, now=self._clock.now())
        except TimeoutError:
            raise AppendTooSlow(self.name, timeout_ms) from None

    def _publish(self, records: Sequence[Record]) -> None:
        for subscriber, _ in self._subscribers:
            subscriber(records)

    def _drop(self, error: Exception) -> None:
        head, self._head = self._head, None
        self._alarm.stop()
        self._idle.set()
        if head is not None:
            head.fail(error)

    async def _pause(self, error: Exception) -> None:
        """A conflict is solved by loading at once; before other troubles the waits grow until an append succeeds."""
        if isinstance(error, Conflict):
            _log.info("another writer was faster; loading", machine=self.name, end=error.end)
            return
        _log.warn("an append or a load failed; loading anew", error=error, machine=self.name, delay_ms=self._delay_ms)
        await asyncio.sleep(self._delay_ms / 1000)
        self._delay_ms = min(2 * self._delay_ms, self._limits.reload_delay_max_ms)

    async def _reload(self) -> None:
        while True:
            try:
                return await self._load()
            except Fenced:
                raise
            except Exception as error:
                await self._pause(error)

    async def _load(self) -> None:
        machine = self._make()
        async with self._rewriting:
            end = await self._journal.load(machine.replay)
        self._begin(Loaded(machine=machine, end=end))

    def _begin(self, loaded: Loaded[M]) -> None:
        self._end = loaded.end
        head = Head(self.name, loaded.machine, waiting_max=self._limits.waiting_max)
        for _, reloaded in self._subscribers:
            reloaded(loaded.machine)
        self._work.clear()
        self._head = head
        if self._snapshots is not None:
            self._snapshots.consider()
        self._stepped(head)

    async def _take_snapshots(self, snapshots: Snapshots) -> None:
        while True:
            await snapshots.due.wait()
            try:
                await snapshots.take_if_due()
            except Exception as error:
                _log.error("no snapshot could be taken", error=error, machine=self.name)


async def _only(answers: Future[list[T]]) -> T:
    return (await answers)[0]
