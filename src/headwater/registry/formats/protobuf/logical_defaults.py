"""A default that Confluent's options give a field (`logical.default`), as text: whether it is one of its column's values."""

import re
from typing import Final

from headwater.registry.formats.logical.errors import NotLogical
from headwater.registry.formats.logical.java import parsed_integer
from headwater.registry.formats.logical.types import Kind, Type

_SMALL: Final = {Kind.TINYINT: 2**7, Kind.SMALLINT: 2**15}
_LONG: Final = 2**63
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_FLOAT: Final = re.compile(r"\s*[+-]?(NaN|Infinity|(\d+[.]?\d*|[.]\d+)([eE][+-]?\d+)?[fFdD]?)\s*")
_DECIMAL: Final = re.compile(r"[+-]?(\d+[.]?\d*|[.]\d+)([eE][+-]?\d{1,10})?")
_DATE: Final = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_TIME: Final = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.]\d{0,9})?)?"
_FORMS: Final = {
    Kind.DATE: re.compile(_DATE),
    Kind.TIME: re.compile(_TIME),
    Kind.TIMESTAMP: re.compile(f"{_DATE}[Tt]{_TIME}"),
    Kind.TIMESTAMP_LTZ: re.compile(_DATE + r"[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d([.]\d{0,9})?[Zz]"),
}
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_NONE_AT_ALL: Final = (Kind.STRUCT, Kind.ARRAY, Kind.MAP, Kind.MULTISET, Kind.VARIANT, Kind.REF)


def check_default(kind: Type, text: str) -> None:
    """Raises NotLogical."""
    if kind.kind in _NONE_AT_ALL:
        raise NotLogical(f"Default values are not supported for type: {kind.kind}")
    match kind.kind:
        case Kind.UNION:
            check_default(kind.fields[0].type, text)
        case Kind.INT:
            parsed_integer(text)
        case Kind.TINYINT | Kind.SMALLINT:
            _check_small(text, _SMALL[kind.kind])
        case Kind.BIGINT:
            _check(bool(_INTEGER.fullmatch(text)) and -_LONG <= int(text) < _LONG, text)
        case Kind.FLOAT | Kind.DOUBLE:
            if not text.strip():
                raise NotLogical("empty String")
            _check(bool(_FLOAT.fullmatch(text)), text)
        case Kind.DECIMAL | Kind.BINARY | Kind.VARBINARY:
            form = _DECIMAL if kind.kind is Kind.DECIMAL else _BASE64
            if not form.fullmatch(text):
                raise NotLogical(f"{kind.kind}: {text}")
        case each if each in _FORMS and not _FORMS[each].fullmatch(text):
            raise NotLogical(f"Text '{text}' could not be parsed at index 0")
        case _:
            pass


def _check_small(text: str, limit: int) -> None:
    if not -limit <= parsed_integer(text) < limit:
        raise NotLogical(f'Value out of range. Value:"{text}" Radix:10')


def _check(is_right: bool, text: str) -> None:
    if not is_right:
        raise NotLogical(f'For input string: "{text}"')
