"""The 61 bytes before the records of a batch: read at once, walked, verified and patched in place.

Every produced and every fetched byte passes here, so the header is one `unpack_from` and one positional construction
(0.25 µs together; construction by keyword would nearly double it).

    0  base offset             8   outside the CRC: the broker assigns it
    8  batch length            4   bytes after this field, so the whole batch is 12 longer
    12 partition leader epoch  4   outside the CRC: the broker assigns it
    16 magic                   1   always 2; at the same place in formats 0 and 1
    17 CRC-32C                 4   over everything after it
    21 attributes              2   see `attributes`
    23 last offset delta       4
    27 base timestamp          8   of the first record, or the delete horizon
    35 max timestamp           8   of all records, or the moment of the append
    43 producer id             8
    51 producer epoch          2
    53 base sequence           4
    57 record count            4
"""

from collections.abc import Iterator
from struct import Struct as Layout
from typing import Final

from crc32c import crc32c
from msgspec import Struct
from msgspec.structs import astuple, replace

from headwater.kernel.units import Timestamp
from headwater.wire.batch.attributes import (
    CONTROL_BIT,
    DELETE_HORIZON_BIT,
    LOG_APPEND_TIME_BIT,
    TRANSACTIONAL_BIT,
    Compression,
    TimestampType,
    compression_of,
    timestamp_type_of,
)
from headwater.wire.errors import CorruptBatch
from headwater.wire.types import NO_EPOCH, NO_PRODUCER, LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence

Readable = bytes | bytearray | memoryview
"""A batch that is only looked at; what writes into one asks for a `memoryview`."""

MAGIC: Final = 2
HEADER_BYTES: Final = 61
LENGTH_AT: Final = 8
LOG_OVERHEAD: Final = 12
"""Base offset and batch length, which the batch length does not count."""
LEADER_EPOCH_AT: Final = 12
MAGIC_AT: Final = 16
CRC_AT: Final = 17
ATTRIBUTES_AT: Final = 21
MAX_TIMESTAMP_AT: Final = 35
FIRST_OFFSET: Final = Offset(0)
NO_TIMESTAMP: Final = Timestamp(-1)
NO_SEQUENCE: Final = Sequence(-1)
NO_PRODUCER_EPOCH: Final = ProducerEpoch(-1)

_HEADER: Final = Layout(">qiibIhiqqqhii")
_INT64: Final = Layout(">q")
_INT32: Final = Layout(">i")
_UINT32: Final = Layout(">I")
_INT16: Final = Layout(">h")
_SEQUENCES: Final = 2**31


class BatchHeader(Struct, frozen=True, gc=False):
    """A batch's header, its fields in the order of the bytes. What is wrong with it is for `validate` to say."""

    base_offset: Offset = FIRST_OFFSET
    batch_length: int = HEADER_BYTES - LOG_OVERHEAD
    partition_leader_epoch: LeaderEpoch = NO_EPOCH
    magic: int = MAGIC
    crc: int = 0
    attributes: int = 0
    last_offset_delta: int = 0
    base_timestamp: Timestamp = NO_TIMESTAMP
    max_timestamp: Timestamp = NO_TIMESTAMP
    producer_id: ProducerId = NO_PRODUCER
    producer_epoch: ProducerEpoch = NO_PRODUCER_EPOCH
    base_sequence: Sequence = NO_SEQUENCE
    record_count: int = 0

    @property
    def size(self) -> int:
        """All bytes of the batch, the header's included."""
        return self.batch_length + LOG_OVERHEAD

    @property
    def last_offset(self) -> Offset:
        return Offset(self.base_offset + self.last_offset_delta)

    @property
    def last_sequence(self) -> Sequence:
        """Sequences go from 2^31 - 1 on to 0."""
        if self.base_sequence < 0:
            return NO_SEQUENCE
        return Sequence((self.base_sequence + self.last_offset_delta) % _SEQUENCES)

    @property
    def compression(self) -> Compression:
        return compression_of(self.attributes)

    @property
    def timestamp_type(self) -> TimestampType:
        return timestamp_type_of(self.attributes)

    @property
    def is_transactional(self) -> bool:
        return bool(self.attributes & TRANSACTIONAL_BIT)

    @property
    def is_control(self) -> bool:
        return bool(self.attributes & CONTROL_BIT)

    @property
    def has_delete_horizon(self) -> bool:
        return bool(self.attributes & DELETE_HORIZON_BIT)

    @property
    def has_producer(self) -> bool:
        return self.producer_id >= 0


def read_header(view: Readable, at: int = 0) -> BatchHeader:
    """The header at `at`. A batch that is cut off there, too short or of another magic raises `CorruptBatch`."""
    if len(view) - at < HEADER_BYTES:
        raise CorruptBatch(f"a batch header is {HEADER_BYTES} bytes, but only {len(view) - at} are here")
    header = BatchHeader(*_HEADER.unpack_from(view, at))
    if header.magic != MAGIC:
        raise CorruptBatch(f"the batch at byte {at} has magic {header.magic}, not {MAGIC}")
    if header.batch_length < HEADER_BYTES - LOG_OVERHEAD:
        raise CorruptBatch(f"the batch at byte {at} says that it is {header.size} bytes long, shorter than its header")
    return header


def iter_headers(view: Readable) -> Iterator[tuple[int, BatchHeader]]:
    """Each whole batch's position and header. A tail that is no whole batch ends the walk; see `whole_bytes`."""
    at = 0
    while len(view) - at >= HEADER_BYTES:
        header = read_header(view, at)
        if header.size > len(view) - at:
            return
        yield at, header
        at += header.size


def whole_bytes(view: Readable) -> int:
    """How many leading bytes are whole batches: less than `len(view)` when the last batch is cut off."""
    end = 0
    for at, header in iter_headers(view):
        end = at + header.size
    return end


def verify_crc(view: Readable, header: BatchHeader, at: int = 0) -> None:
    """Raises `CorruptBatch` unless the batch at `at` is whole and its checksum is right."""
    size = header.size
    if size > len(view) - at:
        raise CorruptBatch(f"the batch is {size} bytes, but only {len(view) - at} are here")
    found = crc32c(view[at + ATTRIBUTES_AT : at + size])
    if found != header.crc:
        raise CorruptBatch(f"the batch's CRC-32C is {found:#010x}, but its header says {header.crc:#010x}")


def patch(view: memoryview, *, base_offset: Offset, leader_epoch: LeaderEpoch, at: int = 0) -> None:
    """Gives the batch its place in the log. Both fields lie outside the CRC, so it stays right."""
    _INT64.pack_into(view, at, base_offset)
    _INT32.pack_into(view, at + LEADER_EPOCH_AT, leader_epoch)


def stamp_log_append_time(view: memoryview, header: BatchHeader, *, now: Timestamp, at: int = 0) -> None:
    """Makes `now` the time of every record. The records' own deltas stay; readers take the max timestamp instead."""
    _INT16.pack_into(view, at + ATTRIBUTES_AT, header.attributes | LOG_APPEND_TIME_BIT)
    _INT64.pack_into(view, at + MAX_TIMESTAMP_AT, now)
    _UINT32.pack_into(view, at + CRC_AT, crc32c(view[at + ATTRIBUTES_AT : at + header.size]))


def seal(header: BatchHeader, payload: Readable) -> bytearray:
    """A whole batch: `header` with its length and CRC made right, and `payload`, the records as the codec left them."""
    batch = bytearray(HEADER_BYTES + len(payload))
    placed = replace(header, batch_length=len(batch) - LOG_OVERHEAD, magic=MAGIC)
    _HEADER.pack_into(batch, 0, *astuple(placed))
    batch[HEADER_BYTES:] = payload
    _UINT32.pack_into(batch, CRC_AT, crc32c(memoryview(batch)[ATTRIBUTES_AT:]))
    return batch
