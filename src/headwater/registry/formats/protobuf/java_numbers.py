"""Numbers as a normalised text has them: read and written by Java's rules, which Confluent's normalisation calls on.

What is written has at most three digits after the point, the rest is rounded; `0x10` and `020` are 16; and what is no number there,
such as `-inf` or `08`, stays as it is.
"""

import math
import re
import struct
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

_HEXADECIMAL: Final = re.compile(r"(-?)0[xX]([0-9a-fA-F]+)")
_INTEGER: Final = re.compile(r"(-?)([0-9]+)")
_LONG: Final = re.compile(r"(-?[0-9]+)[lL]")
_DECIMAL: Final = re.compile(r"(-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?)([fFdD]?)")
_EXPONENT_MAX: Final = 5_000
_PLACES: Final = Decimal("0.001")
_EXACT: Final = Context(prec=2 * _EXPONENT_MAX)
_FLOAT_MAX: Final = 3.4028235677973366e38
"""Where Java's `Float` becomes infinite."""


def normalized_number(text: str) -> str:
    value = _number(text)
    return text if value is None else _written(value)


def _number(text: str) -> int | float | Decimal | None:
    if found := _HEXADECIMAL.fullmatch(text):
        return int(found[1] + found[2], 16)
    if found := _INTEGER.fullmatch(text):
        return _integer(found[1], found[2])
    if found := _LONG.fullmatch(text):
        return int(found[1])
    if found := _DECIMAL.fullmatch(text):
        return _fraction(found[1], found[2])
    return None


def _integer(sign: str, digits: str) -> int | None:
    """A zero in front means octal."""
    base = 8 if digits.startswith("0") and len(digits) > 1 else 10
    try:
        return int(sign + digits, base)
    except ValueError:
        return None


def _fraction(text: str, suffix: str) -> float | Decimal | None:
    """A float where that says the same as a double, then a double, then a decimal: the first that can hold it."""
    exact = Decimal(text)
    if abs(exact.adjusted()) > _EXPONENT_MAX:
        return None
    double = float(exact)
    nearest = _as_float(double)
    if nearest is not None and (bool(nearest) or not exact) and (suffix in ("f", "F") or _shortest(nearest) == double):
        return nearest
    if math.isinf(double) or (not double and exact):
        return exact
    return double


def _as_float(double: float) -> float | None:
    if abs(double) >= _FLOAT_MAX:
        return None
    unpacked: float = struct.unpack(">f", struct.pack(">f", double))[0]
    return unpacked


def _shortest(nearest: float) -> float:
    """The double that is written with the fewest digits that mean this float."""
    texts = (f"{nearest:.{digits}g}" for digits in range(1, 10))
    return next(float(text) for text in texts if _as_float(float(text)) == nearest)


def _written(value: float | Decimal) -> str:
    """Halves go to the even neighbour, by what the number is and not by how it is shown."""
    if isinstance(value, int):
        return str(value)
    shown = Decimal(repr(value)) if isinstance(value, float) else value
    rounded = shown.quantize(_PLACES, ROUND_HALF_EVEN, _EXACT)
    if isinstance(value, float) and abs(shown - rounded) * 2 == _PLACES:
        rounded = Decimal(value).quantize(_PLACES, ROUND_HALF_EVEN, _EXACT)
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
