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
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
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
PROTO = """syntax = "proto3"; package shop;
import "google/protobuf/timestamp.proto";
message Order { int64 id = 1; string note = 2; google.protobuf.Timestamp at = 3; message Line { int32 n = 1; } }
message Other { bool yes = 1; }"""
STAMPED = descriptor_pb2.FileDescriptorProto(
    name="stamp.proto",
    package="shop",
    syntax="proto3",
    message_type=[{"name": "Stamp", "field": [{"name": "id", "number": 1, "type": 3, "label": 1, "json_name": "id"}]}],
).SerializeToString()
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


def test_protobuf_is_its_own_json_and_names_its_message():
    data = written("PROTOBUF", PROTO, {"id": "7", "note": "hi", "at": "2026-11-21T20:00:00Z"})
    assert data[:1] == b"\0", "the first message of the file"
    assert read("PROTOBUF", PROTO, data) == {"id": "7", "note": "hi", "at": "2026-11-21T20:00:00Z"}
    assert read("PROTOBUF", PROTO, with_indexes((1,), b"\x08\x01")) == {"yes": True}
    assert read("PROTOBUF", PROTO, with_indexes((0, 0), b"\x08\x05")) == {"n": 5}
    with pytest.raises(UnfitData, match="no message"):
        read("PROTOBUF", PROTO, with_indexes((2,), b""))


def test_schemas_may_refer_to_others():
    address = '{"type": "record", "name": "shop.Address", "fields": [{"name": "city", "type": "string"}]}'
    person = '{"type": "record", "name": "Person", "fields": [{"name": "at", "type": "shop.Address"}]}'
    data = written("AVRO", person, {"at": {"city": "Lagos"}}, {"shop.Address": address})
    assert read("AVRO", person, data, {"shop.Address": address}) == {"at": {"city": "Lagos"}}
    imported = {"address.proto": 'syntax = "proto3"; message Address { string city = 1; }'}
    main = 'syntax = "proto3"; import "address.proto"; message Person { Address at = 1; }'
    assert read("PROTOBUF", main, written("PROTOBUF", main, {"at": {"city": "Lagos"}}, imported), imported) == {
        "at": {"city": "Lagos"}
    }
    referring = '{"type": "object", "properties": {"at": {"$ref": "address.json"}}}'
    referred = {"address.json": '{"type": "object", "required": ["city"]}'}
    with pytest.raises(UnfitData, match="city"):
        written("JSON", referring, {"at": {}}, referred)


@pytest.mark.parametrize(
    ("type_", "schema", "document"),
    [
        ("AVRO", ORDER, {"id": "x"}),
        ("AVRO", ORDER, {}),
        ("PROTOBUF", PROTO, {"id": "x"}),
        ("PROTOBUF", PROTO, {"what": 1}),
    ],
)
def test_a_document_that_does_not_fit_is_refused(type_, schema, document):
    with pytest.raises(UnfitData):
        written(type_, schema, document)


@pytest.mark.parametrize(
    ("type_", "schema"), [("AVRO", "{"), ("AVRO", '"what"'), ("JSON", "{"), ("PROTOBUF", "message {")]
)
def test_what_is_no_schema_is_said_to_be_none(type_, schema):
    with pytest.raises(InvalidSchema):
        serde_of(type_, schema, {})


def test_other_formats_are_not_known():
    with pytest.raises(UnknownFormat, match="XML"):
        serde_of("XML", "", {})


def test_an_import_that_nobody_has_is_missed_only_where_it_is_used():
    serde_of("PROTOBUF", 'syntax = "proto3"; import "other.proto"; message A {}', {})
    with pytest.raises(InvalidSchema):
        serde_of("PROTOBUF", 'syntax = "proto3"; import "other.proto"; message A { Other other = 1; }', {})


def test_confluents_protobuf_deserializer_reads_what_is_written():
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(STAMPED)
    kind = message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.Stamp"))
    client = registry()
    data = ProtobufSerializer(kind, client)(kind(id=7), VALUE)
    frame = unframed(data)
    assert frame is not None
    stored = client.get_schema(frame.schema)
    text = serde_of("PROTOBUF", stored.schema_str, {})
    assert json.loads(text.read(frame.data)) == {"id": "7"}
    assert text.write(b'{"id": "7"}') == frame.data
    assert isinstance(frame.schema, int)
    reading = ProtobufDeserializer(kind, {}, client)
    assert reading(framed(frame.schema, text.write(b'{"id": 9}')), VALUE).id == 9


@given(data=st.binary(max_size=60))
def test_no_bytes_break_the_readers(data):
    for serde in SERDES.values():
        with suppress(UnfitData, UnframedData):
            serde.read(data)
    split = unframed(data)
    assert split is None or split.data == data[5:]


SERDES = {
    "AVRO": serde_of("AVRO", ORDER, {}),
    "PROTOBUF": serde_of("PROTOBUF", PROTO, {}),
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
