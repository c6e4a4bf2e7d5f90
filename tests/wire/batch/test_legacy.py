"""Message formats 0 and 1, as kafka-python and aiokafka still write them."""

from contextlib import suppress

import pytest
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder as AiokafkaBuilder
from hypothesis import given, strategies as st
from kafka.record.legacy_records import LegacyRecordBatchBuilder as KafkaPythonBuilder

from headwater.kernel.units import MiB, Timestamp
from headwater.wire.batch.attributes import Compression, TimestampType
from headwater.wire.batch.builder import NewRecord, build_batch
from headwater.wire.batch.header import NO_TIMESTAMP
from headwater.wire.batch.legacy import (
    is_legacy,
    iter_legacy_headers,
    iter_legacy_records,
    read_legacy_header,
    verify_legacy_crc,
)
from headwater.wire.batch.records import Record
from headwater.wire.errors import BatchError, BatchTooLarge, CorruptBatch, InvalidRecord
from headwater.wire.types import Offset

NOON = 1_700_000_000_000
MESSAGES = [(None, b"no key"), (b"key", None), (b"", b""), (b"k" * 300, b"v" * 3_000)]
OPENABLE = [
    (magic, codec)
    for magic in (0, 1)
    for codec in (Compression.NONE, Compression.GZIP, Compression.SNAPPY, Compression.LZ4)
    if (magic, codec) != (0, Compression.LZ4)  # their header checksum is wrong on purpose, as Kafka 0.8's was
]


def message_set(magic: int, codec: Compression, builder_class=AiokafkaBuilder) -> bytearray:
    builder = builder_class(magic, int(codec), MiB)
    for offset, (key, value) in enumerate(MESSAGES):
        builder.append(offset, timestamp=NOON + offset if magic else None, key=key, value=value)
    return bytearray(builder.build())


def opened(view: bytes | bytearray, decompressed_max: int = MiB) -> list[Record]:
    return [
        record
        for at, header in iter_legacy_headers(view)
        for record in iter_legacy_records(view, header, at=at, decompressed_max=decompressed_max)
    ]


def expected(magic: int, base: int = 0) -> list[Record]:
    return [
        Record(Offset(base + i), Timestamp(NOON + i) if magic else NO_TIMESTAMP, key, value)
        for i, (key, value) in enumerate(MESSAGES)
    ]


@pytest.mark.parametrize(("magic", "codec"), OPENABLE)
def test_messages_are_opened_as_aiokafka_wrote_them(magic, codec):
    view = message_set(magic, codec)
    for at, header in iter_legacy_headers(view):
        verify_legacy_crc(view, header, at)
        assert (header.magic, header.compression, header.is_wrapper) == (magic, codec, codec is not Compression.NONE)
    assert opened(view) == expected(magic)


@pytest.mark.parametrize("magic", [0, 1])
@pytest.mark.parametrize("codec", [Compression.NONE, Compression.GZIP])
def test_messages_are_opened_as_kafka_python_wrote_them(magic, codec):
    assert opened(message_set(magic, codec, KafkaPythonBuilder)) == expected(magic)


def test_a_wrapper_that_the_broker_moved_gives_its_messages_their_places_below_its_own():
    view = message_set(1, Compression.GZIP)
    view[0:8] = (900).to_bytes(8, "big")
    assert opened(view) == expected(1, base=897)


def test_a_wrapper_with_an_append_time_gives_it_to_every_message():
    view = message_set(1, Compression.GZIP)
    view[17] |= 0x08
    (_, header) = next(iter_legacy_headers(view))
    assert header.timestamp_type is TimestampType.LOG_APPEND_TIME
    assert {each.timestamp for each in opened(view)} == {header.timestamp}


def test_formats_are_told_apart_by_the_magic_that_they_all_share():
    assert is_legacy(message_set(0, Compression.NONE))
    assert is_legacy(b"xyz" + message_set(1, Compression.NONE), 3)
    assert not is_legacy(build_batch([NewRecord()]))
    assert not is_legacy(b"")


def test_a_torn_tail_ends_the_walk():
    view = message_set(1, Compression.NONE)
    *_, (last_at, _) = iter_legacy_headers(view)
    for cut in range(last_at, len(view)):
        assert len(list(iter_legacy_headers(view[:cut]))) == len(MESSAGES) - 1


def test_any_changed_bit_under_the_crc_is_found():
    view = message_set(1, Compression.GZIP)
    header = read_legacy_header(view)
    for at in range(16, len(view)):
        view[at] ^= 0x04
        with pytest.raises(CorruptBatch):
            verify_legacy_crc(view, header)
        view[at] ^= 0x04
    with pytest.raises(CorruptBatch):
        verify_legacy_crc(view[:-1], header)


@pytest.mark.parametrize(
    ("why", "at", "patched"),
    [("another magic", 16, b"\x02"), ("a size too small", 8, b"\x00\x00\x00\x0d"), ("a negative size", 8, b"\xff")],
)
def test_a_header_that_is_none_is_corrupt(why, at, patched):
    view = message_set(0, Compression.NONE)
    view[at : at + len(patched)] = patched
    with pytest.raises(CorruptBatch):
        read_legacy_header(view)


@pytest.mark.parametrize(
    ("why", "at", "patched"),
    [("a key of 2 GiB", 26, b"\x7f\xff\xff\xff"), ("a key without a value", 26, b"\x00\x00\x00\x0a")],
)
def test_lengths_that_contradict_their_bytes_are_refused(why, at, patched):
    view = message_set(1, Compression.NONE)
    view[at : at + len(patched)] = patched
    with pytest.raises(InvalidRecord):
        opened(view)


def test_a_wrapper_that_expands_beyond_the_bound_is_too_large():
    with pytest.raises(BatchTooLarge):
        opened(message_set(1, Compression.GZIP), decompressed_max=1_000)


@given(case=st.sampled_from(OPENABLE), data=st.data())
def test_mutated_bytes_end_in_records_or_in_a_batch_error(case, data):
    view = message_set(*case)
    for _ in range(data.draw(st.integers(1, 4))):
        view[data.draw(st.integers(0, len(view) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BatchError):
        opened(view)
