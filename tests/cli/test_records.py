"""Records as text, in and out: nothing here needs a broker."""

import pytest

from headwater.cli.failures import Complaint
from headwater.cli.records import Form, Placed, Reading, Writer, read_records
from headwater.kernel.units import Timestamp
from headwater.wire.batch.builder import NewRecord
from headwater.wire.batch.records import Record
from headwater.wire.types import Offset


def read(text: bytes, **reading) -> list[NewRecord]:
    return list(read_records(text.splitlines(keepends=True), Reading(**reading)))


def placed(value: bytes | None, key: bytes | None = None, headers=()) -> Placed:
    record = Record(Offset(7), Timestamp(5), key, value, headers)
    return Placed(topic="orders", partition=2, record=record)


def test_a_line_is_a_value():
    assert read(b"one\ntwo\r\n\n") == [NewRecord(value=b"one"), NewRecord(value=b"two")]


def test_a_key_stands_before_the_separator():
    assert read(b"7: shipped: all\n", key_separator=": ") == [NewRecord(key=b"7", value=b"shipped: all")]
    with pytest.raises(Complaint, match="has no ': '"):
        read(b"shipped\n", key_separator=": ")


def test_a_field_of_a_json_line_is_its_key_and_the_line_stays_as_it_is():
    assert read(b'{"id": 7,  "a": 1}\n', key="id") == [NewRecord(key=b"7", value=b'{"id": 7,  "a": 1}')]
    with pytest.raises(Complaint, match="no field 'nr'"):
        read(b'{"id": 7}\n', key="nr")


def test_a_row_of_csv_is_an_object_and_a_column_its_key():
    (record,) = read(b'\xef\xbb\xbfid,name\n7,"a, ""b""\nc"\n', form=Form.CSV, key="id", headers=(("h", b"1"),))
    assert record == NewRecord(key=b"7", value=rb'{"id":"7","name":"a, \"b\"\nc"}', headers=(("h", b"1"),))


def test_what_does_not_fit_in_csv_is_named():
    with pytest.raises(Complaint, match="line 2 has 1 fields and the first has 2"):
        read(b"a,b\n1\n", form=Form.CSV)
    with pytest.raises(Complaint, match="no column 'id' to take as the key; there are: a"):
        read(b"a\n1\n", form=Form.CSV, key="id")
    with pytest.raises(Complaint, match=r"line 2 can't be read: .*utf-8"):
        read(b"a\n\xff\n", form=Form.CSV)


@pytest.mark.parametrize(
    "record",
    [
        placed(b"text"),
        placed(b'{"a":  [1, 2]}', b"7", (("h", b"1"), ("none", None))),
        placed(None, b"tombstone"),
        placed(b"\xff\x00", b"\xfe"),
        placed(b'{"no json'),
        placed(b'{"a":\n1}'),
        placed("\u00fc\u2028".encode(), b""),
        placed(b"17"),
        placed(b"null"),
    ],
)
def test_what_goes_out_as_json_comes_back_byte_for_byte(record):
    line = Writer(Form.JSON).write(record)
    assert line.count(b"\n") == 1
    (back,) = read(line, form=Form.JSON)
    kept = record.record
    assert (back.key, back.value, back.headers, back.timestamp) == (kept.key, kept.value, kept.headers, 5)


def test_a_field_that_no_record_has_is_refused_rather_than_lost():
    with pytest.raises(Complaint, match=r"line 1 .*`id`.* use --input lines"):
        list(read_records([b'{"id": 1, "value": 2}'], Reading(form=Form.JSON)))


def test_a_line_that_is_no_json_is_named():
    with pytest.raises(Complaint, match="line 2 can't be read"):
        read(b'{"value": "a"}\n{"value": \n', form=Form.JSON)


def test_objects_go_out_as_rows_with_the_columns_of_the_first():
    writer = Writer(Form.CSV)
    assert writer.write(placed(b'{"a": 1, "b": [2]}')) == b"a,b\n1,[2]\n"
    assert writer.write(placed(b'{"b": "x, y", "c": 3}')) == b',"x, y"\n'


def test_what_is_no_object_goes_out_as_key_and_value():
    assert Writer(Form.CSV).write(placed(b"v", b"k")) == b"key,value\nk,v\n"


def test_a_template_is_filled_in():
    writer = Writer(Form.LINES, r"{topic}-{partition}:{offset}\t{key}={value} {headers} {timestamp}")
    assert writer.write(placed(b"v", None, (("h", b"1"),))) == b"orders-2:7\t=v h=1 5\n"


def test_a_template_with_a_name_that_is_not_there_is_refused_at_once():
    with pytest.raises(Complaint, match=r"there is no \{nr\}; there are \{topic\}"):
        Writer(Form.LINES, "{nr}")
