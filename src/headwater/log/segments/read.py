"""Finds the bytes that a fetch asks for, without looking into them.

    cursor      a reader comes back where its last read ended: that position is remembered
    index       else the offset index names a batch a few kilobytes before it, and the headers from there are walked
    end         the high watermark's position is known; before it, the index knows a batch's edge near the wanted size
    pread       from the page cache at once, or by a worker where the disk must be asked

So a sequential reader of a gigabyte parses no header at all, and one lookup costs a few microseconds.
"""

from collections.abc import Callable
from functools import partial
from struct import Struct as Layout
from typing import Final

from msgspec import Struct

from headwater.kernel.world import Buffer, Mode
from headwater.log.segments.contents import Contents
from headwater.log.segments.names import LOG
from headwater.log.segments.place import Place
from headwater.log.segments.segment import Segment
from headwater.log.segments.store import Store
from headwater.wire.batch.header import HEADER_BYTES
from headwater.wire.batch.stored import read_stored_header, whole_stored_bytes
from headwater.wire.errors import CorruptBatch
from headwater.wire.types import Offset

Bytes = bytes | bytearray

_CURSORS_MAX: Final = 64
_BASE_OFFSET: Final = Layout(">q")


class Piece(Struct, frozen=True, gc=False):
    """Whole batches out of one segment, and the offset at which the next read goes on."""

    data: Buffer
    next_offset: Offset


class _Wanted(Struct, frozen=True, kw_only=True, gc=False):
    """Bytes of a log file: from a batch's edge, up to `end`, which is one too if `is_edge`; nothing is past `limit`."""

    start: int
    end: int
    limit: int
    is_edge: bool


class Reader:
    __slots__ = ("_contents", "_cursors", "_store")

    def __init__(self, store: Store, contents: Contents) -> None:
        self._store = store
        self._contents = contents
        self._cursors: dict[Offset, Place] = {}

    def forget_positions(self) -> None:
        """Segments went or were replaced. A cold read that is under way notes its position where nobody looks any more."""
        self._cursors = {}

    def locate(self, offset: Offset) -> Place:
        """Where the batch stands that holds `offset`, or the next one after it; the end of the log if there is none."""
        place = self._cursors.pop(offset, None)
        if place is None:
            segment = self._contents.segments.holding(offset)
            place = Place(segment, segment.locate(offset))
        return self.settled(place)

    def settled(self, place: Place) -> Place:
        """The same place, but never behind the last batch of a segment that has a successor."""
        segment, position = place.segment, place.position
        while position >= segment.size and (following := self._contents.segments.after(segment)):
            segment, position = following, 0
        return place if segment is place.segment else Place(segment, position)

    async def read(self, offset: Offset, end: Offset, limit: Place, *, bytes_max: int, whole_first: bool) -> Piece:
        """Batches of one segment from `offset`, none of them from `end` on, which stands at `limit`."""
        cursors = self._cursors
        place, limit = self.locate(offset), self.settled(limit)
        segment, start = place.segment, place.position
        edge = limit.position if segment is limit.segment else segment.size
        wanted = _wanted(segment, start, edge, bytes_max)
        data = _read(segment.log.pread_now, wanted, whole_first) if start < edge else b""
        if data is None:
            data = await self._read_cold(segment, wanted, whole_first)
        if not data:
            _note(cursors, offset, place)
            return Piece(b"", offset)
        if start + len(data) == edge:
            following = self._contents.segments.after(segment)
            next_offset = end if following is None or segment is limit.segment else following.base
            _note(cursors, next_offset, Place(segment, edge))
            return Piece(data, next_offset)
        size = len(data) - _BASE_OFFSET.size
        next_offset = Offset(_BASE_OFFSET.unpack_from(data, size)[0])
        _note(cursors, next_offset, Place(segment, start + size))
        return Piece(memoryview(data)[:size], next_offset)

    async def _read_cold(self, segment: Segment, wanted: _Wanted, whole_first: bool) -> Bytes:
        """With a file of its own: the cache may close its file while the worker reads."""
        file = self._store.disk.open(segment.path(LOG), Mode.READ)
        try:
            data = await self._store.world.workers.run(partial(_read, file.pread, wanted, whole_first))
        finally:
            file.close()
        assert data is not None, "only pread_now gives nothing"
        return data


def _note(cursors: dict[Offset, Place], offset: Offset, place: Place) -> None:
    """Someone will ask for `offset` next."""
    if offset not in cursors and len(cursors) >= _CURSORS_MAX:
        del cursors[next(iter(cursors))]
    cursors[offset] = place


def _wanted(segment: Segment, start: int, limit: int, bytes_max: int) -> _Wanted:
    end = start + bytes_max
    if end >= limit:
        return _Wanted(start=start, end=limit, limit=limit, is_edge=True)
    edge = segment.offsets.floor_position(end)
    has_edge = edge > start
    return _Wanted(start=start, end=edge if has_edge else end, limit=limit, is_edge=has_edge)


def _read(pread: Callable[[int, int], Bytes | None], wanted: _Wanted, whole_first: bool) -> Bytes | None:
    """The bytes and, unless they end at the limit, eight more: the base offset of the batch that follows.

    Nothing for a first batch that is too large; None where the bytes are not in memory.
    """
    size = wanted.end - wanted.start
    if not wanted.is_edge:
        data = pread(max(size, HEADER_BYTES), wanted.start)
        if data is None:
            return None
        size = whole_stored_bytes(data) or read_stored_header(data).size
        if size > wanted.end - wanted.start and not whole_first:
            return b""
    more = 0 if wanted.start + size == wanted.limit else _BASE_OFFSET.size
    data = pread(size + more, wanted.start)
    if data is not None and len(data) < size + more:
        raise CorruptBatch(f"the file ends within the {size + more} bytes from {wanted.start}")
    return data
