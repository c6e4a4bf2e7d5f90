"""When a machine's log has grown so far past its state that a snapshot pays, and how one is taken.

A snapshot is taken of a second machine, loaded from the journal: it holds exactly what the log says at one offset, and
nobody changes it while it is written. That costs a load, so it is due only when the log is a multiple of the state; then
all snapshots together cost a fixed share of the appends.
"""

import asyncio
from asyncio import Event, Lock
from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from headwater.kernel.world import Clock
from headwater.machine.decision import Record
from headwater.machine.journal import SnapshotJournal
from headwater.machine.machine import Machine

_SLICE: Final = 500
"""Records that are counted before the loop may do something else."""


class SnapshotPolicy(Struct, frozen=True, kw_only=True):
    """A snapshot is due when it replaces `records_min` records, and `ratio` times as many as the state has."""

    records_min: int = 10_000
    ratio: int = 10


class Snapshots:
    """Watches what a snapshot would replace, and writes one."""

    def __init__(
        self,
        make: Callable[[], Machine],
        journal: SnapshotJournal,
        *,
        clock: Clock,
        policy: SnapshotPolicy,
        rewriting: Lock,
    ) -> None:
        self._make = make
        self._journal = journal
        self._clock = clock
        self._policy = policy
        self._rewriting = rewriting
        self._live = 0
        """Records of the state when it was last counted, by a snapshot or by one that did not pay."""
        self.due = Event()

    def consider(self) -> None:
        """The log was loaded, or has grown."""
        if self._pays():
            self.due.set()

    async def take_if_due(self) -> None:
        """How large the state is only a loaded machine can tell; then it may turn out that a snapshot does not pay yet."""
        self.due.clear()
        async with self._rewriting:
            await self._take(always=False)

    async def take(self) -> None:
        async with self._rewriting:
            await self._take(always=True)

    async def _take(self, *, always: bool) -> None:
        end = self._journal.reducible().end
        machine = self._make()
        await self._journal.load(machine.replay, until=end)
        self._live = await _count(machine.snapshot())
        if always or self._pays():
            await self._journal.write_snapshot(machine.snapshot(), end=end, now=self._clock.now())

    def _pays(self) -> bool:
        records = self._journal.reducible().records
        return records >= max(self._policy.records_min, self._policy.ratio * self._live)


async def _count(records: Iterator[Record]) -> int:
    counted = 0
    for counted, _ in enumerate(records, 1):
        if counted % _SLICE == 0:
            await asyncio.sleep(0)
    return counted
