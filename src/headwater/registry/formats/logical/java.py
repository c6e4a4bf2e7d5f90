"""Where Confluent's conversion asks Java for a value of one class and finds another: what Java says then, for that is the answer."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from headwater.registry.formats.json_text import Json
from headwater.registry.formats.logical.errors import NotLogical

_INT_MIN, _INT_MAX = -(2**31), 2**31 - 1
_LONG_MIN, _LONG_MAX = -(2**63), 2**63 - 1
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")


def an_integer(value: Json) -> int:
    if _class(value) != "java.lang.Integer":
        raise _cast(value, "java.lang.Integer")
    assert isinstance(value, int)
    return value


def a_string(value: Json) -> str:
    if not isinstance(value, str):
        raise _cast(value, "java.lang.String")
    return value


def a_list(value: Json) -> Sequence[Json]:
    if not isinstance(value, list):
        raise _cast(value, "java.util.List")
    return value


def a_mapping(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise _cast(value, "java.util.Map")
    return value


def parsed_integer(text: str) -> int:
    if not _INTEGER.fullmatch(text) or not _INT_MIN <= int(text) <= _INT_MAX:
        raise NotLogical(f'For input string: "{text}"')
    return int(text)


def whole(value: Json) -> int:
    """A number made an int as Java narrows it."""
    assert is_number(value)
    return (int(value) - _INT_MIN) % 2**32 + _INT_MIN


def is_number(value: Json) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _cast(value: Json, wanted: str) -> NotLogical:
    found = _class(value)
    return NotLogical(
        f"class {found} cannot be cast to class {wanted} "
        f"({found} and {wanted} are in module java.base of loader 'bootstrap')"
    )


def _class(value: Json) -> str:
    match value:
        case bool():
            return "java.lang.Boolean"
        case int():
            if _INT_MIN <= value <= _INT_MAX:
                return "java.lang.Integer"
            return "java.lang.Long" if _LONG_MIN <= value <= _LONG_MAX else "java.math.BigInteger"
        case float() | Decimal():
            return "java.lang.Double"
        case str():
            return "java.lang.String"
        case list():
            return "java.util.ArrayList"
        case _:
            return "java.util.LinkedHashMap"
