"""The sixteen attribute bits of a batch.

bits 0-2   codec
bit 3      timestamp type
bit 4      transactional
bit 5      control batch
bit 6      the base timestamp field holds a delete horizon (KIP-534)
"""

from enum import IntEnum
from typing import Final

from headwater.wire.errors import UnsupportedCompression

CODEC_MASK: Final = 0x07
LOG_APPEND_TIME_BIT: Final = 0x08
TRANSACTIONAL_BIT: Final = 0x10
CONTROL_BIT: Final = 0x20
DELETE_HORIZON_BIT: Final = 0x40


class Compression(IntEnum):
    """The codecs, by the number that stands in the attributes."""

    NONE = 0
    GZIP = 1
    SNAPPY = 2
    LZ4 = 3
    ZSTD = 4


class TimestampType(IntEnum):
    """Whether a record's time is the producer's or the moment of the append."""

    CREATE_TIME = 0
    LOG_APPEND_TIME = 1


_CODECS: Final = tuple(Compression)


def compression_of(attributes: int) -> Compression:
    """The codec; the three numbers that Kafka has not given out raise `UnsupportedCompression`."""
    number = attributes & CODEC_MASK
    if number >= len(_CODECS):
        raise UnsupportedCompression(f"the batch's attributes name codec {number}, which does not exist")
    return _CODECS[number]


def timestamp_type_of(attributes: int) -> TimestampType:
    return TimestampType.LOG_APPEND_TIME if attributes & LOG_APPEND_TIME_BIT else TimestampType.CREATE_TIME


def attributes_of(
    *, compression: Compression, timestamp_type: TimestampType, transactional: bool = False, control: bool = False
) -> int:
    return (
        compression
        | (LOG_APPEND_TIME_BIT if timestamp_type is TimestampType.LOG_APPEND_TIME else 0)
        | (TRANSACTIONAL_BIT if transactional else 0)
        | (CONTROL_BIT if control else 0)
    )
