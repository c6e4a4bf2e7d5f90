"""Texts that are made to hurt: an error or an answer, and never more than a bounded time and depth."""

import json
from contextlib import suppress
from typing import Any

import pytest

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.format import Source
from headwater.registry.formats.json_schema.format import JsonSchema, JsonSchemaFormat

DRAFTS = ["http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"]


def parsed(text: str) -> JsonSchema:
    schema = JsonSchemaFormat().parse(Source(text=text), strict=True)
    schema.check()
    return schema


def nested(word: str, depth: int) -> str:
    return f'{{"{word}":' * depth + "{}" + "}" * depth


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 100_000, id="open brackets"),
        pytest.param(nested("items", 5_000), id="nested arrays"),
        pytest.param('{"minimum":' + "9" * 100_000 + "}", id="a long integer"),
        pytest.param('{"minimum":0.' + "9" * 100_000 + "}", id="a long fraction"),
        pytest.param('{"minimum":1e9999999999999999999}', id="a large exponent"),
        pytest.param('"' + "\\" * 100_001, id="an open string"),
        pytest.param('{"a":"\ud800"}', id="half a character"),
        pytest.param('{"pattern":"' + "(" * 10_000 + '"}', id="open groups"),
        pytest.param('{"pattern":"a{1000}{1000}{1000}"}', id="a pattern that grows"),
    ],
)
def test_a_hostile_text_is_an_invalid_schema(text: str) -> None:
    with pytest.raises(InvalidSchema):
        parsed(text)


@pytest.mark.parametrize("word", ["items", "additionalProperties", "unknown"])
@pytest.mark.parametrize("draft", DRAFTS)
def test_a_schema_may_be_nested_deeply(draft: str, word: str) -> None:
    schema = parsed(f'{{"$schema":"{draft}","{word}":{nested(word, 100)}}}')
    assert schema.differences_from(schema) == []
    assert schema.tags() == {}


@pytest.mark.parametrize("draft", DRAFTS)
def test_what_is_nested_too_deeply_for_the_stack_is_an_invalid_schema_at_most(draft: str) -> None:
    with suppress(InvalidSchema):
        schema = parsed(f'{{"$schema":"{draft}","not":{nested("not", 198)}}}')
        assert schema.differences_from(schema) == []


@pytest.mark.parametrize("draft", DRAFTS)
def test_a_long_chain_of_references_takes_no_stack(draft: str) -> None:
    def chain(leaf: str) -> JsonSchema:
        links: dict[str, Any] = {
            str(place): {"type": "object", "properties": {"next": {"$ref": f"#/$defs/{place + 1}"}}}
            for place in range(1_000)
        }
        return parsed(
            json.dumps({"$schema": draft, "items": {"$ref": "#/$defs/0"}, "$defs": {**links, "1000": {"type": leaf}}})
        )

    assert [each[:27] for each in chain("string").differences_from(chain("null"))] == ['{errorType:"TYPE_CHANGED", ']


@pytest.mark.parametrize("draft", DRAFTS)
def test_references_that_multiply_are_walked_once_each(draft: str) -> None:
    """Each level is met twice in the one above it, so there are 2^60 ways to the last."""
    levels = {
        str(at): {"allOf": [{"$ref": f"#/$defs/{at + 1}"}, {"items": {"$ref": f"#/$defs/{at + 1}"}}]}
        for at in range(60)
    }
    schema = parsed(
        json.dumps({"$schema": draft, "items": {"$ref": "#/$defs/0"}, "$defs": {**levels, "60": {"type": "null"}}})
    )
    assert schema.differences_from(schema) == []


@pytest.mark.parametrize("draft", DRAFTS)
@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"allOf": [{"$ref": "#"}]},
        {"anyOf": [{"$ref": "#"}, {"$ref": "#"}], "not": {"$ref": "#"}},
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "items": {"$ref": "#/$defs/a"}},
        {"properties": {"a": {"$ref": "#/properties/b"}, "b": {"$ref": "#/properties/a"}}},
    ],
    ids=str,
)
def test_what_is_nothing_but_circles_has_an_end(draft: str, schema: dict[str, Any]) -> None:
    circle = parsed(json.dumps({"$schema": draft, **schema}))
    assert circle.differences_from(circle) == []
    assert circle.tags() == {}
    circle.differences_from(parsed(json.dumps({"$schema": draft, "items": {"$ref": "#"}})))


def test_a_pattern_that_backtracks_is_matched_in_linear_time() -> None:
    name = "a" * 40 + "!"
    before = parsed(json.dumps({"type": "object", "patternProperties": {"^(a+)+$": {}}, "additionalProperties": False}))
    after = parsed(json.dumps({"type": "object", "properties": {name: {}}, "additionalProperties": False}))
    assert before.differences_from(after) != []


def test_a_text_of_many_megabytes_is_read() -> None:
    properties = {f"p{place}": {"type": "string", "description": "d" * 1_000} for place in range(2_000)}
    text = json.dumps({"type": "object", "properties": properties}, separators=(",", ":"))
    assert parsed(text).text == text
