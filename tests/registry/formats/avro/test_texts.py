"""Schemas as text: what is stored, what it is resolved, and what it is normalised."""

from pathlib import Path

import pytest

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.avro.format import AvroFormat, AvroSchema
from headwater.registry.formats.format import Source

CASES = Path(__file__).with_name("texts.cases").read_text(encoding="utf-8")
Case = dict[str, str]


def cases() -> list[Case]:
    blocks = (block.splitlines() for block in CASES.split("\n\n"))
    read = [dict(line.partition(": ")[::2] for line in block if not line.startswith("#")) for block in blocks]
    return [case for case in read if case]


def parsed(case: Case) -> AvroSchema:
    references = {key.removeprefix("reference "): text for key, text in case.items() if key.startswith("reference ")}
    return AvroFormat().parse(Source(text=case["schema"], references=references), strict="stored" not in case)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["schema"][:60])
def test_a_schemas_texts_are_those_that_java_gives_it(case: Case) -> None:
    if "invalid" in case:
        with pytest.raises(InvalidSchema):
            parsed(case)
        return
    schema = parsed(case)
    assert schema.text == case["text"]
    assert schema.formatted("resolved") == case.get("resolved", case["text"])
    assert schema.normalized().text == case.get("normalized", case["text"])


@pytest.mark.parametrize("case", [case for case in cases() if "text" in case], ids=lambda case: case["schema"][:60])
def test_a_stored_text_is_its_own_and_so_is_a_normalised_one(case: Case) -> None:
    again = parsed({**case, "schema": parsed(case).text})
    assert again.text == case["text"]
    normalized = again.normalized()
    assert normalized.normalized().text == normalized.text


def test_an_unknown_form_is_the_usual_one() -> None:
    assert parsed({"schema": '{"type": "string"}'}).formatted("made-up") == '"string"'


def test_only_a_record_has_a_name() -> None:
    assert parsed({"schema": '{"type": "record", "name": "R", "namespace": "a.b", "fields": []}'}).name == "a.b.R"
    assert parsed({"schema": '{"type": "enum", "name": "E", "symbols": []}'}).name is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 100_000, id="open brackets"),
        pytest.param('{"type":"array","items":' * 5_000 + '"int"' + "}" * 5_000, id="nested arrays"),
        pytest.param('{"type":"string","size":' + "9" * 100_000 + "}", id="a long number"),
        pytest.param("/*" * 100_000, id="open comments"),
        pytest.param('"' + "\\" * 100_001, id="an open string"),
    ],
)
def test_a_hostile_text_is_an_invalid_schema(text: str) -> None:
    with pytest.raises(InvalidSchema):
        AvroFormat().parse(Source(text=text), strict=True)


def test_types_that_nest_through_their_names_are_bounded_too() -> None:
    chained = ",".join(
        f'{{"type":"record","name":"R{place}","fields":[{{"name":"f","type":"R{place + 1}"}}]}}'
        for place in range(5_000)
    )
    with pytest.raises(InvalidSchema, match="nested too deeply"):
        AvroFormat().parse(Source(text=f'[{chained},{{"type":"fixed","name":"R5000","size":1}}]'), strict=True)
