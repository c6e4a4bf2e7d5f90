"""Another codec, the same records."""

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace

from headwater.kernel.units import MiB, Timestamp
from headwater.wire.batch.attributes import Compression, TimestampType
from headwater.wire.batch.builder import NewRecord, Producer, build_batch
from headwater.wire.batch.header import read_header, verify_crc
from headwater.wire.batch.records import iter_records
from headwater.wire.batch.rewrite import recompressed
from headwater.wire.errors import BatchTooLarge
from headwater.wire.types import LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence

NOON = Timestamp(1_700_000_000_000)
LATER = Timestamp(NOON + 60_000)
codecs = st.sampled_from(Compression)


def batch_in(codec: Compression) -> bytearray:
    return build_batch(
        [NewRecord(key=b"%d" % i, value=b"v" * i, timestamp=Timestamp(NOON + i)) for i in range(50)],
        base_offset=Offset(700),
        leader_epoch=LeaderEpoch(4),
        producer=Producer(id=ProducerId(5), epoch=ProducerEpoch(3), base_sequence=Sequence(8)),
        transactional=True,
        compression=codec,
    )


@given(before=codecs, after=codecs)
def test_only_codec_length_and_crc_change(before, after):
    old = batch_in(before)
    new = recompressed(old, read_header(old), codec=after, decompressed_max=MiB)
    header = read_header(new)
    verify_crc(new, header)
    assert header.size == len(new)
    assert header == replace(
        read_header(old), attributes=header.attributes, batch_length=header.batch_length, crc=header.crc
    )
    assert (header.compression, header.is_transactional) == (after, True)
    assert list(iter_records(new, header, decompressed_max=MiB)) == list(
        iter_records(old, read_header(old), decompressed_max=MiB)
    )


@given(before=codecs, after=codecs)
def test_the_appends_time_can_be_set_on_the_way(before, after):
    old = batch_in(before)
    new = recompressed(old, read_header(old), codec=after, log_append_time=LATER, decompressed_max=MiB)
    header = read_header(new)
    verify_crc(new, header)
    assert (header.timestamp_type, header.max_timestamp) == (TimestampType.LOG_APPEND_TIME, LATER)
    assert {each.timestamp for each in iter_records(new, header, decompressed_max=MiB)} == {LATER}


def test_a_batch_that_expands_beyond_the_bound_is_not_rewritten():
    old = batch_in(Compression.ZSTD)
    with pytest.raises(BatchTooLarge):
        recompressed(old, read_header(old), codec=Compression.GZIP, decompressed_max=500)
