"""Codecs: round trips, the framings that others write, and bombs that stay within their bound."""

import gzip
import tracemalloc
from contextlib import suppress

import cramjam
import pytest
from aiokafka import codec as aiokafka_codec
from hypothesis import given, strategies as st

from headwater.kernel.units import KiB, MiB
from headwater.wire.batch.attributes import Compression
from headwater.wire.batch.compression import compress, decompress
from headwater.wire.errors import BatchError, BatchTooLarge, CorruptBatch

REAL_CODECS = [codec for codec in Compression if codec is not Compression.NONE]
THEIR_DECODERS = {
    Compression.GZIP: aiokafka_codec.gzip_decode,
    Compression.SNAPPY: aiokafka_codec.snappy_decode,
    Compression.LZ4: aiokafka_codec.lz4_decode,
    Compression.ZSTD: aiokafka_codec.zstd_decode,
}
THEIR_ENCODERS = {
    Compression.GZIP: aiokafka_codec.gzip_encode,
    Compression.SNAPPY: aiokafka_codec.snappy_encode,
    Compression.LZ4: aiokafka_codec.lz4_encode,
    Compression.ZSTD: aiokafka_codec.zstd_encode,
}
texts = st.binary(min_size=1, max_size=2_000) | st.builds(
    lambda part, n: part * n, st.binary(min_size=1), st.integers(1, 9_000)
)


@given(plain=texts, codec=st.sampled_from(Compression))
def test_what_is_compressed_is_decompressed_within_its_exact_size(plain, codec):
    assert decompress(codec, compress(codec, plain), decompressed_max=len(plain)) == plain


@given(plain=texts, codec=st.sampled_from(Compression))
def test_one_byte_less_than_it_needs_is_too_large(plain, codec):
    with pytest.raises(BatchTooLarge):
        decompress(codec, compress(codec, plain), decompressed_max=len(plain) - 1)


@given(plain=texts, codec=st.sampled_from(REAL_CODECS))
def test_aiokafka_and_we_read_each_other(plain, codec):
    assert bytes(THEIR_DECODERS[codec](compress(codec, plain))) == plain
    assert decompress(codec, THEIR_ENCODERS[codec](plain), decompressed_max=MiB) == plain


@pytest.mark.parametrize(("codec", "levels"), [("GZIP", (1, 9)), ("LZ4", (9, 12)), ("ZSTD", (1, 19))])
def test_each_level_of_a_codec_packs_differently_and_can_be_read(codec, levels):
    plain = b"".join(b'{"id": %d, "name": "flight-%d"}' % (i, i * 7919 % 1000) for i in range(2_000))
    packed = [compress(Compression[codec], plain, level=level) for level in levels]
    assert packed[0] != packed[1]
    assert [decompress(Compression[codec], each, decompressed_max=MiB) for each in packed] == [plain, plain]


@pytest.mark.parametrize(("codec", "level"), [("GZIP", -1), ("LZ4", 9), ("ZSTD", 3)])
def test_kafkas_default_level_is_what_no_level_gives(codec, level):
    plain = bytes(range(256)) * 100
    assert compress(Compression[codec], plain, level=level) == compress(Compression[codec], plain)


def test_snappy_is_written_in_xerials_frame_and_read_bare_too():
    plain = bytes(range(256)) * 500
    framed = compress(Compression.SNAPPY, plain)
    assert framed.startswith(b"\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01")
    bare = bytes(cramjam.snappy.compress_raw(plain))
    assert decompress(Compression.SNAPPY, bare, decompressed_max=MiB) == plain


def test_lz4_frames_have_independent_blocks_for_kafkas_java_reader_refuses_others():
    descriptor = compress(Compression.LZ4, b"x" * 500 * KiB)[4]
    assert descriptor & 0b1110_0000 == 0b0110_0000


def test_gzip_of_several_members_is_read_whole():
    packed = gzip.compress(b"one ") + gzip.compress(b"two")
    assert decompress(Compression.GZIP, packed, decompressed_max=100) == b"one two"


def bomb(codec: Compression) -> bytes:
    return compress(codec, bytes(64 * MiB))


@pytest.mark.parametrize("codec", REAL_CODECS)
def test_a_bomb_is_refused_and_takes_no_more_memory_than_its_bound(codec):
    packed = bomb(codec)
    tracemalloc.start()
    try:
        with pytest.raises(BatchTooLarge):
            decompress(codec, packed, decompressed_max=2 * MiB)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5 * MiB


def test_a_snappy_block_that_claims_four_gigabytes_is_refused_by_its_claim():
    with pytest.raises(BatchTooLarge):
        decompress(Compression.SNAPPY, b"\xff\xff\xff\xff\x0fabc", decompressed_max=MiB)


@pytest.mark.parametrize("codec", REAL_CODECS)
@pytest.mark.parametrize("damage", ["cut", "empty", "noise"])
def test_damaged_bytes_are_corrupt(codec, damage):
    packed = compress(codec, b"some text " * 100)
    hostile = {"cut": packed[: len(packed) // 2], "empty": b"", "noise": b"\x07noise, no codec's magic" * 3}[damage]
    with pytest.raises(CorruptBatch):
        decompress(codec, hostile, decompressed_max=MiB)


@pytest.mark.parametrize("length", [0, -1, 1_000, 2**31 - 1])
def test_a_xerial_block_whose_length_contradicts_the_frame_is_corrupt(length):
    packed = bytearray(compress(Compression.SNAPPY, b"text"))
    packed[16:20] = length.to_bytes(4, "big", signed=True)
    with pytest.raises(CorruptBatch):
        decompress(Compression.SNAPPY, bytes(packed), decompressed_max=MiB)


@given(plain=texts, codec=st.sampled_from(REAL_CODECS), data=st.data())
def test_mutated_bytes_end_in_bytes_or_in_a_batch_error(plain, codec, data):
    packed = bytearray(compress(codec, plain))
    for _ in range(data.draw(st.integers(1, 3))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BatchError):
        assert len(decompress(codec, bytes(packed), decompressed_max=MiB)) <= MiB
