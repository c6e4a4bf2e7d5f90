"""Where the verdict says so, data written with one schema is read with the other; but for a list of cases in which Confluent is laxer."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings, strategies as st
from tests.registry.formats.protobuf.dynamic import message_class

from headwater.registry.formats.format import Source
from headwater.registry.formats.protobuf.format import ProtobufFormat, ProtobufSchema
from headwater.registry.formats.protobuf.losses import ENUM, LOSSES

LAXER_PAIRS = {f"{writer}>{reader}".replace(ENUM, "E") for writer, reader in LOSSES}
LAXER_LABELS = {("repeated", ""), ("repeated", "optional"), ("repeated", "oneof")}
"""Of many values one is read, or none where they were packed; Confluent asks only where both labels are written."""

VALUES: Mapping[str, tuple[Any, ...]] = {
    "int32": (-(2**31), -1, 1, 5, 2**31 - 1),
    "int64": (-(2**63), -1, 1, 5, 2**63 - 1),
    "uint32": (1, 5, 2**32 - 1),
    "uint64": (1, 5, 2**64 - 1),
    "sint32": (-(2**31), -1, 5, 2**31 - 1),
    "sint64": (-(2**63), -1, 5, 2**63 - 1),
    "fixed32": (5, 2**32 - 1),
    "sfixed32": (-(2**31), 5),
    "fixed64": (5, 2**64 - 1),
    "sfixed64": (-(2**63), 5),
    "float": (1.5, -0.25),
    "double": (1.5, 1e300),
    "bool": (True,),
    "string": ("a", "é"),
    "bytes": (b"a", b"\xff"),
    "E": (1, 2, -1),
}
LABELS = ("", "optional", "repeated", "oneof")
Fields = Mapping[int, tuple[str, str]]
"""A type and a label by number. Those of a oneof are all of one."""


def schema_of(fields: Fields) -> ProtobufSchema:
    plain = [f"{label} {kind} f{tag} = {tag};".strip() for tag, (kind, label) in fields.items() if label != "oneof"]
    members = [f"{kind} f{tag} = {tag};" for tag, (kind, label) in fields.items() if label == "oneof"]
    oneof = f"oneof o {{ {' '.join(members)} }}" if members else ""
    enum = "enum E { ZERO = 0; ONE = 1; TWO = 2; MINUS_ONE = -1; }"
    text = f'syntax = "proto3"; message M {{ {" ".join(plain)} {oneof} }} {enum}'
    return ProtobufFormat().parse(Source(text=text), strict=True)


def read_back(writer: ProtobufSchema, reader: ProtobufSchema, values: Mapping[int, Any]) -> dict[int, Any]:
    """The fields that it has, as far as they can be read."""
    written = message_class(writer)()
    for tag, value in values.items():
        setattr(written, f"f{tag}", value) if not isinstance(value, list) else getattr(written, f"f{tag}").extend(value)
    read = message_class(reader).FromString(written.SerializeToString())
    return {tag: getattr(read, f"f{tag}") for tag in values if hasattr(read, f"f{tag}")}


def same(written: Any, read: Any) -> bool:
    if isinstance(written, list) or not isinstance(read, str | bytes | bool | int | float):
        several = written if isinstance(written, list) else [written]
        return len(several) == len(read) and all(map(same, several, read))
    texts = [each.encode() if isinstance(each, str) else each for each in (written, read)]
    return bool(texts[0] == texts[1])


PAIRS = [(writer, reader) for writer, reader in product(VALUES, VALUES) if writer != reader]


@pytest.mark.parametrize(("writer", "reader"), PAIRS)
def test_a_field_of_a_compatible_type_is_read_unless_confluent_is_laxer(writer: str, reader: str) -> None:
    older, newer = schema_of({1: (writer, "")}), schema_of({1: (reader, "")})
    if newer.differences_from(older):
        return
    assert all(survives(older, newer, value) for value in VALUES[writer]) == (f"{writer}>{reader}" not in LAXER_PAIRS)


def survives(older: ProtobufSchema, newer: ProtobufSchema, value: Any) -> bool:
    try:
        return same(value, read_back(older, newer, {1: value})[1])
    except DecodeError:
        return False


def test_the_list_has_no_pair_that_confluent_refuses() -> None:
    pairs = [pair.split(">") for pair in LAXER_PAIRS]
    refused = [pair for pair in pairs if schema_of({1: (pair[1], "")}).differences_from(schema_of({1: (pair[0], "")}))]
    assert refused == []


fields = st.dictionaries(
    st.integers(1, 5), st.tuples(st.sampled_from(sorted(VALUES)), st.sampled_from(LABELS)), max_size=5
)


def is_laxer(older: tuple[str, str], newer: tuple[str, str]) -> bool:
    return f"{older[0]}>{newer[0]}" in LAXER_PAIRS or (older[1], newer[1]) in LAXER_LABELS


def drawn_values(data: st.DataObject, older: Fields) -> Iterator[tuple[int, Any]]:
    """Of a oneof's fields, one."""
    members = [tag for tag, (_, label) in older.items() if label == "oneof"]
    chosen = data.draw(st.sampled_from(members)) if members else None
    for tag, (kind, label) in older.items():
        value = st.sampled_from(VALUES[kind])
        if label == "repeated":
            yield tag, data.draw(st.lists(value, max_size=3))
        elif label != "oneof" or tag == chosen:
            yield tag, data.draw(value)


@settings(max_examples=300, deadline=None)
@given(older=fields, changes=fields, data=st.data())
def test_what_was_written_is_read_wherever_the_verdict_is_compatible(
    older: Fields, changes: Fields, data: st.DataObject
) -> None:
    kept = {tag: field for tag, field in older.items() if data.draw(st.integers(0, 3))}
    newer = {**kept, **changes}
    writer, reader = schema_of(older), schema_of(newer)
    shared = [tag for tag in older if tag in newer]
    if reader.differences_from(writer) or any(is_laxer(older[tag], newer[tag]) for tag in shared):
        return
    values = dict(drawn_values(data, older))
    read = read_back(writer, reader, values)
    assert [tag for tag in values if tag in newer and not same(values[tag], read[tag])] == []


def test_what_is_lost_is_told_wherever_the_verdict_is_laxer() -> None:
    older = schema_of(
        {1: ("int64", ""), 2: ("bytes", "oneof"), 3: ("E", ""), 4: ("string", "repeated"), 5: ("int32", "")}
    )
    newer = schema_of(
        {1: ("int32", ""), 2: ("string", "oneof"), 3: ("uint32", ""), 4: ("string", ""), 5: ("int64", "")}
    )
    assert newer.losses_from(older) == [
        "M.f1: was int64 and is int32: a number too large for it loses its upper half",
        "M.f2: was bytes and is string: bytes that are no UTF-8 can't be read",
        "M.f3: was an enum and is uint32: negative numbers read as large ones",
        "M.f4: was repeated and is not: of many values one is read, or none where they were packed",
    ]


def test_the_values_of_a_map_are_looked_at_too() -> None:
    older, newer = (
        ProtobufFormat().parse(
            Source(text=f'syntax = "proto3"; message A {{ map<string, {kind}> m = 1; }}'), strict=True
        )
        for kind in ("int64", "int32")
    )
    assert newer.losses_from(older) == ["A.m: was int64 and is int32: a number too large for it loses its upper half"]
