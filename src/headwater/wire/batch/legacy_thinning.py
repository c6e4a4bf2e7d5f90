"""Messages of formats 0 and 1 with some records left out, as compaction leaves them: in the format that they have.

A plain message stays or goes. One that wraps others keeps those that stay, each as it is: their offsets are absolute in format
0, and in format 1 they count back from the wrapper's, which is the last one's. Neither format can say when a tombstone may go.
"""

from collections.abc import Sequence
from struct import Struct as Layout
from typing import Final
from zlib import crc32

from headwater.wire.batch.attributes import LOG_APPEND_TIME_BIT
from headwater.wire.batch.compression import compress
from headwater.wire.batch.header import LENGTH_AT, LOG_OVERHEAD, MAGIC_AT, Readable
from headwater.wire.batch.legacy import (
    iter_legacy_headers,
    iter_legacy_records,
    read_legacy_header,
    wrapped_messages,
)
from headwater.wire.batch.thinning import END, OFFSET_DELTA, START, TIMESTAMP_DELTA, KeyedRecord

_INT64: Final = Layout(">q")
_INT32: Final = Layout(">i")
_TIMESTAMP_AT: Final = 18
_LEGACY_CRC_AT: Final = 12
_NULL: Final = _INT32.pack(-1)


def keyed_messages(batch: Readable, *, decompressed_max: int) -> tuple[bytes, list[KeyedRecord]]:
    """The message, or those that it wraps, as plain bytes; and each of them as compaction sees a record."""
    header = read_legacy_header(batch)
    plain = wrapped_messages(batch, header, decompressed_max=decompressed_max) if header.is_wrapper else bytes(batch)
    records = iter_legacy_records(batch, header, decompressed_max=decompressed_max)
    keyed = [
        (
            at,
            at + each.size,
            record.timestamp - header.timestamp,
            record.offset - header.offset,
            record.key,
            record.value is None,
        )
        for (at, each), record in zip(iter_legacy_headers(plain), records, strict=True)
    ]
    return plain, keyed


def thinned_wrapper(batch: Readable, plain: bytes, left: Sequence[KeyedRecord]) -> bytes:
    """A wrapper of what is left of one, in the codec that it had."""
    header = read_legacy_header(batch)
    value = compress(header.compression, b"".join([plain[each[START] : each[END]] for each in left]))
    made = bytearray(batch[: header.body_at]) + _NULL + _INT32.pack(len(value)) + value
    _INT64.pack_into(made, 0, header.offset + left[-1][OFFSET_DELTA])
    _INT32.pack_into(made, LENGTH_AT, len(made) - LOG_OVERHEAD)
    if header.magic and not header.attributes & LOG_APPEND_TIME_BIT:
        _INT64.pack_into(made, _TIMESTAMP_AT, header.timestamp + max(each[TIMESTAMP_DELTA] for each in left))
    made[_LEGACY_CRC_AT:MAGIC_AT] = crc32(made[MAGIC_AT:]).to_bytes(4, "big")
    return bytes(made)
