"""The records that dead letters are about, read once more from the log, as far as they are still there."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Final

from headwater.control.share.records import DeadLetters
from headwater.kernel.logging import get
from headwater.kernel.units import MiB
from headwater.log.errors import LogError
from headwater.log.port import Log
from headwater.wire.batch.records import Record
from headwater.wire.batch.stored import iter_stored_headers, iter_stored_records
from headwater.wire.errors import BatchError
from headwater.wire.types import Offset

log = get("share.dead_letters")

_BYTES_MAX: Final = 1 * MiB
"""Of one run of letters, as they are read, and decompressed."""


async def read_sources(source: Log, letters: DeadLetters) -> Mapping[int, Record]:
    """What is gone, damaged or too much is left out: a letter without its record is better than none."""
    records: dict[int, Record] = {}
    room = _BYTES_MAX
    try:
        async for record in _records(source, letters):
            room -= len(record.key or b"") + len(record.value or b"")
            if room < 0:
                break
            records[record.offset] = record
    except (LogError, BatchError) as error:
        log.warn("records could not be read for their dead letters", partition=source.partition, error=error)
    return records


async def _records(source: Log, letters: DeadLetters) -> AsyncIterator[Record]:
    offset, left = letters.first, _BYTES_MAX
    while offset <= letters.last and left > 0:
        found = await source.read(Offset(offset), bytes_max=left)
        if not found.size:
            return
        left -= found.size
        for part in found.data:
            view = memoryview(part)
            for at, header in iter_stored_headers(view):
                offset = max(offset, header.last_offset + 1)
                batch = view[at : at + header.size]
                for record in iter_stored_records(batch, header, decompressed_max=_BYTES_MAX):
                    if letters.first <= record.offset <= letters.last and not header.is_control:
                        yield record
                await asyncio.sleep(0)
