"""Message formats 0 and 1, read only: segments written before Kafka 0.11 are served as they are.

A message stands alone with its offset, or wraps others: then its value is a compressed set of messages and its offset
is the last one's.

    0  offset      8
    8  size        4     bytes after this field
    12 CRC-32      4     over everything after it
    16 magic       1     0 or 1
    17 attributes  1     bits 0-2 codec, bit 3 timestamp type
    18 timestamp   8     format 1 only
       key         4+n   length -1 is no key
       value       4+n   length -1 is no value

Inner offsets are absolute in format 0 and relative in format 1, where the wrapper's time bounds all of them. LZ4 frames
whose header checksum is wrong, as Kafka 0.8 wrote them in format 0, can be served but not opened.
"""

from collections.abc import Iterator
from struct import Struct as Layout
from typing import Final
from zlib import crc32

from msgspec import Struct
from msgspec.structs import replace

from headwater.kernel.units import Timestamp
from headwater.wire.batch.attributes import (
    CODEC_MASK,
    LOG_APPEND_TIME_BIT,
    Compression,
    TimestampType,
    compression_of,
    timestamp_type_of,
)
from headwater.wire.batch.compression import decompress
from headwater.wire.batch.header import LOG_OVERHEAD, MAGIC_AT, NO_TIMESTAMP, Readable
from headwater.wire.batch.records import Record
from headwater.wire.errors import CorruptBatch, InvalidRecord, UnsupportedCompression
from headwater.wire.types import Offset

_HEADER: Final = Layout(">qiIbb")
_INT64: Final = Layout(">q")
_INT32: Final = Layout(">i")
_SIZE_MIN: Final = 14
"""CRC, magic, attributes, and the lengths of no key and no value."""
LEGACY_BYTES_MIN: Final = LOG_OVERHEAD + _SIZE_MIN
"""Of a whole message; its header is read from as many."""


class LegacyHeader(Struct, frozen=True, gc=False):
    """What stands before a message's key. `offset` is the last one that the message holds."""

    offset: Offset
    message_size: int
    crc: int
    magic: int
    attributes: int
    timestamp: Timestamp

    @property
    def size(self) -> int:
        return self.message_size + LOG_OVERHEAD

    @property
    def compression(self) -> Compression:
        return compression_of(self.attributes)

    @property
    def timestamp_type(self) -> TimestampType:
        return timestamp_type_of(self.attributes)

    @property
    def is_wrapper(self) -> bool:
        return bool(self.attributes & CODEC_MASK)

    @property
    def body_at(self) -> int:
        """Where the key's length stands, from the message's first byte."""
        return _HEADER.size + (_INT64.size if self.magic else 0)


def is_legacy(view: Readable, at: int = 0) -> bool:
    """Whether a message of format 0 or 1 stands at `at`: the magic has the same place in all formats."""
    return len(view) - at > MAGIC_AT and view[at + MAGIC_AT] in (0, 1)


def read_legacy_header(view: Readable, at: int = 0) -> LegacyHeader:
    """The header of the message at `at`. A message that is cut off, too short or newer raises `CorruptBatch`."""
    if len(view) - at < LEGACY_BYTES_MIN:
        raise CorruptBatch(f"a message is longer than the {len(view) - at} bytes that are here")
    offset, message_size, crc, magic, attributes = _HEADER.unpack_from(view, at)
    if magic not in (0, 1):
        raise CorruptBatch(f"the message at byte {at} has magic {magic}, neither 0 nor 1")
    if message_size < _SIZE_MIN + magic * _INT64.size:
        raise CorruptBatch(f"the message at byte {at} says that it is {message_size} bytes long, too short for one")
    timestamp = _INT64.unpack_from(view, at + _HEADER.size)[0] if magic else NO_TIMESTAMP
    return LegacyHeader(offset, message_size, crc, magic, attributes, timestamp)


def iter_legacy_headers(view: Readable) -> Iterator[tuple[int, LegacyHeader]]:
    """Each whole message's position and header, wrappers unopened. A message that is cut off ends the walk."""
    at = 0
    while len(view) - at >= LEGACY_BYTES_MIN:
        header = read_legacy_header(view, at)
        if header.size > len(view) - at:
            return
        yield at, header
        at += header.size


def verify_legacy_crc(view: Readable, header: LegacyHeader, at: int = 0) -> None:
    """Raises `CorruptBatch` unless the message at `at` is whole and its checksum is right."""
    if header.size > len(view) - at:
        raise CorruptBatch(f"the message is {header.size} bytes, but only {len(view) - at} are here")
    if crc32(view[at + MAGIC_AT : at + header.size]) != header.crc:
        raise CorruptBatch(f"the message at offset {header.offset} has another CRC-32 than its header says")


def iter_legacy_records(
    view: Readable, header: LegacyHeader, *, at: int = 0, decompressed_max: int
) -> Iterator[Record]:
    """The message at `at` as records: itself, or the messages that it wraps."""
    if not header.is_wrapper:
        yield _record(view, header, at)
        return
    plain = wrapped_messages(view, header, at=at, decompressed_max=decompressed_max)
    inner = list(iter_legacy_headers(plain))
    if not inner or any(each.is_wrapper for _, each in inner):
        raise InvalidRecord(f"the compressed message at offset {header.offset} must wrap plain messages")
    base = _base_offset(header, inner[-1][1])
    for position, each in inner:
        yield _unwrapped(_record(plain, each, position), header, base)


def wrapped_messages(view: Readable, header: LegacyHeader, *, at: int = 0, decompressed_max: int) -> bytes:
    """The bytes of the messages that the one at `at` wraps."""
    if header.compression is Compression.ZSTD:
        raise UnsupportedCompression("formats 0 and 1 know no zstd")
    value = _record(view, header, at).value
    if value is None:
        raise InvalidRecord(f"the compressed message at offset {header.offset} has no value")
    return decompress(header.compression, value, decompressed_max=decompressed_max)


def _base_offset(wrapper: LegacyHeader, last: LegacyHeader) -> int:
    """What to add to inner offsets. Old librdkafka left 0 in the wrapper, which then says nothing."""
    if wrapper.magic == 0 or wrapper.offset == 0:
        return 0
    if wrapper.offset < last.offset:
        raise InvalidRecord(f"the message at offset {wrapper.offset} wraps a later one, {last.offset}")
    return wrapper.offset - last.offset


def _unwrapped(record: Record, wrapper: LegacyHeader, base: int) -> Record:
    timestamp = wrapper.timestamp if wrapper.attributes & LOG_APPEND_TIME_BIT else record.timestamp
    return replace(record, offset=Offset(base + record.offset), timestamp=timestamp)


def _record(view: Readable, header: LegacyHeader, at: int) -> Record:
    end = at + header.size
    if end > len(view):
        raise CorruptBatch(f"the message is {header.size} bytes, but only {len(view) - at} are here")
    key, value_at = _read_bytes(view, at + header.body_at, end)
    value, after = _read_bytes(view, value_at, end)
    if after != end:
        raise InvalidRecord(f"the message at offset {header.offset} is not as long as it says")
    return Record(header.offset, header.timestamp, key, value)


def _read_bytes(view: Readable, at: int, end: int) -> tuple[bytes | None, int]:
    if end - at < _INT32.size:
        raise InvalidRecord("a message ends where a length should stand")
    length = _INT32.unpack_from(view, at)[0]
    at += _INT32.size
    if length < 0:
        return None, at
    if length > end - at:
        raise InvalidRecord(f"a field claims {length} bytes, but {end - at} remain in its message")
    return bytes(view[at : at + length]), at + length
