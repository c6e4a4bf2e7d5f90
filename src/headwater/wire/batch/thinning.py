"""A batch with some of its records left out, as compaction leaves it.

What stays is what it was: offsets and timestamps, and for the whole batch its first and last offset, producer, sequence
and flags, so that a producer's duplicates are still known by a batch that has lost its records. Records are copied as they
stand, for their deltas still count from the same place; only a delete horizon moves that place (KIP-534: it stands where the
base timestamp stood), and then every timestamp delta is written anew.

Compaction reads each record of a log twice, so `iter_keyed` is written for speed: one generator, no object but a tuple, and
the usual one or two bytes of a varint are read without a call.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from headwater.kernel.units import Timestamp
from headwater.wire.batch.attributes import CODEC_MASK, DELETE_HORIZON_BIT, LOG_APPEND_TIME_BIT, Compression
from headwater.wire.batch.compression import compress
from headwater.wire.batch.header import NO_TIMESTAMP, BatchHeader, seal
from headwater.wire.batch.varint import read_varint, write_varint
from headwater.wire.errors import InvalidRecord

KeyedRecord = tuple[int, int, int, int, bytes | None, bool]
"""Where a record begins and ends in its batch's plain bytes, its timestamp and offset deltas, its key, and whether it has no value."""

START: Final = 0
END: Final = 1
TIMESTAMP_DELTA: Final = 2
OFFSET_DELTA: Final = 3
KEY: Final = 4
IS_TOMBSTONE: Final = 5

_ATTRIBUTES_BYTES: Final = 1


def iter_keyed(plain: bytes, header: BatchHeader) -> Iterator[KeyedRecord]:
    """Each record in a batch's decompressed bytes, in order. Bytes that make no sense raise `InvalidRecord`."""
    at, size, last_delta = 0, len(plain), header.last_offset_delta
    try:
        for _ in range(header.record_count):
            start = at
            if (byte := plain[at]) < 0x80:
                length = (byte >> 1) ^ -(byte & 1)
                at += 1
            elif (more := plain[at + 1]) < 0x80:
                length = (more << 6 | (byte & 0x7F) >> 1) ^ -(byte & 1)
                at += 2
            else:
                length, at = read_varint(plain, at)
            end = at + length
            at += _ATTRIBUTES_BYTES
            if (byte := plain[at]) < 0x80:
                timestamp_delta = (byte >> 1) ^ -(byte & 1)
                at += 1
            else:
                timestamp_delta, at = read_varint(plain, at)
            if (byte := plain[at]) < 0x80:
                offset_delta = byte >> 1
                at += 1
            else:
                offset_delta, at = read_varint(plain, at)
            if (byte := plain[at]) < 0x80:
                key_length = (byte >> 1) ^ -(byte & 1)
                at += 1
            else:
                key_length, at = read_varint(plain, at)
            key = None if key_length < 0 else plain[at : (at := at + key_length)]
            if not at < end <= size or not 0 <= offset_delta <= last_delta:
                raise InvalidRecord(f"a record of the batch at offset {header.base_offset} is not as long as it says")
            yield start, end, timestamp_delta, offset_delta, key, bool(plain[at] & 1)
            at = end
    except IndexError:
        raise InvalidRecord(f"the records of the batch at offset {header.base_offset} are cut off") from None
    if at != size:
        raise InvalidRecord(f"{size - at} bytes remain behind the records of the batch at offset {header.base_offset}")


class Thinned:
    """A batch in the making. It takes the records that stay some at a time, for a large batch is long work."""

    def __init__(self, header: BatchHeader, plain: bytes, *, delete_horizon: Timestamp | None = None) -> None:
        """With `delete_horizon` the batch gets one; else one that it has stays."""
        self._header = header
        self._plain = plain
        self._horizon = delete_horizon
        self._payload = bytearray()
        self._count = 0
        self._latest_delta: int | None = None

    def take(self, records: Sequence[KeyedRecord]) -> None:
        """The next ones, in order."""
        plain = self._plain
        self._count += len(records)
        latest = max((record[TIMESTAMP_DELTA] for record in records), default=None)
        if latest is not None and (self._latest_delta is None or latest > self._latest_delta):
            self._latest_delta = latest
        if self._horizon is None:
            self._payload += b"".join([plain[record[START] : record[END]] for record in records])
        else:
            self._take_moved(records, self._header.base_timestamp - self._horizon)

    def _take_moved(self, records: Iterable[KeyedRecord], distance: int) -> None:
        plain, payload = self._plain, self._payload
        for record in records:
            _, at = read_varint(plain, record[START])
            _, behind = read_varint(plain, at + _ATTRIBUTES_BYTES)
            body = bytearray(plain[at : at + _ATTRIBUTES_BYTES])
            write_varint(body, record[TIMESTAMP_DELTA] + distance)
            body += plain[behind : record[END]]
            write_varint(payload, len(body))
            payload += body

    @property
    def codec(self) -> Compression:
        return self._header.compression

    @property
    def plain_size(self) -> int:
        return len(self._payload)

    def sealed(self) -> bytearray:
        """The batch, packed in the codec that it had."""
        header, horizon = self._header, self._horizon
        changed = replace(
            header,
            attributes=header.attributes if horizon is None else header.attributes | DELETE_HORIZON_BIT,
            base_timestamp=header.base_timestamp if horizon is None else horizon,
            max_timestamp=self._max_timestamp(),
            record_count=self._count,
        )
        return seal(changed, compress(header.compression, self._payload))

    def _max_timestamp(self) -> Timestamp:
        header = self._header
        if header.attributes & LOG_APPEND_TIME_BIT or self._latest_delta is None:
            return header.max_timestamp
        return Timestamp(header.base_timestamp + self._latest_delta)


def emptied(header: BatchHeader) -> bytearray:
    """The batch without its records: it still says up to which offset and sequence its producer wrote, and when."""
    return seal(
        replace(
            header,
            attributes=header.attributes & ~(CODEC_MASK | DELETE_HORIZON_BIT),
            base_timestamp=NO_TIMESTAMP,
            record_count=0,
        ),
        b"",
    )
