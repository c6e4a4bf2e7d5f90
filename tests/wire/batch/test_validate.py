"""What a produced batch must be, rule by rule."""

from contextlib import suppress

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace

from headwater.kernel.units import KiB, MiB, Timestamp
from headwater.wire.batch.attributes import (
    CONTROL_BIT,
    DELETE_HORIZON_BIT,
    LOG_APPEND_TIME_BIT,
    TRANSACTIONAL_BIT,
    Compression,
)
from headwater.wire.batch.builder import NewRecord, Producer, build_batch
from headwater.wire.batch.header import HEADER_BYTES, BatchHeader, Readable, read_header, seal
from headwater.wire.batch.validate import TimestampWindow, check_produced, check_records
from headwater.wire.errors import (
    BatchError,
    BatchTooLarge,
    CorruptBatch,
    InvalidRecord,
    InvalidTimestamp,
    UnsupportedCompression,
)
from headwater.wire.types import ProducerEpoch, ProducerId, Sequence

NOON = Timestamp(1_700_000_000_000)
WINDOW = TimestampWindow(oldest=Timestamp(NOON - 1_000), newest=Timestamp(NOON + 1_000))


def records(*timestamps: int) -> list[NewRecord]:
    return [NewRecord(key=b"k", value=b"v", timestamp=Timestamp(each)) for each in timestamps]


def produced(**changes) -> bytes:
    """A good batch of two records, but for the changed header fields; its CRC is right."""
    good = build_batch(records(NOON, NOON + 1))
    return bytes(seal(replace(read_header(good), **changes), good[HEADER_BYTES:]))


def check(batch: Readable, **options) -> BatchHeader:
    return check_produced(batch, **{"bytes_max": MiB, "timestamps": WINDOW, **options})


def test_a_good_batch_is_taken_and_its_header_returned():
    batch = produced()
    assert check(batch) == read_header(batch)
    assert check(memoryview(batch), bytes_max=len(batch)).record_count == 2


def test_a_batch_of_an_idempotent_producer_is_taken():
    producer = Producer(id=ProducerId(5), epoch=ProducerEpoch(0), base_sequence=Sequence(0))
    assert check(build_batch(records(NOON), producer=producer, transactional=True)).has_producer


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("fewer records than offsets", {"record_count": 1}),
        ("more records than offsets", {"record_count": 3}),
        ("no records", {"record_count": 0, "last_offset_delta": -1}),
        ("a negative count", {"record_count": -1, "last_offset_delta": -2}),
        ("a control batch", {"attributes": CONTROL_BIT}),
        ("a delete horizon", {"attributes": DELETE_HORIZON_BIT}),
        ("a producer without a sequence", {"producer_id": 5, "producer_epoch": 0}),
        ("a transaction of nobody", {"attributes": TRANSACTIONAL_BIT}),
    ],
)
def test_a_header_against_the_rules_is_an_invalid_record(why, changes):
    with pytest.raises(InvalidRecord):
        check(produced(**changes))


def test_two_batches_or_half_a_batch_or_none_is_an_invalid_record():
    batch = produced()
    for sent in (batch + batch, batch + b"\x00", batch[:-1], batch[:30], batch[:10], b""):
        with pytest.raises(InvalidRecord):
            check(sent)


@pytest.mark.parametrize("magic", [0, 1, 3, 255])
def test_another_message_format_is_an_invalid_record(magic):
    batch = bytearray(produced())
    batch[16] = magic
    with pytest.raises(InvalidRecord, match="magic"):
        check(bytes(batch))


def test_a_wrong_crc_is_a_corrupt_batch_whatever_else_is_wrong():
    batch = bytearray(produced(record_count=9))
    batch[-1] ^= 1
    with pytest.raises(CorruptBatch):
        check(bytes(batch))


def test_a_batch_above_max_message_bytes_is_too_large():
    batch = produced()
    with pytest.raises(BatchTooLarge):
        check(batch, bytes_max=len(batch) - 1)


def test_a_codec_that_does_not_exist_or_is_too_new_for_the_request_is_unsupported():
    with pytest.raises(UnsupportedCompression):
        check(produced(attributes=5))
    zstd = build_batch(records(NOON), compression=Compression.ZSTD)
    assert check(zstd).compression is Compression.ZSTD
    with pytest.raises(UnsupportedCompression):
        check(zstd, zstd_allowed=False)


def test_a_client_cant_set_log_append_time():
    with pytest.raises(InvalidTimestamp):
        check(build_batch(records(NOON), log_append_time=NOON))


@pytest.mark.parametrize("timestamps", [(NOON - 1_001,), (NOON + 1_001,), (NOON, NOON + 1_001), (NOON - 1_001, NOON)])
def test_a_time_outside_the_window_is_refused_but_on_topics_with_an_append_time(timestamps):
    batch = build_batch(records(*timestamps))
    with pytest.raises(InvalidTimestamp):
        check(batch)
    check(batch, timestamps=None)


def test_both_ends_of_the_window_and_no_timestamp_at_all_are_taken():
    check(build_batch(records(WINDOW.oldest, WINDOW.newest)))
    check(build_batch(records(-1)))


def test_opened_records_are_checked_one_by_one():
    def opened(batch: Readable, *, keyed: bool = False, timestamps: TimestampWindow | None = None) -> None:
        check_records(batch, read_header(batch), keyed=keyed, timestamps=timestamps, decompressed_max=KiB)

    opened(produced(), keyed=True, timestamps=WINDOW)
    opened(produced(base_offset=500), keyed=True)
    unkeyed = build_batch([*records(NOON), NewRecord(value=b"v")])
    opened(unkeyed)
    with pytest.raises(InvalidRecord, match="key"):
        opened(unkeyed, keyed=True)
    with pytest.raises(InvalidTimestamp):
        opened(build_batch(records(NOON, NOON - 1_001, NOON)), timestamps=WINDOW)
    with pytest.raises(InvalidRecord, match="another place"):
        opened(seal(replace(read_header(produced()), record_count=1), bytes.fromhex("0c000002010100")))
    with pytest.raises(InvalidRecord):
        opened(produced(record_count=1))


@given(data=st.data(), codec=st.sampled_from(Compression))
def test_mutated_headers_end_in_a_header_or_in_a_batch_error(data, codec):
    batch = build_batch(records(NOON, NOON), compression=codec)
    for _ in range(data.draw(st.integers(1, 3))):
        batch[data.draw(st.integers(0, HEADER_BYTES - 1))] = data.draw(st.integers(0, 255))
    for with_right_crc in (False, True):
        with suppress(BatchError):
            hostile = seal(read_header(batch), batch[HEADER_BYTES:]) if with_right_crc else batch
            check_records(hostile, check(hostile), keyed=True, timestamps=WINDOW, decompressed_max=KiB)


def test_a_base_offset_of_the_clients_own_does_not_matter_for_it_is_replaced():
    assert check(produced(base_offset=7)).record_count == 2


def test_the_timestamp_type_of_the_broker_is_passed_over_only_where_the_topic_stamps_records_itself():
    stamped = produced(attributes=LOG_APPEND_TIME_BIT)
    assert check(stamped, timestamps=None).record_count == 2
    with pytest.raises(InvalidTimestamp):
        check(stamped)
