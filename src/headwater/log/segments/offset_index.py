"""`.index`: where in the log file a batch stands, one entry for every few kilobytes of batches.

relative offset  int32   of the batch's last record, from the segment's base offset
position         int32   of the batch in the log file
"""

from bisect import bisect_right
from collections.abc import Iterator
from struct import Struct as Layout
from typing import Any, Final

from headwater.log.segments.entry_file import EntryFile
from headwater.log.segments.file_cache import FileCache
from headwater.wire.types import Offset

_ENTRY: Final = Layout(">ii")
ENTRY_BYTES: Final = _ENTRY.size


def read_entries(raw: bytes, base: Offset) -> Iterator[tuple[Offset, int]]:
    """Offsets and positions, from the bytes of a file that is not open. Kafka fills one that it never closed with zeros."""
    whole = memoryview(raw)[: len(raw) - len(raw) % ENTRY_BYTES]
    for slot, (relative, position) in enumerate(_ENTRY.iter_unpack(whole)):
        if slot and not relative:
            return
        yield Offset(base + relative), position


class OffsetIndex:
    __slots__ = ("_base", "_entries")

    def __init__(self, files: FileCache, path: str, base: Offset, *, size: int) -> None:
        self._base = base
        self._entries = EntryFile(files, path, _ENTRY, size=size)

    def __len__(self) -> int:
        return self._entries.count

    def append(self, last_offset: Offset, position: int) -> None:
        self._entries.append(last_offset - self._base, position)

    def floor(self, offset: Offset) -> int:
        """The position of a batch that begins at or before `offset`'s: the nearest that the index knows."""
        slot = bisect_right(range(len(self)), offset - self._base, key=self._relative_offset) - 1
        return self._position(slot) if slot >= 0 else 0

    def floor_position(self, position: int) -> int:
        """The last indexed batch's position that is not above `position`."""
        slot = bisect_right(range(len(self)), position, key=self._position) - 1
        return self._position(slot) if slot >= 0 else 0

    def clear(self) -> None:
        self._entries.clear()

    def flush(self) -> None:
        self._entries.flush()

    def _relative_offset(self, slot: int) -> Any:
        return self._entries[slot][0]

    def _position(self, slot: int) -> Any:
        return self._entries[slot][1]
