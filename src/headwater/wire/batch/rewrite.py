"""A batch as its topic wants it: another codec where `compression.type` is not `producer`, the append's time.

The records themselves are not touched, only packed anew, so offsets, sequence, producer and flags stay what they were.
Where only the time changes, `header.stamp_log_append_time` does it in place.
"""

from msgspec.structs import replace

from headwater.kernel.units import Timestamp
from headwater.wire.batch.attributes import CODEC_MASK, LOG_APPEND_TIME_BIT, Compression
from headwater.wire.batch.compression import compress
from headwater.wire.batch.header import BatchHeader, Readable, seal
from headwater.wire.batch.records import plain_records


def recompressed(
    batch: Readable,
    header: BatchHeader,
    *,
    codec: Compression,
    level: int | None = None,
    log_append_time: Timestamp | None = None,
    decompressed_max: int,
) -> bytearray:
    """A new batch with the same records in `codec`, and with `log_append_time`, if given, as the time of them all."""
    plain = plain_records(batch, header, decompressed_max=decompressed_max)
    attributes = header.attributes & ~CODEC_MASK | codec
    max_timestamp = header.max_timestamp
    if log_append_time is not None:
        attributes |= LOG_APPEND_TIME_BIT
        max_timestamp = log_append_time
    return seal(
        replace(header, attributes=attributes, max_timestamp=max_timestamp), compress(codec, plain, level=level)
    )
