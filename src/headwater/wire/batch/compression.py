"""The four codecs, each with a hard bound on what a batch may expand to.

A few hundred bytes can claim gigabytes, so nothing is allocated because the bytes say so. Output goes into a buffer
that starts near the usual ratio and grows by eights only while the codec really fills it, up to the caller's bound; all
passes together cost at most a seventh more than the last.

Two framings are Kafka's own habit. Snappy is written in xerial's frame (a magic, two versions, then blocks with their
lengths) and read in that or bare. LZ4 frames have independent blocks: Kafka's Java reader refuses linked ones.
"""

from collections.abc import Callable
from struct import Struct as Layout
from typing import Final

import cramjam

from headwater.kernel.units import KiB
from headwater.wire.batch.attributes import Compression
from headwater.wire.batch.header import Readable
from headwater.wire.errors import BatchTooLarge, CorruptBatch

_USUAL_RATIO: Final = 8
_OUTPUT_MIN: Final = 4 * KiB
_GROWTH: Final = 8
_OVERFLOW: Final = "failed to write whole buffer"
"""What cramjam says when the output is too small, whichever codec it is."""

_XERIAL_MAGIC: Final = b"\x82SNAPPY\x00"
_XERIAL_HEADER: Final = _XERIAL_MAGIC + b"\x00\x00\x00\x01\x00\x00\x00\x01"
_XERIAL_BLOCK: Final = 32 * KiB
_LENGTH: Final = Layout(">i")

_GZIP_LEVEL: Final = 6
_ZSTD_LEVEL: Final = 3
_LZ4_KAFKAS_DEFAULT: Final = 9
"""At which Kafka takes LZ4's fast compressor; at any other level the slow one."""
_LZ4_FAST: Final = 1
_LZ4_SLOW_MIN: Final = 3
"""Below this the codec would be the fast one again."""


def compress(codec: Compression, plain: Readable, *, level: int | None = None) -> bytes:
    """`plain` in `codec`, at a level as Kafka's `compression.<codec>.level` counts it; None is Kafka's default."""
    match codec:
        case Compression.NONE:
            return bytes(plain)
        case Compression.GZIP:
            return bytes(cramjam.gzip.compress(plain, level=_GZIP_LEVEL if level is None or level < 0 else level))
        case Compression.SNAPPY:
            return _xerial(plain)
        case Compression.LZ4:
            return _lz4_frame(plain, _LZ4_KAFKAS_DEFAULT if level is None else level)
        case Compression.ZSTD:
            return bytes(cramjam.zstd.compress(plain, level=_ZSTD_LEVEL if level is None else level))


def decompress(codec: Compression, packed: Readable, *, decompressed_max: int) -> bytes:
    """What `packed` holds.

    Raises `BatchTooLarge` when that is more than `decompressed_max` bytes, `CorruptBatch` when the codec can't read it.
    """
    match codec:
        case Compression.NONE:
            return _checked(bytes(packed), decompressed_max)
        case Compression.GZIP:
            return _expand(cramjam.gzip.decompress_into, packed, decompressed_max)
        case Compression.SNAPPY:
            return _unsnap(packed, decompressed_max)
        case Compression.LZ4:
            return _expand(cramjam.lz4.decompress_into, packed, decompressed_max)
        case Compression.ZSTD:
            return _expand(cramjam.zstd.decompress_into, packed, decompressed_max)


def _checked(plain: bytes, decompressed_max: int) -> bytes:
    if len(plain) > decompressed_max:
        raise _too_large(decompressed_max)
    return plain


def _too_large(decompressed_max: int) -> BatchTooLarge:
    return BatchTooLarge(f"the batch's records are more than {decompressed_max} bytes when decompressed")


def _expand(decompress_into: Callable[[Readable, bytearray], int], packed: Readable, decompressed_max: int) -> bytes:
    capacity = min(max(_USUAL_RATIO * len(packed), _OUTPUT_MIN), decompressed_max)
    while True:
        output = bytearray(capacity)
        try:
            written = decompress_into(packed, output)
        except cramjam.DecompressionError as error:
            if str(error) != _OVERFLOW:
                raise CorruptBatch(f"the batch's records can't be decompressed: {error}") from None
        else:
            return bytes(memoryview(output)[:written])
        if capacity == decompressed_max:
            raise _too_large(decompressed_max)
        capacity = min(_GROWTH * capacity, decompressed_max)


def _lz4_frame(plain: Readable, level: int) -> bytes:
    own_level = _LZ4_FAST if level == _LZ4_KAFKAS_DEFAULT else max(level, _LZ4_SLOW_MIN)
    frame = cramjam.lz4.Compressor(level=own_level, content_checksum=False, block_linked=False)
    frame.compress(bytes(plain))
    return bytes(frame.finish())


def _xerial(plain: Readable) -> bytes:
    parts = [_XERIAL_HEADER]
    view = memoryview(plain)
    for at in range(0, len(view), _XERIAL_BLOCK):
        block = bytes(cramjam.snappy.compress_raw(view[at : at + _XERIAL_BLOCK]))
        parts += (_LENGTH.pack(len(block)), block)
    return b"".join(parts)


def _unsnap(packed: Readable, decompressed_max: int) -> bytes:
    if packed[: len(_XERIAL_MAGIC)] != _XERIAL_MAGIC:
        return _unsnap_block(packed, decompressed_max)
    parts: list[bytes] = []
    room = decompressed_max
    at = len(_XERIAL_HEADER)
    while at < len(packed):
        length = _LENGTH.unpack_from(packed, at)[0] if len(packed) - at > _LENGTH.size else 0
        at += _LENGTH.size
        if not 0 < length <= len(packed) - at:
            raise CorruptBatch("a snappy block's length contradicts its frame")
        parts.append(_unsnap_block(packed[at : at + length], room))
        room -= len(parts[-1])
        at += length
    return b"".join(parts)


def _unsnap_block(block: Readable, decompressed_max: int) -> bytes:
    try:
        claimed = cramjam.snappy.decompress_raw_len(block)
        if claimed > decompressed_max:
            raise _too_large(decompressed_max)
        output = bytearray(claimed)
        written = cramjam.snappy.decompress_raw_into(block, output)
    except cramjam.DecompressionError as error:
        raise CorruptBatch(f"the batch's records can't be decompressed: {error}") from None
    return bytes(memoryview(output)[:written])
