"""`.timeindex`: the largest timestamp up to a batch, one entry where the offset index has one and one at the end.

    timestamp        int64   the largest of the segment so far
    relative offset  int32   of the last record of the batch that brought it, from the segment's base offset

Both fields only grow, so all batches up to the entry's are older than the next entry's timestamp.
"""

from bisect import bisect_left
from collections.abc import Iterator
from struct import Struct as Layout
from typing import Any, Final

from headwater.kernel.units import Timestamp
from headwater.log.segments.entry_file import EntryFile
from headwater.log.segments.file_cache import FileCache
from headwater.wire.batch.header import NO_TIMESTAMP
from headwater.wire.types import Offset

_ENTRY: Final = Layout(">qi")
ENTRY_BYTES: Final = _ENTRY.size


def read_entries(raw: bytes, base: Offset) -> Iterator[tuple[Timestamp, Offset]]:
    """From the bytes of a file that is not open. Kafka fills one that it never closed with zeros."""
    whole = memoryview(raw)[: len(raw) - len(raw) % ENTRY_BYTES]
    for slot, (timestamp, relative) in enumerate(_ENTRY.iter_unpack(whole)):
        if slot and not timestamp:
            return
        yield Timestamp(timestamp), Offset(base + relative)


class TimeIndex:
    __slots__ = ("_base", "_entries", "_last")

    def __init__(self, files: FileCache, path: str, base: Offset, *, size: int) -> None:
        self._base = base
        self._entries = EntryFile(files, path, _ENTRY, size=size)
        self._last: tuple[Timestamp, Offset] | None = None

    def __len__(self) -> int:
        return self._entries.count

    @property
    def last(self) -> tuple[Timestamp, Offset]:
        """The segment's largest timestamp as far as it is indexed, and its batch's last offset."""
        if self._last is None:
            self._last = self._read(len(self) - 1) if len(self) else (NO_TIMESTAMP, self._base)
        return self._last

    def append(self, timestamp: Timestamp, offset: Offset) -> None:
        """What is not later than the last entry says nothing new."""
        if timestamp > self.last[0]:
            self._entries.append(timestamp, offset - self._base)
            self._last = (timestamp, offset)

    def floor(self, timestamp: Timestamp) -> Offset:
        """An offset up to which every record is older than `timestamp`; the segment's base if nothing is known."""
        slot = bisect_left(range(len(self)), timestamp, key=self._timestamp) - 1
        return self._read(slot)[1] if slot >= 0 else self._base

    def last_below(self, offset: Offset) -> tuple[Timestamp, Offset]:
        """The last entry for a batch below `offset`."""
        slot = self._entries_below(offset) - 1
        return self._read(slot) if slot >= 0 else (NO_TIMESTAMP, self._base)

    def clear(self) -> None:
        self._entries.clear()
        self._last = None

    def flush(self) -> None:
        self._entries.flush()

    def _entries_below(self, offset: Offset) -> int:
        return bisect_left(range(len(self)), offset - self._base, key=self._relative_offset)

    def _read(self, slot: int) -> tuple[Timestamp, Offset]:
        timestamp, relative = self._entries[slot]
        return timestamp, Offset(self._base + relative)

    def _timestamp(self, slot: int) -> Any:
        return self._entries[slot][0]

    def _relative_offset(self, slot: int) -> Any:
        return self._entries[slot][1]
