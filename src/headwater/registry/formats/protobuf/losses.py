"""Where Confluent calls two schemas compatible although some data does not survive it: numbers change their width and sign on the way.

Each is a sentence for people: which field, and what is lost.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from headwater.registry.formats.protobuf.compatibility import Side
from headwater.registry.formats.protobuf.elements import Enum, Field, Label, Message, Type
from headwater.registry.formats.protobuf.field_types import is_scalar, map_parts
from headwater.registry.formats.protobuf.fields import Fields

ENUM: Final = "an enum"
_UPPER_HALF: Final = "a number too large for it loses its upper half"
_NEGATIVE: Final = "the upper half of the unsigned numbers reads as negative"
_LARGE: Final = "negative numbers read as large ones"
_TRUE: Final = "any number but zero reads as true"
LOSSES: Final[Mapping[tuple[str, str], str]] = {
    **dict.fromkeys((("int64", each) for each in ("int32", "uint32", ENUM)), _UPPER_HALF),
    **dict.fromkeys((("uint64", each) for each in ("int32", "uint32", ENUM)), _UPPER_HALF),
    ("sint64", "sint32"): _UPPER_HALF,
    **dict.fromkeys((("uint32", each) for each in ("int32", ENUM)), _NEGATIVE),
    **dict.fromkeys((("uint64", "int64"), ("fixed32", "sfixed32"), ("fixed64", "sfixed64")), _NEGATIVE),
    **dict.fromkeys((("int32", each) for each in ("uint32", "uint64")), _LARGE),
    **dict.fromkeys((("int64", "uint64"), ("sfixed32", "fixed32"), ("sfixed64", "fixed64")), _LARGE),
    **dict.fromkeys(((ENUM, each) for each in ("uint32", "uint64")), _LARGE),
    **dict.fromkeys(((each, "bool") for each in ("int32", "int64", "uint32", "uint64", ENUM)), _TRUE),
    ("bytes", "string"): "bytes that are no UTF-8 can't be read",
}
"""By the types of writer and reader."""

Path = tuple[str, ...]


def losses(older: Side, newer: Side) -> list[str]:
    """Of the messages that both files declare."""
    found: list[str] = []
    before = dict(_messages(older.file.types, ()))
    for path, message in _messages(newer.file.types, ()):
        if path in before:
            found += _of_message((before[path], older), (message, newer), path)
    return found


def _messages(types: Sequence[Type], outer: Path) -> Iterator[tuple[Path, Message]]:
    for each in types:
        if isinstance(each, Message):
            path = (*outer, each.name)
            yield path, each
            yield from _messages(each.types, path)


def _of_message(older: tuple[Message, Side], newer: tuple[Message, Side], path: Path) -> Iterator[str]:
    before, after = Fields(older[0]).by_tag, Fields(newer[0]).by_tag
    for tag in sorted(before.keys() & after.keys()):
        was, now = before[tag], after[tag]
        where = f"{'.'.join(path)}.{now.name}"
        for pair in zip(_types(was, older[1], path), _types(now, newer[1], path), strict=False):
            if pair in LOSSES:
                yield f"{where}: was {pair[0]} and is {pair[1]}: {LOSSES[pair]}"
        if was.label is Label.REPEATED and now.label is not Label.REPEATED and map_parts(now.type) is None:
            yield f"{where}: was repeated and is not: of many values one is read, or none where they were packed"


def _types(field: Field, side: Side, path: Path) -> tuple[str, ...]:
    """Its own, or a map's two. What is no scalar and no enum is its own name, which nothing is lost of."""
    return tuple(_kind(each, side, path) for each in map_parts(field.type) or (field.type,))


def _kind(name: str, side: Side, path: Path) -> str:
    if is_scalar(name):
        return name
    known = side.types.type(name, path)
    return ENUM if known is not None and isinstance(known.element, Enum) else name
