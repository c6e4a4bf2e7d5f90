"""JSON as Jackson reads and writes it, so that a schema's text is the one that Java gives it.

What differs from Python's own: comments are allowed; of a repeated key the last value counts, in the first one's place; control
characters are escaped with capital digits; and a double is written as Java writes one, `1.0E10`.
"""

import json
import math
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

from headwater.registry.errors import InvalidSchema

Json = Any
"""None, bool, int, float or Decimal, str, list and dict, the latter in the order of its keys."""

DEPTH_MAX: Final = 200
"""Nesting that no schema needs; far below what would exhaust the interpreter's stack."""
_DIGITS_MAX: Final = 1_000
_EXPONENT_MAX: Final = 2**31 - 1
_PLAIN_FROM, _PLAIN_BELOW = 1e-3, 1e7
_TOKENS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|/\*.*?\*/|//[^\n]*', re.DOTALL)
_ESCAPED: Final = re.compile(r'[\x00-\x1f"\\]')
_BEYOND: Final = re.compile(r"[\U00010000-\U0010ffff]")
_SHORT: Final = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def read(text: str) -> Json:
    """Raises InvalidSchema."""
    _check_depth(text)
    try:
        return json.loads(_uncommented(text), parse_constant=_refuse_constant, parse_int=_integer)
    except ValueError as error:
        raise InvalidSchema(str(error)) from None


def read_exactly(text: str) -> Json:
    """As Confluent reads JSON Schemas: every number keeps the digits that it was written with, what is no number is a string,
    comments are none, and what follows the value is passed over. Raises InvalidSchema."""
    _check_depth(text)
    try:
        value, _ = _EXACT.raw_decode(text.lstrip(_SPACE))
    except (ValueError, InvalidOperation) as error:
        raise InvalidSchema(str(error) or "a number is too large") from None
    return value


def write(value: Json) -> str:
    """Without a space anywhere."""
    return "".join(_written(value))


def write_bytes(value: Json) -> bytes:
    """The same where Java writes bytes at once: characters beyond the first 65,536 are escaped then, as two halves."""
    return _BEYOND.sub(_escape_halves, write(value)).encode()


def java_order(text: str) -> bytes:
    """What texts are sorted by where Java sorts them: it compares the halves of characters."""
    return text.encode("utf-16-be", "surrogatepass")


def _written(value: Json) -> Iterator[str]:
    match value:
        case None:
            yield "null"
        case True:
            yield "true"
        case False:
            yield "false"
        case str():
            yield quoted(value)
        case int():
            yield str(value)
        case float():
            yield java_double(value)
        case Decimal():
            yield str(value)
        case list() | tuple():
            yield "["
            for place, each in enumerate(value):
                yield "," if place else ""
                yield from _written(each)
            yield "]"
        case _:
            yield "{"
            for place, (key, each) in enumerate(value.items()):
                yield f"{',' if place else ''}{quoted(key)}:"
                yield from _written(each)
            yield "}"


def quoted(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return _SHORT.get(character) or f"\\u{ord(character):04X}"


def _escape_halves(found: re.Match[str]) -> str:
    first, second = divmod(ord(found[0]) - 0x10000, 0x400)
    return f"\\u{0xD800 + first:04X}\\u{0xDC00 + second:04X}"


def java_double(value: float) -> str:
    """As `Double.toString` does it; what is no number is a string in JSON."""
    if math.isnan(value):
        return '"NaN"'
    if math.isinf(value):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    if value == 0 or _PLAIN_FROM <= abs(value) < _PLAIN_BELOW:
        return repr(value)
    return _scientific(value)


def _scientific(value: float) -> str:
    """The shortest digits that mean this number, but two at least: those nearest to it where one would do."""
    sign = "-" if value < 0 else ""
    two_digits = f"{abs(value):.1e}"
    shortest = two_digits if float(two_digits) == abs(value) else repr(abs(value))
    mantissa, _, exponent = shortest.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading_zeros = len(whole + fraction) - len(digits)
    power = len(whole) - leading_zeros - 1 + int(exponent or 0)
    digits = digits.rstrip("0") or "0"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{power}"


def _uncommented(text: str) -> str:
    """Comments become a space each; those inside strings are none."""
    return _TOKENS.sub(lambda found: found[0] if found[0].startswith('"') else " ", text) if "/" in text else text


def _check_depth(text: str) -> None:
    depth = 0
    for character in re.sub(r'"(?:[^"\\]|\\.)*"', "", text):
        if character in "[{":
            depth += 1
            if depth > DEPTH_MAX:
                raise InvalidSchema(f"it is nested deeper than {DEPTH_MAX} levels")
        elif character in "]}":
            depth -= 1


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS_MAX:
        raise ValueError(f"a number of {len(digits)} digits is too long; {_DIGITS_MAX} are allowed")
    return int(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _decimal(digits: str) -> Decimal:
    """Zero has no sign."""
    if len(digits) > _DIGITS_MAX:
        raise ValueError(f"a number of {len(digits)} digits is too long; {_DIGITS_MAX} are allowed")
    number = Decimal(digits)
    if abs(number.adjusted()) > _EXPONENT_MAX:
        raise InvalidOperation
    return number or number.copy_abs()


_SPACE: Final = " \t\n\r"
_EXACT: Final = json.JSONDecoder(parse_float=_decimal, parse_int=_integer, parse_constant=str)
