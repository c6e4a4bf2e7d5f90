"""Schemas that are made to hurt, in each format: deep, wide, doubling at each step, or with patterns that never end.

Each is two: what is registered first, and what is to follow it, so that comparing is made to hurt as well.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final

LEVELS: Final = 60
WIDE: Final = 40_000
DEEP: Final = 100_000

Pair = tuple[str, str]


def same(text: str) -> Pair:
    return text, text.replace("Old", "New")


# --- Avro


def _record(name: str, *types: object) -> dict[str, object]:
    return {"type": "record", "name": name, "fields": [{"name": f"f{n}", "type": each} for n, each in enumerate(types)]}


def _doubling(type_: object = "int") -> str:
    """Each record holds the one before twice: as many ways to the innermost as 2 to the levels."""
    for level in range(LEVELS):
        type_ = _record(f"R{level}", type_, f"R{level - 1}" if level else "int")
    return json.dumps(type_)


AVRO: Final[Mapping[str, Pair]] = {
    "arrays in arrays": same('{"type":"array","items":' * DEEP + '"int"' + "}" * DEEP),
    "open brackets": same("[" * DEEP),
    "records in records": (_doubling(), _doubling("long")),
    "a giant enum": same(json.dumps({"type": "enum", "name": "E", "symbols": [f"S{n}" for n in range(WIDE)]})),
    "a giant record": same(json.dumps(_record("R", *["int"] * (WIDE // 4)))),
    "a giant union": same(json.dumps([_record(f"R{n}", "int") for n in range(WIDE // 8)])),
    "a giant default": same(
        json.dumps({"type": "record", "name": "R", "fields": [{"name": "f", "type": "double", "default": 0}]}).replace(
            ": 0}", ": 1e999999999}"
        )
    ),
}

# --- JSON Schema


def _refs(word: str) -> str:
    levels = {f"d{n}": {word: [{"$ref": f"#/$defs/d{n - 1}"}] * 2} for n in range(1, LEVELS)}
    document = {"$ref": f"#/$defs/d{LEVELS - 1}", "$defs": {"d0": {"type": "integer"}, **levels}}
    return json.dumps(document)


def _objects(count: int, bound: int) -> str:
    """Alternatives that all have to be held against all others."""
    return json.dumps(
        {
            "oneOf": [
                {"type": "object", "properties": {f"p{n % 7}": {"type": "integer", "maximum": bound + n}}}
                for n in range(count)
            ]
        }
    )


JSON: Final[Mapping[str, Pair]] = {
    "items in items": same('{"items":' * DEEP + "{}" + "}" * DEEP),
    "all of all of": (_refs("allOf"), _refs("allOf").replace("integer", "number")),
    "one of one of": (_refs("oneOf"), _refs("oneOf").replace("integer", "number")),
    "a circle": same('{"$ref":"#"}'),
    "a giant enum": same(json.dumps({"enum": [f"S{n}" for n in range(WIDE)]})),
    "alternatives": (_objects(300, 0), _objects(300, 1)),
    "many alternatives": (_objects(2_000, 0), _objects(2_000, 1)),
    "a pattern": same(json.dumps({"pattern": "(a+)+" * 1_000 + "$", "default": "a" * 1_000 + "!"})),
    "patterns": same(json.dumps({"patternProperties": {f"^(a|a)*{n}$": {} for n in range(5_000)}})),
    "a giant bound": same('{"maximum":1e999999999}'),
}

# --- Protobuf

_PROTO3: Final = 'syntax = "proto3";\n'


def _messages(field: str) -> str:
    lines = (f"message M{n} {{ M{max(n - 1, 0)} a = 1; M{max(n - 1, 0)} b = 2; {field} c = 3; }}" for n in range(2_000))
    return _PROTO3 + "\n".join(reversed(list(lines)))


PROTOBUF: Final[Mapping[str, Pair]] = {
    "messages in messages": same(_PROTO3 + "message M {" * DEEP + "}" * DEEP),
    "messages twice": (_messages("int32"), _messages("string")),
    "a giant enum": same(_PROTO3 + "enum E {" + "".join(f"S{n} = {n};" for n in range(WIDE)) + "}"),
    "a giant message": same(_PROTO3 + "message M {" + "".join(f"int32 f{n} = {n};" for n in range(1, 18_000)) + "}"),
    "a giant option": same(_PROTO3 + "message M { option (o) = " + "{a:" * DEEP + "1" + "}" * DEEP + "; }"),
    "a long name": same(_PROTO3 + "message M { " + "a." * DEEP + "A f = 1; }"),
}

HOSTILE: Final[Sequence[tuple[str, str, Pair]]] = [
    (kind, name, pair)
    for kind, pairs in (("AVRO", AVRO), ("JSON", JSON), ("PROTOBUF", PROTOBUF))
    for name, pair in pairs.items()
]

# --- bodies that are dear before anybody looks at a schema

BODIES: Final[Mapping[str, bytes]] = {
    "too large": b'{"schema":"' + b"a" * 11_000_000 + b'"}',
    "large": b'{"schema":"' + b"a" * 10_000_000 + b'"}',
    "deep": b'{"schema":' + b"[" * 5_000_000,
    "deep and closed": b'{"schema":' + b"[" * 900_000 + b"]" * 900_000 + b"}",
    "many references": b'{"schema":"{}","references":[' + b"{}," * 3_000_000 + b"{}]}",
    "many properties": b"{" + b",".join(b'"p%d":1' % n for n in range(800_000)) + b"}",
    "many tags": b'{"schema":"{}","metadata":{"tags":{' + b",".join(b'"%d":["a"]' % n for n in range(600_000)) + b"}}}",
}
