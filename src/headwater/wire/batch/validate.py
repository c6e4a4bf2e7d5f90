"""What a broker demands of a produced batch before it may enter a log.

`check_produced` looks at the header and the CRC, which every batch pays for. `check_records` opens the batch, which only
some topics need: compacted ones, and those whose codec is not the producer's. What Kafka checks on every record and we
leave to the header is the timestamps: a batch's first and largest stand in it.
"""

from typing import Final

from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.wire.batch.attributes import (
    CODEC_MASK,
    CONTROL_BIT,
    DELETE_HORIZON_BIT,
    LOG_APPEND_TIME_BIT,
    TRANSACTIONAL_BIT,
    Compression,
)
from headwater.wire.batch.header import (
    HEADER_BYTES,
    MAGIC,
    MAGIC_AT,
    NO_TIMESTAMP,
    BatchHeader,
    Readable,
    read_header,
    verify_crc,
)
from headwater.wire.batch.records import iter_keys
from headwater.wire.errors import BatchError, BatchTooLarge, InvalidRecord, InvalidTimestamp, UnsupportedCompression

_NOT_FOR_CLIENTS: Final = CONTROL_BIT | DELETE_HORIZON_BIT | LOG_APPEND_TIME_BIT
"""Looked at together, for a good batch has none of them and every batch passes here. The last is only passed over where
the topic stamps its records itself."""


class TimestampWindow(Struct, frozen=True, gc=False):
    """The times that a producer may give, both ends included: `message.timestamp.before.max.ms` and `.after.max.ms`."""

    oldest: Timestamp
    newest: Timestamp


def check_produced(
    batch: Readable, *, bytes_max: int, timestamps: TimestampWindow | None, zstd_allowed: bool = True
) -> BatchHeader:
    """The header of the one batch that a producer sent for a partition, or a `BatchError` that says why not.

    `timestamps` is None on a topic with LogAppendTime, which replaces them. Produce before version 7 knows no zstd.
    """
    header = _only_header(batch)
    if len(batch) > bytes_max:
        raise BatchTooLarge(f"the batch is {len(batch)} bytes, but max.message.bytes is {bytes_max}")
    verify_crc(batch, header)
    _check_place(header)
    _check_attributes(header, zstd_allowed=zstd_allowed, stamped_anyway=timestamps is None)
    if (
        timestamps is not None
        and not timestamps.oldest <= header.base_timestamp <= header.max_timestamp <= timestamps.newest
    ):
        _check_timestamp(header.base_timestamp, timestamps)
        _check_timestamp(header.max_timestamp, timestamps)
    return header


def check_records(
    batch: Readable,
    header: BatchHeader,
    *,
    keyed: bool,
    timestamps: TimestampWindow | None,
    decompressed_max: int,
) -> None:
    """Opens the batch and checks each record: dense offsets, a time in the window, and where `keyed`, a key."""
    for offset, record in enumerate(iter_keys(batch, header, decompressed_max=decompressed_max), header.base_offset):
        if record.offset != offset:
            raise InvalidRecord(f"record {offset - header.base_offset} of the batch claims another place in it")
        if keyed and record.key is None:
            raise InvalidRecord("a compacted topic takes no record without a key")
        if timestamps is not None:
            _check_timestamp(record.timestamp, timestamps)


def _only_header(batch: Readable) -> BatchHeader:
    if len(batch) > MAGIC_AT and batch[MAGIC_AT] != MAGIC:
        raise InvalidRecord(f"the batch has magic {batch[MAGIC_AT]}, but only {MAGIC} may be produced")
    if len(batch) < HEADER_BYTES:
        raise InvalidRecord("a produce request needs a whole record batch for each partition")
    header = read_header(batch)
    if header.size != len(batch):
        raise InvalidRecord(f"one batch a partition, please: it has {header.size} bytes, but {len(batch)} were sent")
    return header


def _check_place(header: BatchHeader) -> None:
    if header.record_count < 1 or header.record_count != header.last_offset_delta + 1:
        raise InvalidRecord(
            f"the batch counts {header.record_count} records, but its last offset delta is {header.last_offset_delta}"
        )
    if header.producer_id >= 0:
        if header.base_sequence < 0:
            raise InvalidRecord(f"producer {header.producer_id} sent a batch without a sequence number")
    elif header.attributes & TRANSACTIONAL_BIT:
        raise InvalidRecord("a transactional batch needs a producer id")


def _check_attributes(header: BatchHeader, *, zstd_allowed: bool, stamped_anyway: bool) -> None:
    refused = header.attributes & _NOT_FOR_CLIENTS
    if refused and not (stamped_anyway and refused == LOG_APPEND_TIME_BIT):
        raise _not_for_clients(header)
    if header.attributes & CODEC_MASK and header.compression is Compression.ZSTD and not zstd_allowed:
        raise UnsupportedCompression("this version of Produce knows no zstd")


def _not_for_clients(header: BatchHeader) -> BatchError:
    if header.is_control:
        return InvalidRecord("a client can't write control records")
    if header.has_delete_horizon:
        return InvalidRecord("a client can't set a delete horizon; only compaction does")
    return InvalidTimestamp("a client can't set the timestamp type LogAppendTime")


def _check_timestamp(timestamp: Timestamp, window: TimestampWindow) -> None:
    if timestamp != NO_TIMESTAMP and not window.oldest <= timestamp <= window.newest:
        raise InvalidTimestamp(f"timestamp {timestamp} is not within {window.oldest} to {window.newest}")
