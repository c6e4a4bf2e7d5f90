"""What goes into a log, what is refused, and what a topic makes of a batch."""

import pytest

from headwater.kernel.units import Timestamp
from headwater.log.admission import Admitted, admit, check_continues
from headwater.log.errors import (
    BatchRefused,
    BatchTooLarge,
    CorruptBatchRefused,
    InvalidBatch,
    TimestampRefused,
    UnsupportedCodec,
)
from headwater.log.port import Origin
from headwater.log.settings import LogSettings
from headwater.wire.batch.attributes import Compression, TimestampType
from headwater.wire.batch.builder import NewRecord, build_batch
from headwater.wire.batch.header import ATTRIBUTES_AT, HEADER_BYTES, read_header, seal, verify_crc
from headwater.wire.batch.records import iter_records
from headwater.wire.types import LeaderEpoch, Offset

NOW = Timestamp(1_767_225_600_000)
RECORDS = [NewRecord(key=b"k%d" % n, value=b"v" * 50, timestamp=NOW) for n in range(9)]


def produced(batch: bytes | bytearray | memoryview, **settings: object) -> Admitted:
    return admit(memoryview(batch), LogSettings(**settings), origin=Origin.CLIENT, now=NOW)  # type: ignore[arg-type]


def records(admitted: Admitted) -> list[tuple[bytes | None, bytes | None]]:
    found = iter_records(admitted.batch, admitted.header, decompressed_max=10**6)
    return [(record.key, record.value) for record in found]


def test_a_right_batch_goes_in_as_it_is():
    batch = build_batch(RECORDS)
    admitted = produced(batch)
    assert bytes(admitted.batch) == batch
    assert admitted.append_time is None


def test_a_flipped_bit_is_found():
    batch = build_batch(RECORDS)
    batch[-1] ^= 1
    with pytest.raises(CorruptBatchRefused):
        produced(batch)


def test_one_batch_a_partition():
    with pytest.raises(InvalidBatch):
        produced(build_batch(RECORDS) + build_batch(RECORDS))


def test_a_batch_above_the_topics_limits_is_too_large():
    with pytest.raises(BatchTooLarge):
        produced(build_batch(RECORDS), max_message_bytes=100)
    with pytest.raises(BatchTooLarge):
        produced(build_batch(RECORDS), segment_bytes=100)


def test_times_far_from_now_are_refused():
    for timestamp, settings in (
        (NOW + 11, {"timestamp_after_max_ms": 10}),
        (NOW - 11, {"timestamp_before_max_ms": 10}),
    ):
        with pytest.raises(TimestampRefused):
            produced(build_batch([NewRecord(value=b"", timestamp=Timestamp(timestamp))]), **settings)


def test_the_append_time_replaces_the_producers_even_one_that_would_be_refused():
    for make in (bytearray, bytes):
        batch = make(build_batch([NewRecord(value=b"", timestamp=Timestamp(5))]))
        admitted = produced(batch, log_append_time=True, timestamp_before_max_ms=10)
        assert admitted.append_time == NOW
        assert admitted.header.max_timestamp == NOW
        assert admitted.header.timestamp_type is TimestampType.LOG_APPEND_TIME
        assert admitted.header == read_header(admitted.batch)
        verify_crc(admitted.batch, admitted.header)


@pytest.mark.parametrize("name", ["uncompressed", "gzip", "snappy", "lz4", "zstd"])
def test_a_topics_codec_replaces_the_producers_and_loses_nothing(name):
    plain = produced(build_batch(RECORDS))
    admitted = produced(build_batch(RECORDS, compression=Compression.GZIP), compression_type=name, log_append_time=True)
    assert admitted.header.compression.name == {"uncompressed": "NONE"}.get(name, name.upper())
    assert admitted.append_time == admitted.header.max_timestamp == NOW
    assert records(admitted) == records(plain)
    verify_crc(admitted.batch, admitted.header)


def test_the_same_codec_is_not_packed_again():
    batch = build_batch(RECORDS, compression=Compression.LZ4)
    assert bytes(produced(batch, compression_type="lz4").batch) == batch


def test_a_compacted_topic_takes_no_record_without_a_key():
    with pytest.raises(InvalidBatch) as refusal:
        produced(build_batch([*RECORDS, NewRecord(value=b"v", timestamp=NOW)]), compact_policy=True)
    assert [place for place, _ in refusal.value.record_errors] == [len(RECORDS)]
    produced(build_batch(RECORDS, compression=Compression.ZSTD), compact_policy=True)


def test_a_codec_that_does_not_exist_is_named():
    batch = build_batch(RECORDS)
    batch[ATTRIBUTES_AT + 1] |= 7
    header = read_header(batch)
    with pytest.raises(UnsupportedCodec):
        produced(seal(header, bytes(batch[HEADER_BYTES:])))


def test_a_coordinator_may_write_control_batches_and_a_client_may_not():
    batch = build_batch([NewRecord(key=b"\0\0\0\0", timestamp=NOW)], control=True)
    with pytest.raises(InvalidBatch):
        produced(batch)
    assert admit(memoryview(batch), LogSettings(), origin=Origin.COORDINATOR, now=NOW).header.is_control


def test_a_copied_batch_keeps_its_place_and_may_leave_gaps_but_not_go_back():
    batch = build_batch(RECORDS, base_offset=Offset(50), leader_epoch=LeaderEpoch(3))
    header = admit(memoryview(batch), LogSettings(), origin=Origin.LINK, now=NOW).header
    check_continues(header, end=Offset(50), epoch=LeaderEpoch(3))
    check_continues(header, end=Offset(20), epoch=None)
    for end, epoch in ((51, 3), (50, 4)):
        with pytest.raises(InvalidBatch):
            check_continues(header, end=Offset(end), epoch=LeaderEpoch(epoch))
    batch[-1] ^= 1
    with pytest.raises(BatchRefused):
        admit(memoryview(batch), LogSettings(), origin=Origin.LINK, now=NOW)
