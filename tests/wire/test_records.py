"""Records of Kafka's internal topics: each finds its class by its number, and keeps its version."""

from random import Random

import pytest
from tests.wire.made import made

from headwater.wire.errors import MalformedMessage, UnknownType, UnsupportedVersion
from headwater.wire.keyed_records import decode_key, decode_versioned, encode_key, encode_versioned
from headwater.wire.metadata_records import decode_metadata, encode_metadata
from headwater.wire.record_types import (
    GROUP_RECORDS,
    METADATA_RECORDS,
    REMOTE_STORAGE_RECORDS,
    SHARE_RECORDS,
    TRANSACTION_RECORDS,
)
from headwater.wire.records.feature_level_record import FeatureLevelRecord
from headwater.wire.records.group_metadata_key import GroupMetadataKey
from headwater.wire.records.offset_commit_key import OffsetCommitKey
from headwater.wire.records.offset_commit_value import OffsetCommitValue

KEYED = [(types, number) for types in (GROUP_RECORDS, TRANSACTION_RECORDS, SHARE_RECORDS) for number in types]
PLAIN = [(types, number) for types in (METADATA_RECORDS, REMOTE_STORAGE_RECORDS) for number in types]


def test_an_offset_commit_has_the_bytes_that_kafka_writes():
    key = OffsetCommitKey(group="g", topic="t", partition=3)
    assert encode_key(key) == b"\x00\x01\x00\x01g\x00\x01t\x00\x00\x00\x03"
    value = OffsetCommitValue(offset=5, metadata="m", commit_timestamp=9, leader_epoch=2)
    assert encode_versioned(value, 3) == b"\x00\x03" + bytes(7) + b"\x05\x00\x00\x00\x02\x00\x01m" + bytes(7) + b"\x09"


def test_a_metadata_record_has_the_bytes_that_kafka_writes():
    record = FeatureLevelRecord(name="kraft.version", feature_level=1)
    assert encode_metadata(record, 0) == b"\x01\x0c\x00\x0ekraft.version\x00\x01\x00"


@pytest.mark.parametrize(("types", "number"), KEYED, ids=lambda each: str(each) if isinstance(each, int) else "")
def test_a_keyed_record_is_read_back(types, number):
    random = Random(number)
    record = types[number]
    key = made(record.key, 0, random)
    assert decode_key(types, encode_key(key)) == (record, key)
    for version in record.value.VERSIONS:
        value = made(record.value, version, random)
        assert decode_versioned(record.value, encode_versioned(value, version)) == value


@pytest.mark.parametrize(("types", "number"), PLAIN, ids=lambda each: str(each) if isinstance(each, int) else "")
def test_a_metadata_record_is_read_back_with_its_version(types, number):
    random = Random(number)
    kind = types[number].type
    for version in kind.VERSIONS:
        record = made(kind, version, random)
        assert decode_metadata(encode_metadata(record, version), types) == (record, version)


def test_what_a_newer_program_wrote_is_told_from_what_is_damaged():
    with pytest.raises(UnknownType, match="record type of number 99"):
        decode_key(GROUP_RECORDS, b"\x00\x63")
    with pytest.raises(UnsupportedVersion):
        decode_versioned(OffsetCommitValue, b"\x00\x63")
    with pytest.raises(UnknownType):
        decode_metadata(b"\x01\x63\x00")
    with pytest.raises(UnsupportedVersion):
        decode_metadata(b"\x01\x0c\x63")


@pytest.mark.parametrize("raw", [b"", b"\x00", encode_key(GroupMetadataKey(group="g"))[:-1]])
def test_a_cut_key_is_malformed(raw: bytes):
    with pytest.raises(MalformedMessage):
        decode_key(GROUP_RECORDS, raw)


@pytest.mark.parametrize("raw", [b"", b"\x00\x0c\x00", b"\x02\x0c\x00", b"\x01\xff", b"\x01\x0c\x00\x05"])
def test_a_cut_metadata_record_or_one_of_another_frame_version_is_malformed(raw: bytes):
    with pytest.raises(MalformedMessage):
        decode_metadata(raw)
