"""Finds batches in a remote segment: by the index a few kilobytes before, from there by their headers.

It goes the way of `segments/read.py`, but its bytes come from afar: so it asks for what a reader that reads on will want.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Final

from msgspec import Struct

from headwater.kernel.units import KiB, MiB, Timestamp
from headwater.kernel.world import Buffer
from headwater.log.admission import DECOMPRESSED_MAX
from headwater.log.errors import ObjectDamaged
from headwater.log.port import AbortedTransaction, Found
from headwater.log.tiering.indexes import OffsetIndexBytes, aborted_in, floor_offset
from headwater.log.tiering.local_log import Part
from headwater.log.tiering.names import part_name
from headwater.log.tiering.remote_files import RemoteFiles
from headwater.log.tiering.segment import RemoteSegment
from headwater.wire.batch.header import HEADER_BYTES, BatchHeader, iter_headers, read_header
from headwater.wire.batch.records import first_since
from headwater.wire.errors import WireError
from headwater.wire.types import Offset, Uuid

_BYTES_MAX: Final = 4 * MiB
"""What one read gives at most, if its first batch is not larger."""
_SLICE: Final = 256 * KiB
"""How far is walked before the loop may breathe."""
_READERS_MAX: Final = 256


class RemotePiece(Struct, frozen=True, gc=False):
    """Whole batches, and an offset that none of their records reaches."""

    data: Buffer
    end: Offset


class RemoteReader:
    def __init__(self, files: RemoteFiles) -> None:
        self._files = files
        self._ended: OrderedDict[tuple[Uuid, int], None] = OrderedDict()
        """Where reads ended: one that begins there is of a reader that reads on."""

    async def read(self, segment: RemoteSegment, offset: Offset, *, bytes_max: int, whole_first: bool) -> RemotePiece:
        """Batches from the one that holds `offset`, or the next one after it. Raises an ObjectStoreFailed."""
        try:
            return await self._read(segment, offset, min(bytes_max, _BYTES_MAX), whole_first)
        except WireError as error:
            raise ObjectDamaged(part_name(segment, Part.LOG), str(error)) from error

    async def _read(self, segment: RemoteSegment, offset: Offset, bytes_max: int, whole_first: bool) -> RemotePiece:
        index = await self._index(segment)
        start = await self._locate(segment, index, offset)
        if start >= segment.size:
            return RemotePiece(b"", segment.end)
        piece = await self._batches(segment, index, start, bytes_max, whole_first)
        if piece.data:
            await self._read_on(segment, start, start + len(piece.data))
        return piece

    async def aborted(self, segment: RemoteSegment) -> list[AbortedTransaction]:
        return list(aborted_in(await self._files.whole(segment, Part.TXN_INDEX)))

    async def find_time(self, segment: RemoteSegment, timestamp: Timestamp, *, start: Offset) -> Found | None:
        """The first record from `start` on that is not older. Raises an ObjectStoreFailed."""
        try:
            return await self._find_time(segment, timestamp, start)
        except WireError as error:
            raise ObjectDamaged(part_name(segment, Part.LOG), str(error)) from error

    async def _find_time(self, segment: RemoteSegment, timestamp: Timestamp, start: Offset) -> Found | None:
        times = await self._files.whole(segment, Part.TIME_INDEX)
        index = await self._index(segment)
        begin = index.floor(max(start, floor_offset(times, segment.base, timestamp)))
        async for position, header in self._walk(segment, begin):
            if header.max_timestamp < timestamp or header.last_offset < start:
                continue
            batch = await self._log(segment, position, header.size)
            found = first_since(batch, header, timestamp=timestamp, offset=start, decompressed_max=DECOMPRESSED_MAX)
            if found:
                return Found(offset=found[0], timestamp=found[1], epoch=header.partition_leader_epoch)
        return None

    async def _index(self, segment: RemoteSegment) -> OffsetIndexBytes:
        return OffsetIndexBytes(await self._files.whole(segment, Part.OFFSET_INDEX), segment.base)

    async def _locate(self, segment: RemoteSegment, index: OffsetIndexBytes, offset: Offset) -> int:
        async for position, header in self._walk(segment, index.floor(offset)):
            if header.last_offset >= offset:
                return position
        return segment.size

    async def _walk(self, segment: RemoteSegment, position: int) -> AsyncIterator[tuple[int, BatchHeader]]:
        breath = position + _SLICE
        while position < segment.size:
            header = read_header(await self._log(segment, position, HEADER_BYTES))
            yield position, header
            position += header.size
            if position >= breath:
                breath = position + _SLICE
                await asyncio.sleep(0)

    async def _batches(
        self, segment: RemoteSegment, index: OffsetIndexBytes, start: int, bytes_max: int, whole_first: bool
    ) -> RemotePiece:
        """Up to a batch's edge that the index knows, or else as many as are whole; nothing for a first one that is too large."""
        end = start + bytes_max
        if end >= segment.size:
            return RemotePiece(await self._log(segment, start, segment.size - start), segment.end)
        edge, beyond = index.edge(end)
        if edge > start:
            return RemotePiece(await self._log(segment, start, edge - start), beyond)
        data = await self._log(segment, start, bytes_max)
        headers = list(iter_headers(data))
        if headers:
            at, last = headers[-1]
            return RemotePiece(memoryview(data)[: at + last.size], Offset(last.last_offset + 1))
        if not whole_first:
            return RemotePiece(b"", segment.base)
        first = read_header(await self._log(segment, start, HEADER_BYTES))
        return RemotePiece(await self._log(segment, start, first.size), Offset(first.last_offset + 1))

    async def _log(self, segment: RemoteSegment, start: int, size: int) -> Buffer:
        return await self._files.read(segment, Part.LOG, start, size)

    async def _read_on(self, segment: RemoteSegment, start: int, end: int) -> None:
        """What begins where a read ended, or with the segment, will go on."""
        goes_on = start == 0 or (segment.id, start) in self._ended
        self._ended.pop((segment.id, start), None)
        self._ended[segment.id, end] = None
        if len(self._ended) > _READERS_MAX:
            self._ended.popitem(last=False)
        if goes_on:
            await self._files.want_after(segment, end)
