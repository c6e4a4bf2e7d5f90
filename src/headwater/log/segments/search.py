"""Finds records by their time.

The time index names an offset up to which everything is older; from there headers are walked, and one batch is opened. Where
times hardly grow the index says little and the walk is long, so the loop breathes in between; meanwhile the cache may close its
file, and a trim remove it, which is why a walk has a file of its own.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

from headwater.kernel.units import KiB, Timestamp
from headwater.kernel.world import File, Mode
from headwater.log.admission import DECOMPRESSED_MAX
from headwater.log.port import Found
from headwater.log.segments.contents import Contents
from headwater.log.segments.names import LOG
from headwater.log.segments.scan import walk_headers
from headwater.log.segments.segment import Segment, placed_as
from headwater.log.segments.store import Store
from headwater.wire.batch.header import NO_TIMESTAMP, BatchHeader
from headwater.wire.batch.stored import first_stored_since
from headwater.wire.types import Offset

_SLICE: Final = 256 * KiB
"""How far is walked before the loop may breathe: at most a few thousand headers."""


class Search:
    def __init__(self, store: Store, contents: Contents, check_open: Callable[[], None]) -> None:
        """`check_open` raises where the log was closed meanwhile: its folder may be another log's by then."""
        self._store = store
        self._contents = contents
        self._check_open = check_open

    async def find_time(self, timestamp: Timestamp, *, end: Offset) -> Found | None:
        """The first record below `end` that is not older than `timestamp`."""
        segment: Segment | None = self._contents.segments.holding(self._contents.start)
        while segment is not None and segment.base < end:
            if segment.largest[0] >= timestamp and (found := await self._find_in(segment, timestamp, end)):
                return found
            segment = self._contents.segments.after(segment)
        return None

    async def find_latest_time(self, *, end: Offset) -> Found | None:
        """The first of the records below `end` that have the largest timestamp."""
        largest = NO_TIMESTAMP
        segment: Segment | None = self._contents.segments.holding(self._contents.start)
        while segment is not None and segment.base < end:
            largest = max(largest, await self._largest_in(segment, end))
            segment = self._contents.segments.after(segment)
        return await self.find_time(largest, end=end) if largest != NO_TIMESTAMP else None

    async def _find_in(self, segment: Segment, timestamp: Timestamp, end: Offset) -> Found | None:
        start = self._contents.start
        async with aclosing(self._walk(segment, segment.times.floor(timestamp), end)) as batches:
            async for file, position, header in batches:
                if header.max_timestamp < timestamp or header.last_offset < start:
                    continue
                batch = file.pread(header.size, position)
                found = first_stored_since(
                    batch, header, timestamp=timestamp, offset=start, decompressed_max=DECOMPRESSED_MAX
                )
                if found:
                    return Found(offset=found[0], timestamp=found[1], epoch=header.partition_leader_epoch)
        return None

    async def _largest_in(self, segment: Segment, end: Offset) -> Timestamp:
        """Of the batches from the log's start up to `end`."""
        start = self._contents.start
        timestamp, offset = segment.largest
        if start <= offset < end:
            return timestamp
        timestamp, offset = segment.times.last_below(end) if offset >= end else (NO_TIMESTAMP, start)
        if offset < start:
            timestamp, offset = NO_TIMESTAMP, start
        async for _, _, header in self._walk(segment, offset, end):
            timestamp = max(timestamp, placed_as(header).max_timestamp)
        return timestamp

    async def _walk(
        self, segment: Segment, offset: Offset, end: Offset
    ) -> AsyncGenerator[tuple[File, int, BatchHeader], None]:
        """Batches from the one that holds `offset`, or the next one after it, up to the one that begins at `end`."""
        begin = segment.offsets.floor(offset)
        breath = begin + _SLICE
        file = self._store.disk.open(segment.path(LOG), Mode.READ)
        try:
            for position, header in walk_headers(file, begin, segment.size):
                if header.base_offset >= end:
                    return
                if header.last_offset >= offset:
                    yield file, position, header
                if position >= breath:
                    breath = position + _SLICE
                    await asyncio.sleep(0)
                    self._check_open()
        finally:
            file.close()
