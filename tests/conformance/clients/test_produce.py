"""What producers of all three libraries write is kept as they wrote it, and is answered as Kafka answers it."""

import pytest
from tests.conformance.clients.port import Admin, Library, New, Reader, Refused
from tests.conformance.clients.reading import batches_on_disk, read_all, read_from, until
from tests.e2e.process import Process

from headwater.wire.batch.attributes import Compression, TimestampType
from headwater.wire.error_codes import ErrorCode

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
DEFAULT_MAX_BYTES = 1_048_588
MiB = 2**20
NULL_HEADER = {True: (("none", None),), False: ()}


@pytest.mark.parametrize("acks", [1, -1])
def test_acknowledged_records_have_the_next_offsets(library: Library, topic: str, acks: int):
    records = [New(value=b"%d" % number) for number in range(20)]
    assert list(library.produce(topic, records, acks=acks)) == list(range(20))
    assert [each.value for each in read_all(library, topic, 20)] == [each.value for each in records]


def test_records_that_nobody_acknowledges_arrive_all_the_same(library: Library, topic: str):
    library.produce(topic, [New(value=b"unasked")] * 3, acks=0)
    assert [each.value for each in read_all(library, topic, 3)] == [b"unasked"] * 3


@pytest.mark.parametrize("codec", CODECS)
def test_a_batch_stands_on_disk_as_its_producer_compressed_it(
    broker: Process, library: Library, topic: str, codec: str
):
    if codec not in library.codecs:
        pytest.skip(f"{library.name} has no {codec} here")
    records = [New(key=b"k", value=b"compress me " * 50) for _ in range(50)]
    library.produce(topic, records, compression=codec)
    batches = batches_on_disk(broker.folder, topic)
    assert {each.compression for each in batches} == {Compression[codec.upper()]}
    assert [each.value for each in read_all(library, topic, 50)] == [each.value for each in records]


@pytest.mark.parametrize("wanted", ["gzip", "snappy", "lz4", "zstd", "uncompressed"])
def test_a_topic_may_want_another_compression_than_its_producers_use(
    broker: Process, library: Library, admin: Admin, name, wanted: str
):
    topic = name()
    admin.create(topic, settings={"compression.type": wanted})
    library.produce(topic, [New(value=b"compress me " * 50)] * 20, compression="gzip")
    found = {each.compression for each in batches_on_disk(broker.folder, topic)}
    assert found == {Compression.NONE if wanted == "uncompressed" else Compression[wanted.upper()]}
    if wanted in library.codecs | {"uncompressed"}:
        assert [each.value for each in read_all(library, topic, 20)] == [b"compress me " * 50] * 20


def test_an_idempotent_producer_signs_its_batches(broker: Process, library: Library, topic: str):
    library.produce(topic, [New(value=b"%d" % number) for number in range(50)], idempotent=True)
    batches = batches_on_disk(broker.folder, topic)
    assert batches[0].has_producer
    assert batches[0].base_sequence == 0
    assert batches[-1].last_sequence == 49


def test_keys_values_headers_and_times_come_back_as_they_went(library: Library, topic: str):
    headers = (("trace", b"1"), ("trace", b"2"), ("empty", b""), ("ü", b"\xff\x00"), *NULL_HEADER[library.null_headers])
    records = [
        New(key=None, value=b"no key", timestamp=1_700_000_000_000),
        New(key=b"k", value=None, timestamp=1_700_000_000_001),
        New(key=b"", value=b"", timestamp=1_600_000_000_000),
        New(key=b"\x00\xff", value=b"\xfe" * 1000, headers=headers, timestamp=1_700_000_000_002),
    ]
    library.produce(topic, records)
    found = read_all(library, topic, 4)
    assert [New(key=r.key, value=r.value, headers=r.headers, timestamp=r.timestamp) for r in found] == records


def test_a_topic_may_stamp_records_itself(broker: Process, library: Library, admin: Admin, name):
    topic = name()
    admin.create(topic, settings={"message.timestamp.type": "LogAppendTime"})
    library.produce(topic, [New(value=b"when?", timestamp=1_000)])
    (batch,) = batches_on_disk(broker.folder, topic)
    assert batch.timestamp_type is TimestampType.LOG_APPEND_TIME
    (record,) = read_all(library, topic, 1)
    assert record.timestamp == batch.max_timestamp > 1_700_000_000_000


def test_a_record_as_large_as_the_topic_takes_goes_through_and_a_larger_one_is_refused(library: Library, topic: str):
    overhead = 200
    assert list(library.produce(topic, [New(value=b"x" * (DEFAULT_MAX_BYTES - overhead))])) == [0]
    with pytest.raises(Refused) as refusal:
        library.produce(topic, [New(value=b"x" * (DEFAULT_MAX_BYTES + 1))])
    assert refusal.value.code is ErrorCode.MESSAGE_TOO_LARGE
    (record,) = read_all(library, topic, 1)
    assert len(record.value or b"") == DEFAULT_MAX_BYTES - overhead


def test_a_topic_that_takes_more_gives_it_back_whole(library: Library, admin: Admin, name, reader: Reader):
    topic = name()
    admin.create(topic, settings={"max.message.bytes": str(8 * MiB)})
    library.produce(topic, [New(value=b"y" * 6 * MiB)])
    (record,) = read_from(reader, topic, 1)
    assert record.value == b"y" * 6 * MiB


def test_a_smaller_limit_holds_as_soon_as_it_is_set(library: Library, admin: Admin, topic: str):
    library.produce(topic, [New(value=b"x" * 2_000)])
    admin.change(topic, {"max.message.bytes": "1000"})
    with pytest.raises(Refused) as refusal:
        library.produce(topic, [New(value=b"x" * 2_000)])
    assert refusal.value.code is ErrorCode.MESSAGE_TOO_LARGE


def test_a_compacted_topic_refuses_records_without_a_key(library: Library, admin: Admin, name):
    topic = name()
    admin.create(topic, settings={"cleanup.policy": "compact"})
    assert list(library.produce(topic, [New(key=b"k", value=b"v")])) == [0]
    with pytest.raises(Refused) as refusal:
        library.produce(topic, [New(value=b"no key")])
    assert refusal.value.code is library.reads(ErrorCode.INVALID_RECORD)


def test_internal_topics_are_not_for_clients(library: Library, name):
    if library.name == "kafka-python":
        pytest.skip("it refuses by itself, before it asks")
    with_group = library.reader(group=name())
    with_group.committed("any", 0)
    with_group.close()
    with pytest.raises(Refused) as refusal:
        library.produce("__consumer_offsets", [New(key=b"k", value=b"v")])
    assert refusal.value.code is ErrorCode.INVALID_TOPIC_EXCEPTION


def test_a_topic_is_made_by_writing_to_it(library: Library, admin: Admin, name):
    topic = name()
    assert list(library.produce(topic, [New(value=b"first")])) == [0]
    until(lambda: topic in admin.topics(), lambda: "the topic isn't there")
