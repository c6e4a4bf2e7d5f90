"""What a verdict promises: data that was valid stays valid. Judged by `jsonschema-rs`, on data made at random."""

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, strategies as st
from tests.registry.formats.json_schema.schemas import Schema, changed, data, schemas

from headwater.registry.formats.format import Source
from headwater.registry.formats.json_schema.format import JsonSchema, JsonSchemaFormat

SEVEN = {"$schema": "http://json-schema.org/draft-07/schema#"}
TWENTY_TWENTY = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def parsed(schema: Schema) -> JsonSchema:
    return JsonSchemaFormat().parse(Source(text=json.dumps(schema)), strict=True)


@pytest.mark.parametrize("draft", [SEVEN, TWENTY_TWENTY], ids=["7", "2020-12"])
@given(st.data())
def test_what_a_schema_took_the_next_one_takes_where_the_verdict_says_so(draft: Schema, drawn: st.DataObject) -> None:
    made = schemas(is_newer=draft is TWENTY_TWENTY)
    writer = {**drawn.draw(made), **draft}
    reader = {**changed(writer, drawn.draw, made), **draft}
    if parsed(reader).differences_from(parsed(writer)):
        return
    before, after = (jsonschema_rs.validator_for(each) for each in (writer, reader))
    for instance in drawn.draw(st.lists(data(), min_size=20, max_size=20)):
        assert after.is_valid(instance) or not before.is_valid(instance), (writer, reader, instance)


TEXT: Schema = {"type": "string"}
WHERE_CONFLUENT_IS_LAXER: dict[str, tuple[Schema, Schema, Any]] = {
    "what is behind two references is not compared": (
        {"items": {"$ref": "#/$defs/a"}, "$defs": {"a": {"$ref": "#/$defs/b"}, "b": TEXT}},
        {"items": {"$ref": "#/$defs/a"}, "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"type": "null"}}},
        ["a"],
    ),
    "contains is not compared": (
        {"type": "array", "contains": TEXT, "minContains": 1},
        {"type": "array", "contains": {"type": "null"}, "minContains": 1},
        ["a"],
    ),
    "names of properties are not compared": (
        {"type": "object"},
        {"type": "object", "propertyNames": {"maxLength": 1}},
        {"ab": 1},
    ),
    "properties by pattern are not compared": (
        {"type": "object", "patternProperties": {"a": TEXT}},
        {"type": "object", "patternProperties": {"a": {"type": "null"}}},
        {"a": "a"},
    ),
    "conditions are not compared": ({"if": {}, "then": TEXT}, {"if": {}, "then": {"type": "null"}}, "a"),
    "a property that is required and not named is not looked at": (
        {"type": "object"},
        {"type": "object", "required": ["a"]},
        {},
    ),
    "a default stands for what is required": (
        {"type": "object", "properties": {"a": TEXT}},
        {"type": "object", "properties": {"a": {**TEXT, "default": ""}}, "required": ["a"]},
        {},
    ),
    "bytes may change their kind": (
        {**TEXT, "connect.type": "bytes"},
        {"type": "number", "connect.type": "bytes"},
        "a",
    ),
    "what fits one of two branches may fit both": ({"oneOf": [TEXT]}, {"oneOf": [TEXT, {"minLength": 0}]}, "a"),
    "asserting of one type and having that type is the same": ({"minLength": 1}, {"type": "string", "minLength": 1}, 1),
    "two limits hide a third": (
        {"type": "number", "exclusiveMaximum": 5, "maximum": 7},
        {"type": "number", "exclusiveMaximum": 4, "maximum": 7},
        4.5,
    ),
    "what is unevaluated is lost beside an unknown word": (
        {"type": "object", "x": 1},
        {"type": "object", "x": 1, "unevaluatedProperties": False},
        {"a": 1},
    ),
}


@pytest.mark.parametrize("pair", WHERE_CONFLUENT_IS_LAXER.values(), ids=WHERE_CONFLUENT_IS_LAXER)
def test_confluents_verdict_is_kept_where_it_promises_too_much(pair: tuple[Schema, Schema, Any]) -> None:
    """When Confluent mends one of these, this says so."""
    writer, reader = ({**each, **TWENTY_TWENTY} for each in pair[:2])
    assert parsed(reader).differences_from(parsed(writer)) == []
    assert jsonschema_rs.validator_for(writer).is_valid(pair[2])
    assert not jsonschema_rs.validator_for(reader).is_valid(pair[2])


LOSSES = {
    "contains is not compared": "#: contains has changed, which is not compared",
    "names of properties are not compared": "#: propertyNames has changed, which is not compared",
    "properties by pattern are not compared": "#: patternProperties has changed, which is not compared",
    "conditions are not compared": "#: then has changed, which is not compared",
    "a property that is required and not named is not looked at": (
        "#: a has become required and is not among the properties, so it is not looked at"
    ),
    "a default stands for what is required": (
        "#: a has become required; its default stands for it, but validators don't fill it in"
    ),
    "bytes may change their kind": "#: was string and is number, and both are bytes to Connect, so it is not compared",
    "what fits one of two branches may fit both": (
        "#: oneOf has more branches, and what fits two of them is not valid any more"
    ),
    "asserting of one type and having that type is the same": "#: is string alone, where any type was valid",
    "what is unevaluated is lost beside an unknown word": "#: unevaluatedProperties has changed, which is not compared",
    "two limits hide a third": "#: of exclusiveMaximum and maximum only one is compared, and the other is narrower now",
    "what is behind two references is not compared": "#/$defs/b: has changed, and what is behind two references is not compared",
}


@pytest.mark.parametrize("case", WHERE_CONFLUENT_IS_LAXER)
def test_what_the_verdict_does_not_see_is_told(case: str) -> None:
    writer, reader = (parsed({**each, **TWENTY_TWENTY}) for each in WHERE_CONFLUENT_IS_LAXER[case][:2])
    assert reader.losses_from(writer) == [LOSSES[case]]
    assert writer.losses_from(writer) == []
