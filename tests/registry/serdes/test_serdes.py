"""Documents to data and back, with confluent-kafka's own serializers and deserializers on the other side."""

import io
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import fastavro
import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from hypothesis import given, strategies as st

from headwater.registry.errors import InvalidSchema, UnfitData, UnframedData, UnknownFormat
from headwater.registry.serdes.framing import framed, split_indexes, unframed, with_indexes
from headwater.registry.serdes.serde import serde_of

ORDER = """{"type": "record", "name": "Order", "namespace": "shop", "fields": [
  {"name": "id", "type": "long"},
  {"name": "note", "type": ["null", "string"], "default": null},
  {"name": "photo", "type": "bytes", "default": ""},
  {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}, "default": 0},
  {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["OPEN", "DONE"]}, "default": "OPEN"},
  {"name": "tags", "type": {"type": "map", "values": {"type": "array", "items": "string"}}, "default": {}}]}"""
VALUE = SerializationContext("orders", MessageField.VALUE)


def registry() -> SchemaRegistryClient:
    return SchemaRegistryClient.new_client({"url": "mock://tests"})


def written(type_: str, schema: str, document: object, references: Mapping[str, str] | None = None) -> bytes:
    return serde_of(type_, schema, references or {}).write(json.dumps(document).encode())


def read(type_: str, schema: str, data: bytes, references: Mapping[str, str] | None = None) -> Any:
    return json.loads(serde_of(type_, schema, references or {}).read(data))


def test_confluents_deserializer_reads_what_is_written():
    client = registry()
    schema_id = client.register_schema("orders-value", Schema(ORDER, "AVRO"))
    data = framed(
        schema_id, written("AVRO", ORDER, {"id": 7, "note": "hi", "photo": "\u00ff\u0000", "tags": {"a": ["b"]}})
    )
    order = AvroDeserializer(client)(data, VALUE)
    assert (order["id"], order["note"], order["photo"], order["state"]) == (7, "hi", b"\xff\0", "OPEN")
    assert order["tags"] == {"a": ["b"]}


def test_what_confluents_serializer_writes_is_read():
    client = registry()
    data = AvroSerializer(client, ORDER)({"id": 7, "photo": b"\xff\0", "at": 1_700_000_000_000}, VALUE)
    frame = unframed(data)
    assert frame is not None
    assert client.get_schema(frame.schema).schema_str == ORDER
    order = read("AVRO", ORDER, frame.data)
    assert order == {
        "id": 7,
        "note": None,
        "photo": "\u00ff\u0000",
        "at": 1_700_000_000_000,
        "state": "OPEN",
        "tags": {},
    }
    assert written("AVRO", ORDER, order) == frame.data


def test_json_data_is_the_document():
    schema = '{"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}'
    client = registry()
    data = JSONSerializer(schema, client)({"id": 7}, VALUE)
    frame = unframed(data)
    assert frame is not None
    assert read("JSON", schema, frame.data) == {"id": 7}
    assert json.loads(written("JSON", schema, {"id": 7})) == {"id": 7}
    with pytest.raises(UnfitData, match="id"):
        written("JSON", schema, {"no": 7})


def test_schemas_may_refer_to_others():
    address = '{"type": "record", "name": "shop.Address", "fields": [{"name": "city", "type": "string"}]}'
    person = '{"type": "record", "name": "Person", "fields": [{"name": "at", "type": "shop.Address"}]}'
    data = written("AVRO", person, {"at": {"city": "Lagos"}}, {"shop.Address": address})
    assert read("AVRO", person, data, {"shop.Address": address}) == {"at": {"city": "Lagos"}}
    referring = '{"type": "object", "properties": {"at": {"$ref": "address.json"}}}'
    referred = {"address.json": '{"type": "object", "required": ["city"]}'}
    with pytest.raises(UnfitData, match="city"):
        written("JSON", referring, {"at": {}}, referred)


@pytest.mark.parametrize(
    ("type_", "schema", "document"),
    [
        ("AVRO", ORDER, {"id": "x"}),
        ("AVRO", ORDER, {}),
    ],
)
def test_a_document_that_does_not_fit_is_refused(type_, schema, document):
    with pytest.raises(UnfitData):
        written(type_, schema, document)


@pytest.mark.parametrize(("type_", "schema"), [("AVRO", "{"), ("AVRO", '"what"'), ("JSON", "{")])
def test_what_is_no_schema_is_said_to_be_none(type_, schema):
    with pytest.raises(InvalidSchema):
        serde_of(type_, schema, {})


def test_other_formats_are_not_known():
    with pytest.raises(UnknownFormat, match="XML"):
        serde_of("XML", "", {})


@given(data=st.binary(max_size=60))
def test_no_bytes_break_the_readers(data):
    for serde in SERDES.values():
        with suppress(UnfitData, UnframedData):
            serde.read(data)
    split = unframed(data)
    assert split is None or split.data == data[5:]


SERDES = {
    "AVRO": serde_of("AVRO", ORDER, {}),
    "JSON": serde_of("JSON", "{}", {}),
}


@given(indexes=st.lists(st.integers(0, 300), min_size=1, max_size=9).map(tuple), data=st.binary(max_size=9))
def test_the_place_of_a_message_comes_back(indexes, data):
    assert split_indexes(with_indexes(indexes, data)) == (indexes, data)


unions = st.one_of(
    st.none(), st.integers(-(2**63), 2**63 - 1), st.text(max_size=9), st.lists(st.booleans(), max_size=3)
)


@given(value=unions)
def test_a_unions_value_stands_as_it_is(value):
    schema = '["null", "long", "string", {"type": "array", "items": "boolean"}]'
    data = written("AVRO", schema, value)
    assert read("AVRO", schema, data) == value
    assert fastavro.schemaless_reader(io.BytesIO(data), json.loads(schema), None) == value
