"""What a keyword's value must be. All of these raise InvalidSchema."""

from collections.abc import Mapping
from decimal import Decimal

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.json_text import Json, write

_INT = 2**31
_SHOWN_MAX = 80


def refuse(keyword: str, value: Json, expected: str) -> InvalidSchema:
    return InvalidSchema(f"Invalid JSON: {keyword} is {write(value)[:_SHOWN_MAX]}, not {expected}")


def text(node: Mapping[str, Json], keyword: str) -> str | None:
    value: str | None = node.get(keyword)
    if keyword in node and not isinstance(value, str):
        raise refuse(keyword, value, "a string")
    return value


def flag(node: Mapping[str, Json], keyword: str) -> bool | None:
    value: bool | None = node.get(keyword)
    if keyword in node and not isinstance(value, bool):
        raise refuse(keyword, value, "a boolean")
    return value


def number(node: Mapping[str, Json], keyword: str) -> Json:
    value = node.get(keyword)
    if keyword in node and not is_number(value):
        raise refuse(keyword, value, "a number")
    return value


def count(node: Mapping[str, Json], keyword: str) -> int | None:
    """A small integer that is written as one."""
    value: int | None = node.get(keyword)
    if keyword in node and not (is_number(value) and isinstance(value, int) and -_INT <= value < _INT):
        raise refuse(keyword, value, "an integer")
    return value


def mapping(node: Mapping[str, Json], keyword: str) -> dict[str, Json]:
    value = node.get(keyword, {})
    if not isinstance(value, dict):
        raise refuse(keyword, value, "an object")
    return value


def items(node: Mapping[str, Json], keyword: str) -> list[Json]:
    value = node.get(keyword, [])
    if not isinstance(value, list):
        raise refuse(keyword, value, "an array")
    return value


def texts(node: Mapping[str, Json], keyword: str) -> tuple[str, ...]:
    values = items(node, keyword)
    for value in values:
        if not isinstance(value, str):
            raise refuse(keyword, value, "a string")
    return tuple(values)


def is_number(value: Json) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
