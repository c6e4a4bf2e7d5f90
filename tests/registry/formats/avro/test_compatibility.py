"""Which schema can read which data."""

from pathlib import Path

import pytest

from headwater.registry.errors import AmbiguousField
from headwater.registry.formats.avro.compatibility import Difference, differences
from headwater.registry.formats.avro.format import AvroFormat
from headwater.registry.formats.avro.parse import parse_all
from headwater.registry.formats.format import Source

CASES = Path(__file__).with_name("compatibility.cases").read_text(encoding="utf-8")


def cases() -> list[tuple[str, str, list[str]]]:
    blocks = [[line for line in block.splitlines() if not line.startswith("#")] for block in CASES.split("\n\n")]
    return [
        (reader.removeprefix("reader: "), writer.removeprefix("writer: "), verdict)
        for reader, writer, *verdict in filter(None, blocks)
    ]


@pytest.mark.parametrize(("reader", "writer", "verdict"), cases())
def test_the_verdict_is_that_of_java(reader: str, writer: str, verdict: list[str]) -> None:
    readable, written = (parse_all([text], strict=False)[0] for text in (reader, writer))
    if verdict == ["ambiguous"]:
        with pytest.raises(AmbiguousField):
            differences(readable, written)
        return
    found = [f"{each.kind} at {each.path}: {each.detail}" for each in differences(readable, written)]
    assert (found or ["compatible"]) == verdict


@pytest.mark.parametrize("reader", sorted({reader for reader, _, _ in cases()}))
def test_a_schema_reads_its_own_data(reader: str) -> None:
    schema = AvroFormat().parse(Source(text=reader), strict=False)
    assert [each for each in schema.differences_from(schema) if "matches multiple fields" not in each] == []


@pytest.mark.parametrize(
    ("difference", "sentence"),
    [
        (
            Difference("FIXED_SIZE_MISMATCH", "/size", "expected: 8, found: 4"),
            (
                "{errorType:'FIXED_SIZE_MISMATCH', description:'The size of FIXED type field at path '/size' in the %s schema "
                "does not match with the %s schema', additionalInfo:'expected: 8, found: 4'}"
            ),
        ),
        (
            Difference("READER_FIELD_MISSING_DEFAULT_VALUE", "/fields/1", "b"),
            (
                "{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'b' at path '/fields/1' in the %s schema "
                "has no default value and is missing in the %s schema', additionalInfo:'b'}"
            ),
        ),
        (
            Difference("MISSING_ENUM_SYMBOLS", "/symbols", "[B]"),
            (
                "{errorType:'MISSING_ENUM_SYMBOLS', description:'The %s schema is missing enum symbols '[B]' at path '/symbols' "
                "in the %s schema', additionalInfo:'[B]'}"
            ),
        ),
        (
            Difference("NAME_MISMATCH", "/name", "expected: E"),
            (
                "{errorType:'NAME_MISMATCH', description:'The name of the schema has changed (path '/name')', "
                "additionalInfo:'expected: E'}"
            ),
        ),
    ],
)
def test_a_difference_is_told_in_confluents_words(difference: Difference, sentence: str) -> None:
    assert str(difference) == sentence


def test_a_field_whose_aliases_fit_twice_is_a_difference() -> None:
    reader = '{"type":"record","name":"R","fields":[{"name":"a","type":"int","aliases":["b","c"]}]}'
    writer = '{"type":"record","name":"R","fields":[{"name":"b","type":"int"},{"name":"c","type":"int"}]}'
    readable, written = (AvroFormat().parse(Source(text=text), strict=True) for text in (reader, writer))
    assert readable.differences_from(written) == [
        (
            "Unexpected exception during compatibility check: Reader record field a type:INT pos:0 "
            f"matches multiple fields in writer record schema {writer}"
        )
    ]


def test_differences_that_multiply_are_bounded() -> None:
    """Each level uses the one below twice: without a bound 30 of them would make a thousand million differences."""

    def levels(leaf: str) -> str:
        schema = f'{{"type":"record","name":"R0","fields":[{{"name":"x","type":"{leaf}"}}]}}'
        for level in range(1, 31):
            below = f'"R{level - 1}"'
            schema = f'{{"type":"record","name":"R{level}","fields":[{{"name":"a","type":{schema}}},{{"name":"b","type":{below}}}]}}'
        return schema

    readable, written = (parse_all([levels(leaf)])[0] for leaf in ("int", "string"))
    assert len(differences(readable, written)) == 1_000
