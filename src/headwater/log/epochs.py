"""Where each leader epoch began in a log: Kafka's leader-epoch-checkpoint, as a value.

A client that read in one epoch finds out where that epoch ended, and so whether what it saw is still there (KIP-101). The
entries are few: epochs change at restarts, not at appends.
"""

from bisect import bisect_right
from collections.abc import Iterable

from headwater.log.port import EpochEnd, EpochStart
from headwater.wire.types import LeaderEpoch, Offset


class Epochs:
    """Entries by epoch, whose starts ascend too. `entries` is a new tuple after each change, fit for `Bounds`."""

    def __init__(self, entries: Iterable[EpochStart] = ()) -> None:
        self.entries: tuple[EpochStart, ...] = ()
        for entry in entries:
            self.assign(entry.epoch, entry.start)

    @property
    def latest(self) -> LeaderEpoch | None:
        return self.entries[-1].epoch if self.entries else None

    def assign(self, epoch: LeaderEpoch, start: Offset) -> bool:
        """What comes from `start` on is of this epoch. Gives whether that is news, which must then be kept.

        Entries that contradict it are dropped, such as an epoch that ended before anything was written in it.
        """
        if self.entries and self.entries[-1].epoch == epoch and self.entries[-1].start <= start:
            return False
        before = (each for each in self.entries if each.epoch < epoch and each.start < start)
        self.entries = (*before, EpochStart(epoch=epoch, start=start))
        return True

    def at(self, offset: Offset) -> LeaderEpoch | None:
        """The epoch of what stands at this offset."""
        place = bisect_right(self.entries, offset, key=lambda entry: entry.start)
        return self.entries[place - 1].epoch if place else None

    def within(self, start: Offset, end: Offset) -> tuple[EpochStart, ...]:
        """Those of what stands from `start` up to `end`, the first of them as if it had begun there."""
        later = tuple(each for each in self.entries if start < each.start < end)
        first = self.at(start)
        return later if first is None else (EpochStart(epoch=first, start=start), *later)

    def end_of(self, epoch: LeaderEpoch, end: Offset) -> EpochEnd | None:
        """Where an epoch ended in a log that is shown up to `end`; None for one that has not begun here.

        For an epoch whose records are gone it is where the oldest epoch that is left begins.
        """
        place = bisect_right(self.entries, epoch, key=lambda entry: entry.epoch)
        if place == len(self.entries):
            return EpochEnd(epoch=epoch, end=end) if epoch == self.latest else None
        found = self.entries[place - 1].epoch if place else epoch
        return EpochEnd(epoch=found, end=min(end, self.entries[place].start))

    def truncate_start(self, start: Offset) -> bool:
        """The log begins at `start` now."""
        gone = bisect_right(self.entries, start, key=lambda entry: entry.start)
        if not gone or (self.entries[gone - 1].start == start and gone == 1):
            return False
        self.entries = (EpochStart(epoch=self.entries[gone - 1].epoch, start=start), *self.entries[gone:])
        return True

    def truncate_end(self, end: Offset) -> bool:
        """The log ends at `end` now."""
        kept = tuple(each for each in self.entries if each.start < end)
        changed = len(kept) != len(self.entries)
        self.entries = kept
        return changed
