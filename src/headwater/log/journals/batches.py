"""A machine's records to batches.

Records of one decision stand in one batch, for a batch is what a crash keeps or loses whole. Batches are otherwise kept
small, so that a reader never has to take much at once.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from headwater.kernel.units import KiB, Timestamp
from headwater.log.journals.codec import RecordCodec
from headwater.machine.decision import Record
from headwater.wire.batch.builder import NewRecord, build_batch
from headwater.wire.batch.header import patch, read_header
from headwater.wire.types import LeaderEpoch, Offset

SLICE: Final = 500
"""Records that are handled before the loop may do something else: some milliseconds."""
BATCH_BYTES: Final = 64 * KiB


def batches_of(
    decisions: Iterable[Sequence[Record]], codec: RecordCodec, *, now: Timestamp, batch_bytes: int = BATCH_BYTES
) -> Iterator[bytearray]:
    """A decision is never split, so a batch may be larger than `batch_bytes`."""
    pending: list[NewRecord] = []
    size = 0
    for decision in decisions:
        for record in decision:
            key, value = codec.encode(record)
            pending.append(NewRecord(key=key, value=value, timestamp=now))
            size += len(key or b"") + len(value or b"")
        if size >= batch_bytes:
            yield build_batch(pending)
            pending, size = [], 0
    if pending:
        yield build_batch(pending)


async def snapshot_batches(records: Iterable[Record], codec: RecordCodec, *, now: Timestamp) -> list[bytearray]:
    """A whole state as batches, made in slices that let the loop breathe."""
    made: list[bytearray] = []
    remaining = iter(records)
    while held := list(islice(remaining, SLICE)):
        made.extend(batches_of(([record] for record in held), codec, now=now))
        await asyncio.sleep(0)
    return made


def place(batches: Iterable[bytearray], *, first: Offset, epoch: LeaderEpoch) -> Offset:
    """Give the batches their places, one after the other from `first` on, and give the end."""
    end = first
    for batch in batches:
        patch(memoryview(batch), base_offset=end, leader_epoch=epoch)
        end = Offset(end + read_header(batch).last_offset_delta + 1)
    return end
