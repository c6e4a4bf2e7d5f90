"""A dead letter: a record that says of another one where it stood, and why its share group has given it up (KIP-1191)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from headwater.control.share.key import SharePartitionKey
from headwater.control.share.records import DeadLetters
from headwater.kernel.units import Timestamp
from headwater.wire.batch.builder import NewRecord
from headwater.wire.batch.header import HEADER_BYTES
from headwater.wire.batch.records import Record

_PLACE_BYTES: Final = 40
"""Lengths, deltas and counts of a record, at most, when it has the headers of a dead letter."""


def letters_of(
    key: SharePartitionKey, topic: str, letters: DeadLetters, copies: Mapping[int, Record], *, now: Timestamp
) -> Iterator[NewRecord]:
    """One for each offset, in Kafka's words. `copies` are the records themselves, as far as they are to come along."""
    for offset in range(letters.first, letters.last + 1):
        copied = copies.get(offset)
        headers = {
            "__dlq.errors.topic": topic,
            "__dlq.errors.partition": str(key.partition),
            "__dlq.errors.offset": str(offset),
            "__dlq.errors.group": key.group_id,
            "__dlq.errors.delivery.count": str(letters.delivery_count),
            "__dlq.errors.message": letters.reason,
        }
        yield NewRecord(
            key=copied.key if copied else None,
            value=copied.value if copied else None,
            headers=tuple((name, text.encode()) for name, text in headers.items()),
            timestamp=now,
        )


def batches_within(records: Iterator[NewRecord], *, bytes_max: int) -> Iterator[Sequence[NewRecord]]:
    """As many together as fit into one batch of this size; one that is larger comes alone."""
    batch: list[NewRecord] = []
    size = HEADER_BYTES
    for record in records:
        more = _size(record)
        if batch and size + more > bytes_max:
            yield batch
            batch, size = [], HEADER_BYTES
        batch.append(record)
        size += more
    if batch:
        yield batch


def _size(record: NewRecord) -> int:
    own = len(record.key or b"") + len(record.value or b"")
    return own + _PLACE_BYTES + sum(len(name) + len(value or b"") for name, value in record.headers)
