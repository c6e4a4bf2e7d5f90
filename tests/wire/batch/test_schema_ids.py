"""Which schema records say they were written with: in the first bytes or in a header, one by one or many at once."""

from contextlib import suppress

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace

from headwater.kernel.units import MiB, Timestamp
from headwater.wire.batch.attributes import Compression
from headwater.wire.batch.builder import NewRecord, build_batch
from headwater.wire.batch.header import read_header, seal
from headwater.wire.batch.schema_ids import schema_marks
from headwater.wire.errors import BatchError, InvalidRecord

SEVEN = b"\0\0\0\0\7"
EIGHT = b"\0\0\0\0\x08"
GUID = b"\1" + bytes(range(16))


def marks(
    records: list[NewRecord], *, of_keys: bool = False, codec: Compression = Compression.NONE
) -> list[bytes | None]:
    """One for each record."""
    batch = build_batch(records, compression=codec)
    found = list(schema_marks(batch, read_header(batch), of_keys=of_keys, decompressed_max=64 * MiB))
    assert [each.first for each in found] == [sum(one.count for one in found[:at]) for at in range(len(found))]
    return [each.mark for each in found for _ in range(each.count)]


def runs(records: list[NewRecord]) -> int:
    batch = build_batch(records)
    return len(list(schema_marks(batch, read_header(batch), of_keys=False, decompressed_max=64 * MiB)))


@pytest.mark.parametrize(
    ("record", "mark"),
    [
        (NewRecord(value=SEVEN + b"data"), SEVEN),
        (NewRecord(value=SEVEN), SEVEN),
        (NewRecord(value=None), None),
        (NewRecord(value=b""), b""),
        (NewRecord(value=b"\0\0\0\7"), b""),
        (NewRecord(value=b"{}, and more"), b""),
        (NewRecord(value=b"data", headers=(("__value_schema_id", GUID),)), GUID),
        (NewRecord(value=SEVEN, headers=(("other", b"x"), ("__value_schema_id", EIGHT))), EIGHT),
        (NewRecord(value=SEVEN, headers=(("__value_schema_id", GUID[:9]),)), SEVEN),
        (NewRecord(value=SEVEN, headers=(("__value_schema_id", None),)), SEVEN),
        (NewRecord(value=b"data", headers=(("__key_schema_id", GUID),)), b""),
        (NewRecord(value=None, headers=(("__value_schema_id", GUID),)), None),
    ],
)
def test_a_record_says_its_schema_in_its_first_bytes_or_in_a_header(record, mark):
    assert marks([record]) == [mark]
    as_key = NewRecord(
        key=record.value, headers=tuple((name.replace("value", "key"), value) for name, value in record.headers)
    )
    if not any(name == "__key_schema_id" for name, _ in record.headers):
        assert marks([as_key], of_keys=True) == [mark]


def test_equally_long_records_of_one_schema_are_looked_at_together():
    records = [NewRecord(key=b"%06d" % n, value=SEVEN + bytes([n % 251]) * 1000) for n in range(1000)]
    assert runs(records) <= 3, "offsets of one, and of two bytes"
    with_headers = [NewRecord(value=b"%09d" % n, headers=(("__value_schema_id", GUID),)) for n in range(60)]
    assert runs(with_headers) == 1


@pytest.mark.parametrize("odd", [0, 1, 7, 16, 17, 63, 64, 65, 998, 999])
def test_the_one_that_is_different_among_many_is_found(odd):
    records = [NewRecord(value=(EIGHT if n == odd else SEVEN) + b"x" * 100) for n in range(1000)]
    assert marks(records) == [EIGHT if n == odd else SEVEN for n in range(1000)]


values = st.sampled_from([None, b"", b"\0\0\0\7", b"data!"]) | st.builds(
    lambda mark, size: mark + b"v" * size, st.sampled_from([SEVEN, EIGHT]), st.sampled_from([0, 1, 60, 61, 200])
)
headers = st.sampled_from([(), (("__value_schema_id", GUID),), (("a", b"b"),)])
new_records = st.builds(
    NewRecord,
    key=st.sampled_from([None, b"k", b"kk"]),
    value=values,
    headers=headers,
    timestamp=st.integers(0, 2**40).map(Timestamp),
)


@given(
    groups=st.lists(st.tuples(new_records, st.integers(1, 90)), min_size=1, max_size=6),
    codec=st.sampled_from(Compression),
)
def test_many_at_once_say_what_each_alone_says(groups, codec):
    records = [record for record, count in groups for _ in range(count)]
    alone = {id(record): marks([record])[0] for record, _ in groups}
    assert marks(records, codec=codec) == [alone[id(record)] for record in records]


@given(payload=st.binary(max_size=60), count=st.integers(0, 4))
def test_bytes_that_are_no_records_are_refused_or_read(payload, count):
    batch = seal(replace(read_header(build_batch([NewRecord()])), record_count=count), payload)
    with suppress(BatchError):
        list(schema_marks(batch, read_header(batch), of_keys=False, decompressed_max=MiB))


@given(data=st.data())
def test_mutated_records_are_refused_or_read(data):
    records = [NewRecord(key=b"k", value=SEVEN + b"abc", headers=(("h", b"v"),))] * data.draw(st.integers(1, 40))
    batch = build_batch(records)
    payload = bytearray(batch[61:])
    for _ in range(data.draw(st.integers(1, 3))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    changed = seal(read_header(batch), bytes(payload))
    with suppress(BatchError):
        found = list(schema_marks(changed, read_header(changed), of_keys=False, decompressed_max=MiB))
        assert sum(each.count for each in found) == len(records)


def test_bytes_behind_the_last_record_are_refused():
    batch = build_batch([NewRecord(value=SEVEN)])
    changed = seal(read_header(batch), bytes(batch[61:]) + b"\0")
    with pytest.raises(InvalidRecord, match="1 bytes remain"):
        list(schema_marks(changed, read_header(changed), of_keys=False, decompressed_max=MiB))


def test_a_header_whose_name_is_shorter_than_nothing_is_refused():
    record = (
        b"\0\0\0\1\1" + b"\xfe\xff\xff\xff\x0f" + b"\3\1" + b"\0" * 8
    )  # 2**31 - 1 headers, the first one's name of -2
    changed = seal(read_header(build_batch([NewRecord()])), bytes([len(record) * 2]) + record)
    with pytest.raises(InvalidRecord, match="no name"):
        list(schema_marks(changed, read_header(changed), of_keys=False, decompressed_max=MiB))
