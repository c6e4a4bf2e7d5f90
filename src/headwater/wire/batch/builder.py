"""Records to a sealed batch, as a producer or a coordinator writes it.

The broker never builds what a client produced; this is for records that begin here: coordinators, metadata, control
batches, our own client, and tests.
"""

from collections.abc import Iterable, Sequence as Many
from typing import Final

from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.wire.batch.attributes import Compression, TimestampType, attributes_of
from headwater.wire.batch.compression import compress
from headwater.wire.batch.header import FIRST_OFFSET, NO_PRODUCER_EPOCH, NO_SEQUENCE, NO_TIMESTAMP, BatchHeader, seal
from headwater.wire.batch.records import Headers
from headwater.wire.batch.varint import write_varint
from headwater.wire.types import NO_EPOCH, NO_PRODUCER, LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence

_NULL_LENGTH: Final = -1
_RECORD_ATTRIBUTES: Final = 0
"""A record has attribute bits of its own, of which Kafka uses none."""


class NewRecord(Struct, frozen=True, kw_only=True, gc=False):
    """A record that has no offset yet."""

    key: bytes | None = None
    value: bytes | None = None
    headers: Headers = ()
    timestamp: Timestamp = NO_TIMESTAMP


class Producer(Struct, frozen=True, kw_only=True, gc=False):
    """Who writes a batch, and with which sequence number it begins (KIP-98)."""

    id: ProducerId = NO_PRODUCER
    epoch: ProducerEpoch = NO_PRODUCER_EPOCH
    base_sequence: Sequence = NO_SEQUENCE


NOBODY: Final = Producer()
"""A batch without idempotence: it can't be recognised as a duplicate."""


def build_batch(
    records: Many[NewRecord],
    *,
    base_offset: Offset = FIRST_OFFSET,
    leader_epoch: LeaderEpoch = NO_EPOCH,
    producer: Producer = NOBODY,
    transactional: bool = False,
    control: bool = False,
    compression: Compression = Compression.NONE,
    level: int | None = None,
    log_append_time: Timestamp | None = None,
) -> bytearray:
    """One batch of at least one record; offsets run from `base_offset`. It is writable, for the broker patches it.

    With `log_append_time` that is the time of every record, and the timestamp type says so.
    """
    base_timestamp = records[0].timestamp
    timestamp_type = TimestampType.CREATE_TIME if log_append_time is None else TimestampType.LOG_APPEND_TIME
    header = BatchHeader(
        base_offset=base_offset,
        partition_leader_epoch=leader_epoch,
        attributes=attributes_of(
            compression=compression, timestamp_type=timestamp_type, transactional=transactional, control=control
        ),
        last_offset_delta=len(records) - 1,
        base_timestamp=base_timestamp,
        max_timestamp=max(each.timestamp for each in records) if log_append_time is None else log_append_time,
        producer_id=producer.id,
        producer_epoch=producer.epoch,
        base_sequence=producer.base_sequence,
        record_count=len(records),
    )
    return seal(header, compress(compression, encode_records(records, base_timestamp=base_timestamp), level=level))


def encode_records(records: Iterable[NewRecord], *, base_timestamp: Timestamp) -> bytearray:
    """The records' bytes before compression, with offset deltas from 0."""
    encoded = bytearray()
    for offset_delta, record in enumerate(records):
        body = _body(record, offset_delta, record.timestamp - base_timestamp)
        write_varint(encoded, len(body))
        encoded += body
    return encoded


def _body(record: NewRecord, offset_delta: int, timestamp_delta: int) -> bytearray:
    body = bytearray((_RECORD_ATTRIBUTES,))
    write_varint(body, timestamp_delta)
    write_varint(body, offset_delta)
    _write_bytes(body, record.key)
    _write_bytes(body, record.value)
    write_varint(body, len(record.headers))
    for name, value in record.headers:
        _write_bytes(body, name.encode("utf-8", "surrogateescape"))
        _write_bytes(body, value)
    return body


def _write_bytes(body: bytearray, field: bytes | None) -> None:
    if field is None:
        write_varint(body, _NULL_LENGTH)
    else:
        write_varint(body, len(field))
        body += field
