"""Records: round trips, two independent clients as oracles in both directions, and hostile bytes."""

from contextlib import suppress

import pytest
from aiokafka.record.default_records import (
    DefaultRecordBatch as AiokafkaBatch,
    DefaultRecordBatchBuilder as AiokafkaBuilder,
)
from hypothesis import given, strategies as st
from kafka.record.default_records import (
    DefaultRecordBatch as KafkaPythonBatch,
    DefaultRecordBatchBuilder as KafkaPythonBuilder,
)
from msgspec.structs import replace

from headwater.kernel.units import MiB, Timestamp
from headwater.wire.batch.attributes import Compression
from headwater.wire.batch.builder import NewRecord, Producer, build_batch
from headwater.wire.batch.header import HEADER_BYTES, patch, read_header, seal, verify_crc
from headwater.wire.batch.records import Record, RecordKey, first_since, iter_keys, iter_records
from headwater.wire.errors import BatchError, InvalidRecord
from headwater.wire.types import LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence

NOON = Timestamp(1_700_000_000_000)
PRODUCER = Producer(id=ProducerId(5), epoch=ProducerEpoch(3), base_sequence=Sequence(8))
ORACLE_CODECS = [Compression.NONE, Compression.GZIP]  # what kafka-python reads without further packages

fields = st.none() | st.binary(max_size=200)
new_records = st.builds(
    NewRecord,
    key=fields,
    value=fields,
    headers=st.lists(st.tuples(st.text(st.characters(codec="utf-8"), max_size=20), fields), max_size=4).map(tuple),
    timestamp=st.integers(0, 2**50).map(Timestamp),
)
batches_of_records = st.lists(new_records, min_size=1, max_size=20)
codecs = st.sampled_from(Compression)


def opened(batch: bytes | bytearray, decompressed_max: int = MiB) -> list[Record]:
    return list(iter_records(batch, read_header(batch), decompressed_max=decompressed_max))


def with_payload(payload: bytes, *, record_count: int = 1) -> bytearray:
    return seal(replace(read_header(build_batch([NewRecord()])), record_count=record_count), payload)


@given(records=batches_of_records, codec=codecs, base=st.integers(0, 2**40))
def test_what_is_built_is_read_back(records, codec, base):
    batch = build_batch(records, base_offset=Offset(base), compression=codec)
    verify_crc(batch, read_header(batch))
    assert opened(batch) == [
        Record(Offset(base + i), each.timestamp, each.key, each.value, each.headers) for i, each in enumerate(records)
    ]


@given(records=batches_of_records, codec=codecs)
def test_aiokafka_reads_what_we_build(records, codec):
    batch = build_batch(records, compression=codec, producer=PRODUCER, transactional=True)
    theirs = AiokafkaBatch(bytearray(batch))
    assert theirs.validate_crc()
    assert (theirs.producer_id, theirs.producer_epoch, theirs.base_sequence) == (5, 3, 8)
    assert theirs.is_transactional
    assert theirs.max_timestamp == max(each.timestamp for each in records)
    assert [(r.offset, r.timestamp, r.key, r.value, tuple(r.headers)) for r in theirs] == [
        (i, each.timestamp, each.key, each.value, each.headers) for i, each in enumerate(records)
    ]


@given(records=batches_of_records, codec=codecs)
def test_we_read_what_aiokafka_builds(records, codec):
    builder = AiokafkaBuilder(2, int(codec), 0, 5, 3, 8, MiB)
    for i, each in enumerate(records):
        assert builder.append(i, each.timestamp, each.key, each.value, list(each.headers))
    batch = bytes(builder.build())
    header = read_header(batch)
    verify_crc(batch, header)
    assert (header.producer_id, header.producer_epoch, header.base_sequence) == (5, 3, 8)
    assert header.record_count == len(records)
    assert [(r.timestamp, r.key, r.value, r.headers) for r in opened(batch)] == [
        (each.timestamp, each.key, each.value, each.headers) for each in records
    ]


@given(records=batches_of_records, codec=st.sampled_from(ORACLE_CODECS))
def test_kafka_python_reads_what_we_build(records, codec):
    theirs = KafkaPythonBatch(bytes(build_batch(records, compression=codec, producer=PRODUCER)))
    assert theirs.validate_crc()
    assert theirs.last_sequence == read_header(build_batch(records, producer=PRODUCER)).last_sequence
    assert [(r.offset, r.timestamp, r.key, r.value, tuple(r.headers)) for r in theirs] == [
        (i, each.timestamp, each.key, each.value, each.headers) for i, each in enumerate(records)
    ]


@given(records=batches_of_records, codec=st.sampled_from(ORACLE_CODECS))
def test_we_read_what_kafka_python_builds(records, codec):
    builder = KafkaPythonBuilder(2, int(codec), False, -1, -1, -1, MiB)
    for i, each in enumerate(records):
        assert builder.append(i, each.timestamp, each.key, each.value, list(each.headers))
    batch = bytes(builder.build())
    verify_crc(batch, read_header(batch))
    assert [(r.timestamp, r.key, r.value, r.headers) for r in opened(batch)] == [
        (each.timestamp, each.key, each.value, each.headers) for each in records
    ]


@given(records=batches_of_records, codec=codecs, base=st.integers(0, 2**40))
def test_the_keys_scan_agrees_with_the_full_one(records, codec, base):
    batch = build_batch(records, base_offset=Offset(base), compression=codec)
    assert list(iter_keys(batch, read_header(batch), decompressed_max=MiB)) == [
        RecordKey(r.offset, r.timestamp, r.key, r.value is None) for r in opened(batch)
    ]


@given(records=batches_of_records, codec=codecs, data=st.data())
def test_the_first_record_since_a_time_and_offset_is_the_one_a_full_scan_finds(records, codec, data):
    batch = build_batch(records, compression=codec)
    since = data.draw(st.sampled_from([each.timestamp for each in records]) | st.integers(0, 2**50))
    offset = data.draw(st.integers(0, len(records)))
    wanted = ((r.offset, r.timestamp) for r in opened(batch) if r.timestamp >= since and r.offset >= offset)
    found = first_since(batch, read_header(batch), timestamp=since, offset=offset, decompressed_max=MiB)
    assert found == next(wanted, None)


def test_a_header_name_that_is_no_utf_8_is_written_back_byte_for_byte():
    payload = bytes.fromhex("16000000010102") + b"\x06\xff\xfez" + b"\x01"
    (record,) = opened(with_payload(payload))
    assert opened(build_batch([NewRecord(headers=record.headers)]))[0].headers == record.headers
    assert record.headers[0][0].encode("utf-8", "surrogateescape") == b"\xff\xfez"


@pytest.mark.parametrize(
    ("why", "payload", "record_count"),
    [
        ("more records than bytes", "0c000000010100", 2),
        ("a negative count", "0c000000010100", -1),
        ("the largest count", "0c000000010100", 2**31 - 1),
        ("bytes behind the last record", "0c00000001010000", 1),
        ("a record longer than its batch", "0e000000010100", 1),
        ("a record of negative length", "0b000000010100", 1),
        ("a record too short to be one", "0a0000000101", 1),
        ("a key longer than its record", "0c0000007e0100", 1),
        ("a value of 2 GiB", "14000000 01 feffffff0f 0000", 1),
        ("a length varint of 11 bytes", "ffffffffffffffffffff01", 1),
        ("a length varint over 64 bits", "ffffffffffffffffff7f", 1),
        ("a varint that never ends", "80808080808080", 1),
        ("a negative number of headers", "0c000000010101", 1),
        ("more headers than bytes", "0c00000001010e", 1),
        ("a header without a name", "1000000001010201 01", 1),
        ("an offset delta outside the batch", "0c000002010100", 1),
        ("a negative offset delta", "0c000001010100", 1),
        ("a timestamp over 64 bits", "1e00feffffffffffffffff01 0001010000", 1),
    ],
)
def test_records_that_contradict_their_bytes_are_refused(why, payload, record_count):
    batch = with_payload(bytes.fromhex(payload), record_count=record_count)
    with pytest.raises(InvalidRecord):
        opened(batch)


def test_a_batch_that_compaction_emptied_has_no_records():
    assert opened(with_payload(b"", record_count=0)) == []


def test_records_keep_their_offsets_when_the_broker_moves_the_batch():
    batch = build_batch([NewRecord(), NewRecord()])
    patch(memoryview(batch), base_offset=Offset(40), leader_epoch=LeaderEpoch(1))
    assert [each.offset for each in opened(batch)] == [40, 41]


@given(records=batches_of_records, codec=codecs, data=st.data())
def test_mutated_bytes_end_in_records_or_in_a_batch_error(records, codec, data):
    batch = build_batch(records, compression=codec)
    for _ in range(data.draw(st.integers(1, 4))):
        batch[data.draw(st.integers(0, len(batch) - 1))] = data.draw(st.integers(0, 255))
    cut = batch[: data.draw(st.integers(HEADER_BYTES, len(batch)))]
    for hostile in (batch, cut):
        for scan in (
            lambda header, it=hostile: list(iter_records(it, header, decompressed_max=MiB)),
            lambda header, it=hostile: list(iter_keys(it, header, decompressed_max=MiB)),
            lambda header, it=hostile: first_since(it, header, timestamp=Timestamp(0), decompressed_max=MiB),
        ):
            with suppress(BatchError):
                scan(read_header(hostile))
