"""When a machine's log has grown so far past its state that a snapshot pays, and how one is taken.

A snapshot is taken of a second machine, loaded from the journal: it holds exactly what is durable, and nobody changes it
while it is written. It costs a load, so it is due only when the log since the last one is a multiple of the state itself;
then all snapshots together cost a fixed share of the appends.
"""

from asyncio import Event
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from msgspec import Struct

from headwater.kernel.world import Clock
from headwater.machine.decision import Record
from headwater.machine.journal import Journal
from headwater.machine.machine import Machine

M = TypeVar("M", bound=Machine)


class SnapshotPolicy(Struct, frozen=True, kw_only=True):
    """A snapshot is due after `records_min` records, and after `ratio` times as many as the state itself has."""

    records_min: int = 10_000
    ratio: int = 10


class Snapshots:
    """Counts what the log gains, and says when it is too much."""

    def __init__(self, make: Callable[[], Machine], journal: Journal, *, clock: Clock, policy: SnapshotPolicy) -> None:
        self._make = make
        self._journal = journal
        self._clock = clock
        self._policy = policy
        self._since = 0
        self._live = 0
        self.due = Event()

    def count(self, records: int) -> None:
        """This many records have been loaded, or appended since."""
        self._since += records
        if self._since >= max(self._policy.records_min, self._policy.ratio * self._live):
            self.due.set()

    async def take(self) -> None:
        """Load a second machine and write its state. After a failure the next is due as late as after a success."""
        self._since = 0
        self.due.clear()
        machine = self._make()
        end = await self._journal.load(machine.replay)
        await self._journal.write_snapshot(self._counted(machine.snapshot()), end=end, now=self._clock.now())

    def _counted(self, records: Iterable[Record]) -> Iterator[Record]:
        self._live = 0
        for record in records:
            self._live += 1
            yield record
