"""Where Confluent is laxer than the data: it is said, and it is so. fastavro is the judge."""

import io
import json
import struct
from itertools import product
from typing import Any

import fastavro
import pytest

from headwater.registry.formats.avro.format import AvroFormat, AvroSchema
from headwater.registry.formats.avro.losses import LOSSES
from headwater.registry.formats.format import Source

VALUES: dict[str, tuple[Any, ...]] = {
    "int": (1, 2**31 - 1),
    "long": (1, 2**63 - 1),
    "float": (1.5,),
    "double": (1.5,),
    "string": ("\u00e9",),
    "bytes": (b"a", b"\xff"),
}


def parsed(schema: Any) -> AvroSchema:
    return AvroFormat().parse(Source(text=json.dumps(schema)), strict=True)


def record(**types: Any) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": [{"name": name, "type": each} for name, each in types.items()]}


def read_back(writer: Any, reader: Any, value: Any) -> Any:
    written = io.BytesIO()
    fastavro.schemaless_writer(written, fastavro.parse_schema(writer), value)
    written.seek(0)
    return fastavro.schemaless_reader(written, fastavro.parse_schema(writer), fastavro.parse_schema(reader))


def survives(writer: str, reader: str, value: Any) -> bool:
    try:
        read = read_back(writer, reader, value)
    except UnicodeDecodeError:
        return False
    if reader == "float":  # what fastavro gives is a double, which has more digits
        read = struct.unpack("f", struct.pack("f", read))[0]
    if isinstance(read, float):  # as an int's digits are lost in a double
        return isinstance(value, float) or int(read) == value
    return bool(
        (read.encode() if isinstance(read, str) else read) == (value.encode() if isinstance(value, str) else value)
    )


@pytest.mark.parametrize(("writer", "reader"), [each for each in product(VALUES, VALUES) if each[0] != each[1]])
def test_data_survives_a_compatible_change_unless_it_is_listed(writer: str, reader: str) -> None:
    if not parsed(reader).differences_from(parsed(writer)):
        assert all(survives(writer, reader, each) for each in VALUES[writer]) == ((writer, reader) not in LOSSES)


def test_what_is_lost_is_told_with_its_place() -> None:
    was = parsed(record(id="long", picture=["null", "bytes"], tags={"type": "array", "items": "int"}))
    now = parsed(record(id=["null", "double"], picture=["null", "string"], tags={"type": "array", "items": "float"}))
    assert now.differences_from(was) == []
    assert now.losses_from(was) == [
        "/id: was long and is double: whole numbers beyond 2^53 lose digits",
        "/picture: was bytes and is string: bytes that are no UTF-8 can't be read as text",
        "/tags/items: was int and is float: whole numbers beyond 2^24 lose digits",
    ]
    assert was.losses_from(was) == []


def test_the_same_bytes_with_another_meaning_are_told() -> None:
    millis, micros = ({"type": "long", "logicalType": f"timestamp-{unit}"} for unit in ("millis", "micros"))
    assert parsed(record(at=micros)).differences_from(parsed(record(at=millis))) == []
    assert parsed(record(at=micros)).losses_from(parsed(record(at=millis))) == [
        "/at: logicalType was timestamp-millis and is timestamp-micros: readers may take the same data for something else"
    ]


def test_a_type_that_contains_itself_is_looked_at_once() -> None:
    tree = {
        "type": "record",
        "name": "T",
        "fields": [{"name": "next", "type": ["null", "T"]}, {"name": "n", "type": "long"}],
    }
    assert parsed(tree).losses_from(parsed(tree)) == []
