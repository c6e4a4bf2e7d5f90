"""A file of entries of one size, in ascending order: what Kafka's two indexes have in common.

Kafka maps its indexes into memory, preallocated. Here they grow as entries are written, a page of entries at a time: an
index that was not closed is rebuilt from its log, so nothing is lost with the entries that were not written yet. Lookups
are binary searches of single reads; the page cache holds what is searched often, and an idle partition holds nothing.
"""

from contextlib import suppress
from struct import Struct as Layout
from typing import Any, Final

from headwater.kernel.errors import DiskFull
from headwater.kernel.world import File
from headwater.log.segments.file_cache import FileCache

_PENDING_MAX: Final = 4096


class EntryFile:
    __slots__ = ("_files", "_layout", "_pending", "_size", "count", "path")

    def __init__(self, files: FileCache, path: str, layout: Layout, *, size: int) -> None:
        """`size` is that of the file; only a crash leaves what is no whole entry at its end, and then all is made anew."""
        self._files = files
        self._layout = layout
        self._pending = bytearray()
        self._size = size - size % layout.size
        self.count = size // layout.size
        """How many entries there are, with those that are not written yet."""
        self.path = path

    def __getitem__(self, slot: int) -> tuple[Any, ...]:
        at = slot * self._layout.size
        if at >= self._size:
            return self._layout.unpack_from(self._pending, at - self._size)
        return self._layout.unpack(self._file().pread(self._layout.size, at))

    def append(self, *fields: int) -> None:
        """What a full disk has no room for waits in memory: the batch that the entry is for had room."""
        self._pending += self._layout.pack(*fields)
        self.count += 1
        if len(self._pending) >= _PENDING_MAX:
            with suppress(DiskFull):
                self.flush()

    def flush(self) -> None:
        """To the operating system. The file is made here at the latest, for Kafka expects it beside each log."""
        file = self._file()
        file.pwrite(self._pending, self._size)  # at its place, whatever half of it a failure left there before
        self._size += len(self._pending)
        self._pending = bytearray()

    def clear(self) -> None:
        """Drop all entries, unread: after a crash they may be anything."""
        self._pending.clear()
        self._file().truncate(0)
        self._size = self.count = 0

    def _file(self) -> File:
        return self._files.get(self.path)
