"""Tags in an Avro schema's text."""

import json

import pytest

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.avro.format import AvroFormat, AvroSchema
from headwater.registry.formats.format import Entity, EntityType, Source

ORDER = """{"type": "record", "name": "Order", "namespace": "shop", "confluent:tags": ["SALES"], "fields": [
  {"name": "id", "type": "string", "confluent:tags": ["KEY", "KEY", "PII"], "doc": "which"},
  {"name": "lines", "type": ["null", {"type": "array", "items":
    {"type": "record", "name": "Line", "fields": [{"name": "id", "type": "int"}, {"name": "next", "type": ["null", "Line"]}]}}]},
  {"name": "by", "type": {"type": "map", "values":
    {"type": "record", "name": "Clerk", "namespace": "staff", "fields": [{"name": "name", "type": "string"}]}}}]}"""


def parsed(text: str = ORDER, **references: str) -> AvroSchema:
    return AvroFormat().parse(Source(text=text, references=references), strict=True)


def record(path: str) -> Entity:
    return Entity(path=path, type=EntityType.RECORD)


def field(path: str) -> Entity:
    return Entity(path=path, type=EntityType.FIELD)


def test_tags_are_told_with_what_they_tag() -> None:
    assert parsed().tags() == {record("shop.Order"): ("SALES",), field("shop.Order.id"): ("KEY", "PII")}
    assert parsed('"int"').tags() == parsed('[{"type": "enum", "name": "E", "symbols": []}]').tags() == {}


def test_types_that_it_refers_to_are_told_too() -> None:
    text = '{"type": "record", "name": "Cart", "fields": [{"name": "order", "type": "shop.Order"}]}'
    assert list(parsed(text, order=ORDER).tags()) == [record("shop.Order"), field("shop.Order.id")]


@pytest.mark.parametrize(
    "entity",
    [
        record("shop.Order"),
        record("Line"),
        record("shop.Line"),
        field("Order.by"),
        field("shop.Line.next"),
        field(".shop.Line.id"),
        record("staff.Clerk"),
        field("staff.Clerk.name"),
    ],
)
def test_an_entity_wherever_it_stands_gets_tags_and_loses_them(entity: Entity) -> None:
    tagged = parsed().tagged(add={entity: ("NEW", "PII")}, remove={})
    full = next(each for each, tags in tagged.tags().items() if "NEW" in tags)
    assert full.path.endswith(entity.path.removeprefix("."))
    assert tagged.tagged(add={}, remove={full: ("NEW", "PII")}).tags().get(full) == parsed().tags().get(full)


def test_what_is_added_and_removed_at_once_is_not_there() -> None:
    both = parsed().tagged(add={record("shop.Order"): ("A", "B")}, remove={record(".shop.Order"): ("SALES", "B")})
    assert both.tags()[record("shop.Order")] == ("A",)


def test_tags_stand_where_they_stood_and_new_ones_last() -> None:
    text = parsed().tagged(add={field("shop.Order.id"): ("NEW",), field("shop.Order.by"): ("NEW",)}, remove={}).text
    first, _, last = json.loads(text)["fields"]
    assert list(first) == ["name", "type", "doc", "confluent:tags"]
    assert first["confluent:tags"] == ["KEY", "PII", "NEW"]
    assert last["confluent:tags"] == ["NEW"]


@pytest.mark.parametrize(
    "entity", [record("Bill"), field("shop.Order.no"), field("id"), record("other.Order"), field("")]
)
def test_what_is_not_there_can_not_be_tagged(entity: Entity) -> None:
    with pytest.raises(InvalidSchema, match="No matching path"):
        parsed().tagged(add={entity: ("NEW",)}, remove={})


def test_only_fields_at_the_top_are_its_own() -> None:
    assert parsed().has_field("lines")
    assert not parsed().has_field("next")
    assert not parsed('["null"]').has_field("lines")
