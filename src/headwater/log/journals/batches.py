"""A machine's records to batches.

Records of one decision stand in one batch, for a batch is what a crash keeps or loses whole. Batches are otherwise kept
small, so that a reader never has to take much at once. Records of a transaction stand in batches of their producer, and its
end is a control batch.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from headwater.kernel.units import KiB, Timestamp
from headwater.log.journals.codec import RecordCodec
from headwater.machine.decision import Record
from headwater.machine.transactional import InTransaction, TransactionEnd
from headwater.wire.batch.builder import NOBODY, NewRecord, Producer, build_batch
from headwater.wire.batch.control import EndOfTransaction, build_end_of_transaction
from headwater.wire.batch.header import patch, read_header
from headwater.wire.types import LeaderEpoch, Offset

SLICE: Final = 500
"""Records that are handled before the loop may do something else: some milliseconds."""
BATCH_BYTES: Final = 64 * KiB


async def batches_in_turns(
    decisions: Iterable[Sequence[Record]], codec: RecordCodec, *, now: Timestamp
) -> list[bytearray]:
    """All of them, made in slices: a decision may have as many records as a request had items."""
    made: list[bytearray] = []
    for batch in batches_of(decisions, codec, now=now):
        if batch is None:
            await asyncio.sleep(0)
        else:
            made.append(batch)
    return made


def batches_of(
    decisions: Iterable[Sequence[Record]], codec: RecordCodec, *, now: Timestamp, batch_bytes: int = BATCH_BYTES
) -> Iterator[bytearray | None]:
    """A decision is never split, so a batch may be larger than `batch_bytes`. None after each slice of records, for whoever
    wants to let others go first."""
    pending: list[NewRecord] = []
    writer, size, records = NOBODY, 0, 0
    for decision in decisions:
        marker = _marker_in(decision, now=now)
        if pending and (marker or size >= batch_bytes or writer != _writer(decision)):
            yield _batch(pending, writer)
            pending, size = [], 0
        if marker:
            yield marker
            continue
        writer = _writer(decision)
        for record in decision:
            key, value = codec.encode(record.record if isinstance(record, InTransaction) else record)
            pending.append(NewRecord(key=key, value=value, timestamp=now))
            size += len(key or b"") + len(value or b"")
            records += 1
            if records % SLICE == 0:
                yield None
    if pending:
        yield _batch(pending, writer)


def _marker_in(decision: Sequence[Record], *, now: Timestamp) -> bytearray | None:
    """The control batch that this decision is, if it is the end of a transaction."""
    if not decision or not isinstance(decision[0], TransactionEnd):
        return None
    (end,) = decision
    return marker_batch(end, now=now)


def marker_batch(end: TransactionEnd, *, now: Timestamp) -> bytearray:
    return build_end_of_transaction(
        EndOfTransaction(committed=end.committed, coordinator_epoch=end.coordinator_epoch),
        producer_id=end.producer_id,
        producer_epoch=end.producer_epoch,
        timestamp=now,
    )


def _writer(decision: Sequence[Record]) -> Producer:
    if not decision or not isinstance(decision[0], InTransaction):
        return NOBODY
    return Producer(id=decision[0].producer_id, epoch=decision[0].producer_epoch)


def _batch(records: list[NewRecord], writer: Producer) -> bytearray:
    return build_batch(records, producer=writer, transactional=writer != NOBODY)


async def snapshot_batches(records: Iterable[Record], codec: RecordCodec, *, now: Timestamp) -> list[bytearray]:
    """A whole state as batches."""
    return await batches_in_turns(([record] for record in records), codec, now=now)


def place(batches: Iterable[bytearray], *, first: Offset, epoch: LeaderEpoch) -> Offset:
    """Give the batches their places, one after the other from `first` on, and give the end."""
    end = first
    for batch in batches:
        patch(memoryview(batch), base_offset=end, leader_epoch=epoch)
        end = Offset(end + read_header(batch).last_offset_delta + 1)
    return end
