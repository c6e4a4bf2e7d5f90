"""The order of branches in which Confluent counts them: by kind, then by what they say."""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from headwater.registry.formats.json_schema.model import (
    Anything,
    Array,
    Combined,
    Conditional,
    Const,
    Enum,
    Not,
    Nothing,
    Numeric,
    Object,
    Reference,
    Schema,
)
from headwater.registry.formats.json_text import Json, java_order, write

_DEPTH_MAX: Final = 20
"""Nobody tells branches apart that differ only below; and what refers to itself has no end."""
_NAMES: Final = {Anything: "EMPTY", Nothing: "FALSE", Numeric: "NUMBER"}
_Rank: TypeAlias = tuple[Json, ...]
_NOTHING: Final[_Rank] = ()


def ranked(schemas: Iterable[Schema]) -> list[Schema]:
    return sorted(schemas, key=lambda schema: _rank(schema, 0))


def _rank(schema: Schema | None, depth: int) -> _Rank:
    if schema is None or depth > _DEPTH_MAX:
        return _NOTHING
    default = write(schema.default) if schema.has_default else None
    words = (_text(each) for each in (_name(schema), schema.title, schema.description, default))
    return (*words, _inner(schema, depth + 1))


def _name(schema: Schema) -> str:
    if isinstance(schema, Anything) and schema.is_word:
        return "TRUE"
    return _NAMES.get(type(schema), type(schema).__name__.upper())


def _inner(schema: Schema, depth: int) -> _Rank:
    match schema:
        case Const():
            return (_text(write(schema.value)),)
        case Enum():
            return _texts([write(each) for each in schema.values])
        case Combined():
            parts = sorted(_rank(each, depth) for each in schema.schemas)
            return (_text(schema.criterion.lower()), len(parts), *parts)
        case Not():
            return _rank(schema.schema, depth)
        case Conditional():
            branches = (schema.condition, schema.then, schema.otherwise)
            return tuple(_rank(each or Anything(), depth) for each in branches)
        case Object():
            return (_texts(list(schema.properties)), _texts(schema.required))
        case Array():
            return _rank(schema.items, depth)
        case Reference():
            return _rank(schema.target, depth)
        case _:
            return _NOTHING


def _text(text: str | None) -> bytes:
    """None is first."""
    return b"" if text is None else b"\x00" + java_order(text)


def _texts(texts: Sequence[str]) -> _Rank:
    return (len(texts), *sorted(map(_text, texts)))
