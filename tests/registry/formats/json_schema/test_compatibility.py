"""Which schema can read which data."""

from pathlib import Path

import pytest

from headwater.registry.formats.format import Source
from headwater.registry.formats.json_schema.comparing.comparison import DIFFERENCES_MAX, differences
from headwater.registry.formats.json_schema.comparing.difference import (
    LENIENTLY_COMPATIBLE,
    STRICTLY_COMPATIBLE,
    Difference,
)
from headwater.registry.formats.json_schema.format import JsonSchema, JsonSchemaFormat

CASES = Path(__file__).with_name("compatibility.cases").read_text(encoding="utf-8")
SENTENCES = Path(__file__).with_name("sentences.cases").read_text(encoding="utf-8")
LENIENT = "lenient: "
Case = tuple[dict[str, str], list[str], list[str]]


def cases() -> list[Case]:
    return [read(block.split("\n")) for block in CASES.split("\n\n")[1:]]


def read(lines: list[str]) -> Case:
    said = [line.partition(": ") for line in lines if ": " in line and not line.startswith(LENIENT)]
    texts = {key: text for key, _, text in said}
    strict = [line for line in lines if line and line.partition(": ")[0] not in (*texts, LENIENT[:-2])]
    lenient = [line.removeprefix(LENIENT) for line in lines if line.startswith(LENIENT)]
    return texts, strict, lenient or strict


def parsed(text: str, texts: dict[str, str]) -> JsonSchema:
    references = {key.removeprefix("reference "): each for key, each in texts.items() if key.startswith("reference ")}
    return JsonSchemaFormat().parse(Source(text=text, references=references), strict=True)


@pytest.mark.parametrize(("texts", "strict", "lenient"), cases())
def test_the_verdict_is_confluents(texts: dict[str, str], strict: list[str], lenient: list[str]) -> None:
    writer, reader = (parsed(texts[each], texts) for each in ("writer", "reader"))
    for compatible, verdict in ((STRICTLY_COMPATIBLE, strict), (LENIENTLY_COMPATIBLE, lenient)):
        found = differences(writer.schema, reader.schema, compatible)
        told = [f"{each.kind} at {each.pointer}" for each in found if each.kind not in compatible]
        assert (told or ["compatible"]) == verdict


@pytest.mark.parametrize("texts", [texts for texts, _, _ in cases()])
def test_a_schema_reads_its_own_data(texts: dict[str, str]) -> None:
    schema = parsed(texts["reader"], texts)
    assert schema.differences_from(schema) == schema.differences_from(schema, lenient=True) == []


@pytest.mark.parametrize("line", [line for line in SENTENCES.split("\n") if line and not line.startswith("#")])
def test_a_difference_is_told_in_confluents_words(line: str) -> None:
    kind, _, sentence = line.partition(":")
    told = sentence.strip().replace("{path}", "#/a/b")
    assert str(Difference(kind, ("a", "b"))) == f'{{errorType:"{kind}", description:"{told}\'}}'


def test_the_lenient_policy_takes_more() -> None:
    writer, reader = (parsed(text, {}) for text in ('{"properties":{}}', '{"properties":{"a":{"type":"string"}}}'))
    assert [each[:60] for each in reader.differences_from(writer)] == [
        '{errorType:"OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", '
    ]
    assert reader.differences_from(writer, lenient=True) == []


def test_differences_that_multiply_are_bounded() -> None:
    """Each level uses the one below twice: without a bound 40 of them would make a million million differences."""

    def levels(leaf: str) -> JsonSchema:
        named = [f'"0":{{"type":"{leaf}"}}']
        for level in range(1, 41):
            below = f'{{"$ref":"#/definitions/{level - 1}"}}'
            named.append(f'"{level}":{{"type":"object","properties":{{"a":{below},"b":{below}}}}}')
        return parsed(f'{{"items":{{"$ref":"#/definitions/40"}},"definitions":{{{",".join(named)}}}}}', {})

    assert len(levels("string").differences_from(levels("integer"))) == DIFFERENCES_MAX
