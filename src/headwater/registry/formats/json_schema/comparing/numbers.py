"""Numbers are compared as doubles, as Confluent does, but for what they must be multiples of."""

import math
from decimal import Decimal
from fractions import Fraction
from typing import Final

from headwater.registry.formats.json_schema.comparing.difference import Difference
from headwater.registry.formats.json_schema.comparing.step import limit
from headwater.registry.formats.json_schema.model import Number, Numeric

_EXPONENT_MAX: Final = 1_000


def number_differences(original: Numeric, update: Numeric) -> list[Difference]:
    return [
        *limit("MAXIMUM", "maximum", as_double(original.maximum), as_double(update.maximum)),
        *limit("MINIMUM", "minimum", as_double(original.minimum), as_double(update.minimum)),
        *_exclusive_maximum(original, update),
        *limit(
            "EXCLUSIVE_MINIMUM",
            "exclusiveMinimum",
            as_double(original.exclusive_minimum),
            as_double(update.exclusive_minimum),
        ),
        *_multiple_of(original.multiple_of, update.multiple_of),
        *_kind(original, update),
    ]


def as_double(number: Number | None) -> float | None:
    """What is too large for one is endless."""
    if number is None:
        return None
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _exclusive_maximum(original: Numeric, update: Numeric) -> list[Difference]:
    """Confluent takes the new `maximum`, where there is one, for the new exclusive one when it asks whether that decreased."""
    before, after = as_double(original.exclusive_maximum), as_double(update.exclusive_maximum)
    maximum = as_double(update.maximum)
    if before is not None and after is not None and before > after and maximum is not None:
        after = min(before, maximum)
    return limit("EXCLUSIVE_MAXIMUM", "exclusiveMaximum", before, after)


def _multiple_of(original: Number | None, update: Number | None) -> list[Difference]:
    if original is None and update is None:
        return []
    if original is None:
        change = "ADDED"
    elif update is None:
        change = "REMOVED"
    elif original == update:
        return []
    elif _divides(original, update):
        change = "EXPANDED"
    elif _divides(update, original):
        change = "REDUCED"
    else:
        change = "CHANGED"
    return [Difference(f"MULTIPLE_OF_{change}", ("multipleOf",))]


def _divides(divisor: Number, number: Number) -> bool:
    if any(isinstance(each, Decimal) and abs(each.adjusted()) > _EXPONENT_MAX for each in (divisor, number)):
        return False
    return divisor != 0 and Fraction(number) % Fraction(divisor) == 0


def _kind(original: Numeric, update: Numeric) -> list[Difference]:
    if original.is_integer == update.is_integer:
        return []
    return [Difference("TYPE_EXTENDED" if original.is_integer else "TYPE_NARROWED", ())]
