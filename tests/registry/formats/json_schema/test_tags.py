"""Tags in a JSON Schema's text. The paths are those that Confluent's registry told."""

import json
from typing import Any

import pytest

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.format import Entity, EntityType, Source
from headwater.registry.formats.json_schema.format import JsonSchema, JsonSchemaFormat

ORDER: dict[str, Any] = {
    "type": "object",
    "confluent:tags": ["SALES"],
    "properties": {
        "id": {"type": "string", "confluent:tags": ["KEY", "KEY", "PII"], "description": "which"},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"no": {"type": "integer"}}}},
        "by": {"oneOf": [{"type": "string"}, {"type": "object", "properties": {"first.name": {"type": "string"}}}]},
        "to": {"type": ["null", "object"], "properties": {"zip": {"type": "string"}}},
        "how": {"$ref": "#/definitions/way"},
        "if": {"if": {"properties": {"x": {}}}, "not": {"properties": {"y": {}}}},
    },
    "definitions": {"way": {"type": "object", "properties": {"fast": {"type": "boolean", "confluent:tags": ["W"]}}}},
}


def parsed(schema: Any = ORDER) -> JsonSchema:
    return JsonSchemaFormat().parse(Source(text=json.dumps(schema)), strict=True)


def record(path: str) -> Entity:
    return Entity(path=path, type=EntityType.RECORD)


def field(path: str) -> Entity:
    return Entity(path=path, type=EntityType.FIELD)


def test_tags_are_told_with_the_way_to_what_they_tag() -> None:
    assert parsed().tags() == {
        record("object"): ("SALES",),
        field("object.id"): ("KEY", "PII"),
        field("object.definitions.way.object.fast"): ("W",),
    }
    assert parsed(True).tags() == parsed({"type": "string", "confluent:tags": ["A"]}).tags() == {}


@pytest.mark.parametrize(
    "entity",
    [
        record("object"),
        field("object.lines"),
        field("object.lines.array.object.no"),
        record("object.lines.array.object"),
        record("object.by.oneof.0.object"),
        field("object.by.oneof.0.object.first.name"),
        field("object.to.anyof.1.object.zip"),
        field("object.how"),
        field("object.definitions.way.object.fast"),
        field("object.if.allof.0.conditional.if.object.x"),
        field("object.if.allof.1.not.object.y"),
        field(".object.id"),
    ],
    ids=lambda entity: entity.path,
)
@pytest.mark.parametrize(
    "draft", ["http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"]
)
def test_an_entity_wherever_it_stands_gets_tags_and_loses_them(draft: str, entity: Entity) -> None:
    schema = parsed({"$schema": draft, **ORDER})
    tagged = schema.tagged(add={entity: ("NEW", "PII")}, remove={})
    assert tagged.tags()[entity.plain][-2:] in {("NEW", "PII"), ("PII", "NEW")}
    again = tagged.tagged(add={}, remove={entity: ("NEW", "PII")})
    assert again.tags().get(entity.plain, ()) == tuple(
        each for each in schema.tags().get(entity.plain, ()) if each != "PII"
    )


def test_what_is_added_and_removed_at_once_is_not_there() -> None:
    both = parsed().tagged(add={record("object"): ("A", "B")}, remove={record("object"): ("SALES", "B")})
    assert both.tags()[record("object")] == ("A",)


@pytest.mark.parametrize(
    "entity",
    [
        record("array"),
        field("object.no"),
        field("object.by.oneof.7.object"),
        field("object.lines.object"),
        field(""),
        field("object"),
    ],
    ids=lambda entity: entity.path,
)
def test_what_is_not_there_can_not_be_tagged(entity: Entity) -> None:
    with pytest.raises(InvalidSchema, match="No matching path"):
        parsed().tagged(add={entity: ("NEW",)}, remove={})
