"""What the text of a setting can mean, in exactly the forms that Apache Kafka reads and prints.

A setting travels as text: in `server.properties`, in ConfigRecords, in AlterConfigs and DescribeConfigs. A kind turns it
into a value and back, so that text -> value -> text is what Kafka would print for the same text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any, Final, Generic, TypeVar

Value_co = TypeVar("Value_co", covariant=True)

INT_MAX: Final = 2**31 - 1
LONG_MAX: Final = 2**63 - 1
SHORT_MAX: Final = 2**15 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind(Generic[Value_co]):
    """`parse` raises ValueError for text that isn't `wanted`; `type` is the name of Kafka's ConfigDef type."""

    type: str
    wanted: str
    parse: Callable[[str], Value_co]
    text: Callable[[Any], str] = str
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()


class Secret:
    """A password that no log line and no traceback shows by accident; `reveal` is easy to search for."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret([hidden])"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


_WHOLE = re.compile(r"[+-]?[0-9]+")
_COMMA = re.compile(r"\s*,\s*")
_SCIENTIFIC_FROM, _SCIENTIFIC_BELOW = 1e7, 1e-3
"""Where Java's Double.toString turns to the form `1.0E7`."""


def _whole(text: str) -> int:
    """Java's parseInt: digits of ASCII and a sign, no underscores."""
    if not _WHOLE.fullmatch(text.strip()):
        raise ValueError(text)
    return int(text)


def _boolean(text: str) -> bool:
    word = text.strip().lower()
    if word not in ("true", "false"):
        raise ValueError(text)
    return word == "true"


def _boolean_text(value: bool) -> str:
    return "true" if value else "false"


def _double(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(text)
    return value


def _double_text(value: float) -> str:
    """As Java's Double.toString."""
    if value == 0 or _SCIENTIFIC_BELOW <= abs(value) < _SCIENTIFIC_FROM:
        return repr(float(value))
    sign, digits, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    first, *rest = map(str, digits)
    return f"{'-' * sign}{first}.{''.join(rest) or '0'}E{int(exponent) + len(rest)}"


def _text_list(text: str) -> tuple[str, ...]:
    return tuple(_COMMA.split(text.strip())) if text.strip() else ()


Short: Final = Kind(type="SHORT", wanted="a whole number", parse=_whole, least=-SHORT_MAX - 1, most=SHORT_MAX)
Int: Final = Kind(type="INT", wanted="a whole number", parse=_whole, least=-INT_MAX - 1, most=INT_MAX)
Long: Final = Kind(type="LONG", wanted="a whole number", parse=_whole, least=-LONG_MAX - 1, most=LONG_MAX)
Bytes: Final = Kind(type="LONG", wanted="a number of bytes", parse=_whole, least=-LONG_MAX - 1, most=LONG_MAX)
Millis: Final = Kind(type="LONG", wanted="a number of milliseconds", parse=_whole, least=-LONG_MAX - 1, most=LONG_MAX)
Double: Final = Kind(type="DOUBLE", wanted="a number", parse=_double, text=_double_text)
Boolean: Final = Kind(type="BOOLEAN", wanted="true or false", parse=_boolean, text=_boolean_text)
Text: Final = Kind(type="STRING", wanted="text", parse=str.strip)
ClassName: Final = Kind(type="CLASS", wanted="the name of a class", parse=str.strip)
TextList: Final = Kind(type="LIST", wanted="a list separated by commas", parse=_text_list, text=",".join)
Password: Final = Kind(type="PASSWORD", wanted="a password", parse=Secret, text=Secret.reveal)


def Choice(*choices: str) -> Kind[str]:  # noqa: N802 - it reads as the other kinds do
    """One of these words, spelled just so."""

    def parse(text: str) -> str:
        return choices[choices.index(text.strip())]

    return Kind(type="STRING", wanted=f"one of {', '.join(choices)}", parse=parse, choices=choices)


def ListOf(*choices: str) -> Kind[tuple[str, ...]]:  # noqa: N802
    """Some of these words, each at most once."""

    def parse(text: str) -> tuple[str, ...]:
        words = _text_list(text)
        if len({*words}) < len(words) or any(word not in choices for word in words):
            raise ValueError(text)
        return words

    wanted = f"a list of {', '.join(choices)}, each at most once"
    return Kind(type="LIST", wanted=wanted, parse=parse, text=",".join, choices=choices)
