"""Whether the default of a property is a value of its column's type. What is not counts as none."""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from datetime import date
from typing import Final

from headwater.registry.formats.json_text import Json
from headwater.registry.formats.logical.java import is_number
from headwater.registry.formats.logical.types import Kind, Type

_DATE: Final = r"(\d{4})-(\d\d)-(\d\d)"
_TIME: Final = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.]\d{0,9})?)?"
_NUMBERS: Final = (Kind.TINYINT, Kind.SMALLINT, Kind.INT, Kind.BIGINT, Kind.FLOAT, Kind.DOUBLE)
_TEXTS: Final = (Kind.CHAR, Kind.VARCHAR, Kind.ENUM)
_FORMS: Final[Mapping[Kind, re.Pattern[str]]] = {
    Kind.DECIMAL: re.compile(r"[+-]?(\d+[.]?\d*|[.]\d+)([eE][+-]?\d{1,10})?"),
    Kind.DATE: re.compile(_DATE),
    Kind.TIME: re.compile(_TIME),
    Kind.TIMESTAMP: re.compile(f"{_DATE}[Tt]{_TIME}"),
    Kind.TIMESTAMP_LTZ: re.compile(_DATE + r"[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d([.]\d{0,9})?[Zz]"),
}
_DATED: Final = (Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMP_LTZ)


def is_value(kind: Type, value: Json) -> bool:
    match kind.kind:
        case Kind.UNION:
            return bool(kind.fields) and is_value(kind.fields[0].type, value)
        case Kind.BOOLEAN:
            return isinstance(value, bool)
        case each if each in _NUMBERS:
            return is_number(value)
        case each if each in _TEXTS:
            return isinstance(value, str)
        case Kind.BINARY | Kind.VARBINARY:
            return isinstance(value, str) and _is_base64(value)
        case Kind.DECIMAL | Kind.TIMESTAMP_LTZ if is_number(value):
            return True
        case each if each in _FORMS:
            return isinstance(value, str) and _is_written(each, value)
        case _:
            return False


def _is_base64(text: str) -> bool:
    """The signs that fill it up may be missing."""
    padding = "" if text.endswith("=") else "=" * (-len(text) % 4)
    try:
        b64decode(text + padding, validate=True)
    except (Error, ValueError):
        return False
    return True


def _is_written(kind: Kind, text: str) -> bool:
    found = _FORMS[kind].fullmatch(text)
    if found is None or kind not in _DATED:
        return found is not None
    try:
        date(*(int(each) for each in found.group(1, 2, 3)))
    except ValueError:
        return False
    return True
