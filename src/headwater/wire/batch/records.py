"""The records inside a batch, opened where something needs them.

    record   length, attributes, timestamp delta, offset delta, key, value, headers      (all lengths and deltas varints)

Three readers, from the dearest to the cheapest: `iter_records` gives records whole, `iter_keys` skips what compaction
does not compare, `first_since` reads two numbers a record until ListOffsets has its answer. Each looks at a length
before it follows it, so the work and the memory are bounded by the bytes that are really there, whatever they claim.
Keys and values are copies: a record outlives the slab that its batch arrived in.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.wire.batch.attributes import LOG_APPEND_TIME_BIT
from headwater.wire.batch.compression import decompress
from headwater.wire.batch.header import FIRST_OFFSET, HEADER_BYTES, BatchHeader, Readable
from headwater.wire.batch.varint import read_varint
from headwater.wire.errors import CorruptBatch, InvalidRecord
from headwater.wire.types import Offset

Headers = tuple[tuple[str, bytes | None], ...]

RECORD_BYTES_MIN: Final = 7
"""Length, attributes, two deltas, no key, no value, no headers: one byte each."""
_BODY_BYTES_MIN: Final = RECORD_BYTES_MIN - 1
_HEADER_BYTES_MIN: Final = 2
_TIMESTAMPS: Final = range(-(2**63), 2**63)
_ATTRIBUTES_BYTES: Final = 1
_NO_HEADERS: Final[Headers] = ()


class Record(Struct, frozen=True, gc=False):
    """One record as it stands in a log.

    A header's name that is no UTF-8 keeps its bytes as surrogate escapes, so that writing it back loses nothing.
    """

    offset: Offset
    timestamp: Timestamp
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


class RecordKey(Struct, frozen=True, gc=False):
    """What compaction asks of a record: which key it sets, and whether it deletes it."""

    offset: Offset
    timestamp: Timestamp
    key: bytes | None
    is_tombstone: bool


def plain_records(batch: Readable, header: BatchHeader, *, decompressed_max: int) -> bytes:
    """The records' bytes, decompressed. The record count is checked against them, so that no loop runs on a claim."""
    if header.size > len(batch):
        raise CorruptBatch(f"the batch is {header.size} bytes, but only {len(batch)} are here")
    packed = batch[HEADER_BYTES : header.size]
    if header.record_count == 0 and not packed:
        return b""
    plain = decompress(header.compression, packed, decompressed_max=decompressed_max)
    if not 0 <= header.record_count * RECORD_BYTES_MIN <= len(plain):
        raise InvalidRecord(f"{header.record_count} records can't be in {len(plain)} bytes")
    return plain


def iter_records(batch: Readable, header: BatchHeader, *, decompressed_max: int) -> Iterator[Record]:
    """Each record, in order. A `BatchError` comes where the bytes stop making sense, which may be after some records."""
    plain = plain_records(batch, header, decompressed_max=decompressed_max)
    try:
        for start, end in _spans(plain, header.record_count):
            offset, timestamp, at = _read_place(plain, start, header)
            key, at = _read_bytes(plain, at, end)
            value, at = _read_bytes(plain, at, end)
            headers, at = _read_headers(plain, at, end)
            if at != end:
                raise InvalidRecord(f"the record at offset {offset} is not as long as it says")
            yield Record(offset, timestamp, key, value, headers)
    except IndexError:
        raise _cut_off(header) from None


def iter_keys(batch: Readable, header: BatchHeader, *, decompressed_max: int) -> Iterator[RecordKey]:
    """Each record's key; values and headers are skipped."""
    plain = plain_records(batch, header, decompressed_max=decompressed_max)
    try:
        for start, end in _spans(plain, header.record_count):
            offset, timestamp, at = _read_place(plain, start, header)
            key, at = _read_bytes(plain, at, end)
            value_length, at = read_varint(plain, at)
            if at > end:
                raise InvalidRecord(f"the record at offset {offset} is not as long as it says")
            yield RecordKey(offset, timestamp, key, value_length < 0)
    except IndexError:
        raise _cut_off(header) from None


def first_since(
    batch: Readable,
    header: BatchHeader,
    *,
    timestamp: Timestamp,
    offset: Offset = FIRST_OFFSET,
    decompressed_max: int,
) -> tuple[Offset, Timestamp] | None:
    """The first record at or after `offset` whose time is `timestamp` or later, as ListOffsets asks for it."""
    if header.max_timestamp < timestamp or header.last_offset < offset:
        return None
    plain = plain_records(batch, header, decompressed_max=decompressed_max)
    try:
        for start, _ in _spans(plain, header.record_count):
            found, found_timestamp, _ = _read_place(plain, start, header)
            if found_timestamp >= timestamp and found >= offset:
                return found, found_timestamp
    except IndexError:
        raise _cut_off(header) from None
    return None


def _spans(plain: bytes, record_count: int) -> Iterator[tuple[int, int]]:
    """Where each record's body begins and ends. The records must fill the bytes exactly."""
    at = 0
    for _ in range(record_count):
        length, at = read_varint(plain, at)
        end = at + length
        if length < _BODY_BYTES_MIN or end > len(plain):
            raise InvalidRecord(f"a record claims {length} bytes, but {len(plain) - at} remain in its batch")
        yield at, end
        at = end
    if at != len(plain):
        raise InvalidRecord(f"{len(plain) - at} bytes remain behind the last of {record_count} records")


def _read_place(plain: bytes, start: int, header: BatchHeader) -> tuple[Offset, Timestamp, int]:
    timestamp_delta, at = read_varint(plain, start + _ATTRIBUTES_BYTES)
    offset_delta, at = read_varint(plain, at)
    if not 0 <= offset_delta <= header.last_offset_delta:
        raise InvalidRecord(f"a record's offset delta {offset_delta} is not in its batch")
    if header.attributes & LOG_APPEND_TIME_BIT:
        return Offset(header.base_offset + offset_delta), header.max_timestamp, at
    timestamp = Timestamp(header.base_timestamp + timestamp_delta)
    if timestamp not in _TIMESTAMPS:
        raise InvalidRecord("a record's timestamp is larger than 64 bits")
    return Offset(header.base_offset + offset_delta), timestamp, at


def _read_bytes(plain: bytes, at: int, end: int) -> tuple[bytes | None, int]:
    length, at = read_varint(plain, at)
    if length < 0:
        return None, at
    until = at + length
    if until > end:
        raise InvalidRecord(f"a field claims {length} bytes, but {end - at} remain in its record")
    return plain[at:until], until


def _read_headers(plain: bytes, at: int, end: int) -> tuple[Headers, int]:
    count, at = read_varint(plain, at)
    if count == 0:
        return _NO_HEADERS, at
    if not 0 < count * _HEADER_BYTES_MIN <= end - at:
        raise InvalidRecord(f"{count} headers can't be in {end - at} bytes")
    headers: list[tuple[str, bytes | None]] = []
    for _ in range(count):
        name, at = _read_bytes(plain, at, end)
        if name is None:
            raise InvalidRecord("a header has no name")
        value, at = _read_bytes(plain, at, end)
        headers.append((name.decode("utf-8", "surrogateescape"), value))
    return tuple(headers), at


def _cut_off(header: BatchHeader) -> InvalidRecord:
    return InvalidRecord(f"the records of the batch at offset {header.base_offset} end in the middle of one")
