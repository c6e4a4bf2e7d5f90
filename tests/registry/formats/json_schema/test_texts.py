"""Schemas as text: what is stored, what it is normalised, and which are refused."""

from pathlib import Path

import pytest

from headwater.registry.errors import InvalidSchema, RemoteReference
from headwater.registry.formats.format import Source
from headwater.registry.formats.json_schema.format import JsonSchema, JsonSchemaFormat

CASES = Path(__file__).with_name("texts.cases").read_text(encoding="utf-8")
Case = dict[str, str]


def cases() -> list[Case]:
    blocks = (block.split("\n") for block in CASES.split("\n\n"))
    read = [dict(line.partition(": ")[::2] for line in block if line and not line.startswith("#")) for block in blocks]
    return [case for case in read if case]


def parsed(case: Case, *, strict: bool) -> JsonSchema:
    references = {key.removeprefix("reference "): text for key, text in case.items() if key.startswith("reference ")}
    schema = JsonSchemaFormat().parse(Source(text=case["schema"], references=references), strict=strict)
    if strict:
        schema.check()
    return schema


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["schema"][:60])
def test_a_schemas_texts_are_those_that_confluent_gives_it(case: Case) -> None:
    if "refused" in case:
        with pytest.raises(InvalidSchema):
            parsed(case, strict=False)
        return
    schema = parsed(case, strict=False)
    assert schema.text == schema.formatted("resolved") == schema.meaning == case.get("text", case["schema"])
    assert schema.normalized().text == case.get("normalized", schema.text)
    assert schema.name == case.get("name")


@pytest.mark.parametrize(
    "case", [case for case in cases() if "refused" not in case], ids=lambda case: case["schema"][:60]
)
def test_a_new_schema_is_taken_where_confluent_takes_it(case: Case) -> None:
    if "invalid" in case:
        with pytest.raises(InvalidSchema):
            parsed(case, strict=True).check_fields()
    else:
        parsed(case, strict=True).check_fields()


@pytest.mark.parametrize(
    "case", [case for case in cases() if "refused" not in case], ids=lambda case: case["schema"][:60]
)
def test_a_stored_text_is_its_own_and_so_is_a_normalised_one(case: Case) -> None:
    schema = parsed(case, strict=False)
    assert parsed({**case, "schema": schema.text}, strict=False).text == schema.text
    normalized = schema.normalized()
    assert (
        normalized.normalized().text
        == parsed({**case, "schema": normalized.text}, strict=False).text
        == normalized.text
    )


@pytest.mark.parametrize("url", ["http://example.com/a.json", "https://example.com/a.json#/definitions/b"])
@pytest.mark.parametrize(
    "draft", ["http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"]
)
def test_a_remote_reference_is_never_fetched_and_the_error_says_so(draft: str, url: str) -> None:
    text = f'{{"$schema":"{draft}","items":{{"$ref":"{url}"}}}}'
    with pytest.raises(
        RemoteReference, match=r"Remote schema reference fetching over HTTP\(S\) is disabled: https?://example"
    ):
        parsed({"schema": text}, strict=True)
    stored = parsed({"schema": text}, strict=False)
    assert stored.text == text
    assert parsed({"schema": "{}"}, strict=True).differences_from(stored) == [
        "A previous schema version contains an unsupported external reference"
    ]


def test_only_properties_at_the_top_are_its_own() -> None:
    schema = parsed({"schema": '{"properties":{"a":{"properties":{"b":{}}}}}'}, strict=True)
    assert schema.has_field("a")
    assert not schema.has_field("b")
    assert not parsed({"schema": "true"}, strict=True).has_field("a")
