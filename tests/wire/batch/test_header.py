"""The 61 bytes: patched in place, walked up to a torn tail."""

import pytest
from msgspec.structs import replace

from headwater.kernel.units import Timestamp
from headwater.wire.batch.attributes import Compression, TimestampType
from headwater.wire.batch.builder import NewRecord, Producer, build_batch
from headwater.wire.batch.header import (
    HEADER_BYTES,
    NO_SEQUENCE,
    iter_headers,
    patch,
    read_header,
    seal,
    stamp_log_append_time,
    verify_crc,
    whole_bytes,
)
from headwater.wire.batch.records import Record, iter_records
from headwater.wire.errors import CorruptBatch, UnsupportedCompression
from headwater.wire.types import LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence

NOON = Timestamp(1_700_000_000_000)
LATER = Timestamp(NOON + 5_000)


def three_records(**options) -> bytearray:
    return build_batch(
        [NewRecord(key=b"%d" % i, value=b"v", timestamp=Timestamp(NOON + i)) for i in range(3)], **options
    )


def test_offset_and_epoch_are_patched_in_place_and_the_crc_stays_right():
    batch = three_records()
    patch(memoryview(batch), base_offset=Offset(900), leader_epoch=LeaderEpoch(4))
    header = read_header(batch)
    verify_crc(batch, header)
    assert (header.base_offset, header.last_offset, header.partition_leader_epoch) == (900, 902, 4)


def test_log_append_time_becomes_the_time_of_every_record_and_the_crc_is_made_anew():
    batch = three_records(compression=Compression.ZSTD)
    stamp_log_append_time(memoryview(batch), read_header(batch), now=LATER)
    header = read_header(batch)
    verify_crc(batch, header)
    assert header.timestamp_type is TimestampType.LOG_APPEND_TIME
    assert header.compression is Compression.ZSTD
    assert {each.timestamp for each in iter_records(batch, header, decompressed_max=1000)} == {LATER}


def test_a_batch_inside_a_larger_view_is_patched_where_it_stands():
    slab = memoryview(bytearray(b"xyz" + three_records() + b"tail"))
    patch(slab, base_offset=Offset(7), leader_epoch=LeaderEpoch(1), at=3)
    stamp_log_append_time(slab, read_header(slab, 3), now=LATER, at=3)
    header = read_header(slab, 3)
    verify_crc(slab, header, 3)
    assert (header.base_offset, header.max_timestamp) == (7, LATER)
    assert (bytes(slab[:3]), bytes(slab[-4:])) == (b"xyz", b"tail")


def test_concatenated_batches_are_walked_and_a_torn_tail_is_reported_not_raised():
    one, two = three_records(), three_records(base_offset=Offset(3))
    log = bytes(one + two)
    assert [(at, header.base_offset) for at, header in iter_headers(log)] == [(0, 0), (len(one), 3)]
    assert whole_bytes(log) == len(log)
    for cut in range(1, len(two)):
        assert whole_bytes(log[:-cut]) == len(one)
    assert whole_bytes(b"") == 0


@pytest.mark.parametrize(
    ("at", "patched"),
    [(16, b"\x01"), (16, b"\x00"), (8, b"\x00\x00\x00\x00"), (8, b"\xff\xff\xff\xff"), (8, b"\x00\x00\x00\x30")],
)
def test_another_magic_or_a_length_below_the_header_is_corrupt(at, patched):
    batch = three_records()
    batch[at : at + len(patched)] = patched
    with pytest.raises(CorruptBatch):
        read_header(batch)
    with pytest.raises(CorruptBatch):
        whole_bytes(batch)


@pytest.mark.parametrize("size", range(HEADER_BYTES))
def test_a_header_that_is_cut_off_is_corrupt(size):
    with pytest.raises(CorruptBatch):
        read_header(bytes(three_records()[:size]))


def test_any_changed_bit_under_the_crc_is_found():
    batch = three_records()
    header = read_header(batch)
    for at in range(21, len(batch)):
        batch[at] ^= 0x10
        with pytest.raises(CorruptBatch):
            verify_crc(batch, header)
        batch[at] ^= 0x10


def test_a_batch_that_is_cut_off_fails_its_crc_check():
    batch = three_records()
    with pytest.raises(CorruptBatch, match="only"):
        verify_crc(batch[:-1], read_header(batch))


def test_the_last_sequence_wraps_around_after_the_largest_int():
    producer = Producer(id=ProducerId(1), epoch=ProducerEpoch(0), base_sequence=Sequence(2**31 - 2))
    assert read_header(three_records(producer=producer)).last_sequence == 0
    assert read_header(three_records()).last_sequence == NO_SEQUENCE


def test_a_codec_number_that_kafka_has_not_given_out_is_refused_where_it_is_needed():
    header = replace(read_header(three_records()), attributes=5)
    with pytest.raises(UnsupportedCompression):
        _ = header.compression


def test_sealing_makes_length_and_crc_right_and_keeps_the_rest():
    batch = three_records()
    header = read_header(batch)
    assert seal(replace(header, crc=0, batch_length=0), bytes(batch[HEADER_BYTES:])) == batch


def test_flags_of_transactions_and_control_batches_are_read_back():
    header = read_header(three_records(transactional=True, control=True))
    assert header.is_transactional
    assert header.is_control


def test_records_of_a_batch_with_an_append_time_carry_it():
    batch = three_records(log_append_time=LATER)
    assert list(iter_records(batch, read_header(batch), decompressed_max=1000))[2] == Record(
        Offset(2), LATER, b"2", b"v"
    )
