"""Which schema can read which data, by Confluent's rules and in its words."""

import pytest
from tests.registry.formats.protobuf.text_cases import Case, cases, references

from headwater.registry.formats.format import Source
from headwater.registry.formats.protobuf.compatibility import Side, differences
from headwater.registry.formats.protobuf.differences import Change
from headwater.registry.formats.protobuf.format import ProtobufFormat
from headwater.registry.formats.protobuf.java_order import union
from headwater.registry.formats.protobuf.reader import read_file
from headwater.registry.formats.protobuf.type_table import Types

CASES = cases("compatibility.cases", "writer")


def shown(case: Case) -> str:
    return case["reader"][-60:]


@pytest.mark.parametrize("case", CASES, ids=shown)
def test_the_verdict_is_confluents(case: Case) -> None:
    writer = Source(text=case["writer"], references=references(case, "writer reference "))
    reader = Source(text=case["reader"], references=references(case, "reader reference "))
    parse = ProtobufFormat().parse
    found = parse(reader, strict=True).differences_from(parse(writer, strict=True))
    assert "\n".join([*found, ""] if found else ["compatible", ""]) == case["verdict"]


@pytest.mark.parametrize("case", CASES, ids=shown)
def test_a_schema_reads_its_own_data(case: Case) -> None:
    schema = ProtobufFormat().parse(
        Source(text=case["reader"], references=references(case, "reader reference ")), strict=True
    )
    assert schema.differences_from(schema) == []


def side(text: str) -> Side:
    file = read_file(text)
    return Side(file, Types(file, {}))


@pytest.mark.parametrize(
    ("older", "newer", "expected"),
    [
        ("message A {}", "message A {} message B {}", "MESSAGE_ADDED at #/B"),
        ("message A {} message B {}", "message B {} message A {}", "MESSAGE_MOVED at #/A, MESSAGE_MOVED at #/B"),
        ("", "enum E { A = 0; }", "ENUM_ADDED at #/E"),
        ("enum E { A = 0; }", "", "ENUM_REMOVED at #/E"),
        ("enum E { A = 0; }", "enum E { B = 0; C = 1; }", "ENUM_CONST_CHANGED at #/E/0, ENUM_CONST_ADDED at #/E/1"),
        ("enum E { A = 0; B = 1; }", "enum E { A = 0; }", "ENUM_CONST_REMOVED at #/E/1"),
        ("message A {}", "message A { optional int32 a = 1; }", "FIELD_ADDED at #/A/1"),
        ("message A { optional int32 a = 1; }", "message A {}", "FIELD_REMOVED at #/A/1"),
        ("message A { optional int32 a = 1; }", "message A { optional int32 b = 1; }", "FIELD_NAME_CHANGED at #/A/1"),
        (
            "message A { optional string a = 1; }",
            "message A { repeated bytes a = 1; }",
            "FIELD_STRING_OR_BYTES_LABEL_CHANGED at #/A/1",
        ),
        (
            "message A {}",
            "message A { oneof o { int32 a = 1; } }",
            "ONEOF_ADDED at #/A/o, ONEOF_FIELD_ADDED at #/A/o/1",
        ),
        ("message A { oneof o { int32 a = 1; } }", "message A {}", "ONEOF_REMOVED at #/A/o"),
        (
            "message A { oneof o { int32 a = 1; } }",
            "message A { optional int32 a = 1; }",
            "ONEOF_REMOVED at #/A/o, ONEOF_FIELD_MOVED_TO_TOP_LEVEL at #/A/1",
        ),
    ],
)
def test_a_difference_that_breaks_nothing_is_told_too(older: str, newer: str, expected: str) -> None:
    found = list(differences(side(older), side(newer)))
    assert ", ".join(f"{each.change} at {each.path}" for each in found) == expected
    assert not any(each.breaks for each in found)


def test_every_kind_of_change_is_shown_by_a_case() -> None:
    harmless = {
        "MESSAGE_ADDED", "MESSAGE_MOVED", "ENUM_ADDED", "ENUM_REMOVED", "ENUM_CONST_ADDED", "ENUM_CONST_CHANGED",
        "ENUM_CONST_REMOVED", "FIELD_ADDED", "FIELD_REMOVED", "FIELD_NAME_CHANGED", "FIELD_STRING_OR_BYTES_LABEL_CHANGED",
        "ONEOF_ADDED", "ONEOF_REMOVED", "ONEOF_FIELD_ADDED", "ONEOF_FIELD_MOVED_TO_TOP_LEVEL",
    }  # fmt: skip
    told = "".join(case["verdict"] for case in CASES)
    assert [change for change in Change if change not in harmless and f'"{change}"' not in told] == []


def test_names_come_in_the_order_of_javas_sets() -> None:
    names = [f"Message{number}" for number in range(14)]
    assert union(names[:7], names[5:])[:5] == union(names, names)[:5]
    assert union(["b", "a"], ["c"]) == ["a", "b", "c"]
    assert union(["Aa", "BB"], ["C#"]) == ["Aa", "BB", "C#"]


def test_differences_of_types_that_use_each_other_are_bounded() -> None:
    """Each message of the other file uses the one below twice: without a bound 30 of them would make a thousand million differences."""

    def levels(leaf: str) -> str:
        chain = [f"message R{n} {{ R{n - 1} a = 1; R{n - 1} b = 2; }}" for n in range(1, 31)]
        return f'syntax = "proto3"; package r; message R0 {{ {leaf} x = 1; }} {"".join(chain)}'

    text = 'syntax = "proto3"; import "r.proto"; message M { r.R30 a = 1; }'
    newer, older = (
        ProtobufFormat().parse(Source(text=text, references={"r.proto": levels(leaf)}), strict=True)
        for leaf in ("int32", "string")
    )
    assert len(newer.differences_from(older)) == 1_000
