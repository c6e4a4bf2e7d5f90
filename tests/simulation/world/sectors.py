"""The content of one simulated file: what programs see, what is on the platter, and what a crash makes of the difference.

A disk writes whole sectors, in any order, and none of them before it is told to. So after a loss of power each sector that
was written since the last sync is old, new or torn on its own, and the file's size is old or new; what was synced stays.
"""

from dataclasses import dataclass
from random import Random

SECTOR = 512

Buffer = bytes | bytearray | memoryview


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Flush:
    """What one sync takes to the platter: the dirty sectors as they were when it began."""

    size: int
    sectors: tuple[tuple[int, bytes], ...]


class Content:
    """`data` is the page cache; `_platter` survives."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.modified_ms = 0
        self._platter = bytearray()
        self._dirty: dict[int, None] = {}
        self._resized = False
        self._flushes: list[Flush] = []

    def is_dirty(self, first: int, end: int) -> bool:
        return any(first < (each + 1) * SECTOR and each * SECTOR < end for each in self._dirty)

    def write(self, data: Buffer, offset: int) -> None:
        if offset > len(self.data):
            self._mark(len(self.data), offset)
            self.data.extend(bytes(offset - len(self.data)))
        self._resized |= offset + len(data) > len(self.data)
        self.data[offset : offset + len(data)] = data
        self._mark(offset, offset + len(data))

    def truncate(self, size: int) -> None:
        if size > len(self.data):
            self.write(bytes(size - len(self.data)), len(self.data))
        else:
            self._mark(size, len(self.data))
            del self.data[size:]
            self._resized = True

    def begin_flush(self) -> Flush:
        taken = tuple((each, bytes(self._sector(self.data, each))) for each in self._dirty)
        flush = Flush(size=len(self.data), sectors=taken)
        self._flushes.append(flush)
        self._dirty.clear()
        self._resized = False
        return flush

    def finish_flush(self, flush: Flush) -> None:
        """A later flush that is done first takes the earlier ones with it: the disk has one order for one sector."""
        while flush in self._flushes:
            self._reach_platter(self._flushes.pop(0))

    def fail_flush(self, flush: Flush) -> None:
        """As Linux has it: the pages count as clean from now on, and only a crash shows that they were never written."""
        if flush in self._flushes:
            self._flushes.remove(flush)

    def _reach_platter(self, flush: Flush) -> None:
        _resize(self._platter, flush.size)
        for number, data in flush.sectors:
            self._platter[number * SECTOR : number * SECTOR + len(data)] = data

    def crash(self, random: Random, *, tears: bool) -> None:
        """Leave what a loss of power leaves: each sector's fate is its own, but often they all share one."""
        for flush in self._flushes:
            self._dirty |= dict.fromkeys(number for number, _ in flush.sectors)
            self._resized = True
        share = random.choice((0.0, 0.5, 0.9, 1.0))
        grown = self._resized and random.random() < max(share, 0.25)
        survivor = bytearray(self._platter)
        _resize(survivor, len(self.data) if grown else len(self._platter))
        for number in self._dirty:
            if random.random() < share:
                self._replace(survivor, number, random, tears=tears and random.random() < 0.3)
        self._platter = survivor
        self.data = bytearray(survivor)
        self._dirty.clear()
        self._flushes.clear()
        self._resized = False

    def _replace(self, survivor: bytearray, number: int, random: Random, *, tears: bool) -> None:
        """Put the new bytes of one sector in. A torn one ends in garbage, but never where nothing was written."""
        first = number * SECTOR
        new = self._sector(self.data, number)[: max(0, len(survivor) - first)]
        if tears and len(new):
            cut = random.randrange(len(new))
            safe = max(0, min(len(self._platter) - first, len(new)))
            kept = survivor[first + cut : first + safe] if cut < safe else b""
            new = new[:cut] + kept + random.randbytes(len(new) - cut - len(kept))
        survivor[first : first + len(new)] = new

    def _mark(self, first: int, end: int) -> None:
        if end > first:
            self._dirty |= dict.fromkeys(range(first // SECTOR, (end - 1) // SECTOR + 1))

    @staticmethod
    def _sector(data: bytearray, number: int) -> bytearray:
        return data[number * SECTOR : (number + 1) * SECTOR]


def _resize(data: bytearray, size: int) -> None:
    del data[size:]
    data.extend(bytes(size - len(data)))
