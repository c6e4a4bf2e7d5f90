"""Where a share group begins in a partition: at its end, at its start, or at what was written so long ago (`by_duration`)."""

import re
from decimal import Decimal
from typing import Final

from msgspec import Struct

from headwater.kernel.units import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

_BY_DURATION: Final = "by_duration:"
_DURATION: Final = re.compile(
    r"P(?=.)(?:(?P<days>[0-9]+)D)?(?:T(?=.)(?:(?P<hours>[0-9]+)H)?(?:(?P<minutes>[0-9]+)M)?(?:(?P<seconds>[0-9]+(?:\.[0-9]{1,9})?)S)?)?"
)
_UNITS: Final = {"days": DAY_MS, "hours": HOUR_MS, "minutes": MINUTE_MS, "seconds": SECOND_MS}


class OffsetReset(Struct, frozen=True, kw_only=True):
    earliest: bool = False
    back_ms: int | None = None
    """Begin at the first record that is not older; None where time does not matter."""


LATEST: Final = OffsetReset()
EARLIEST: Final = OffsetReset(earliest=True)


def offset_reset(text: str) -> OffsetReset:
    """Of a value of `share.auto.offset.reset`. Raises ValueError."""
    if text in ("latest", "earliest"):
        return EARLIEST if text == "earliest" else LATEST
    found = _DURATION.fullmatch(text.removeprefix(_BY_DURATION)) if text.startswith(_BY_DURATION) else None
    if found is None:
        raise ValueError(text)
    parts = ((unit, found[name]) for name, unit in _UNITS.items() if found[name])
    return OffsetReset(back_ms=int(sum(unit * Decimal(part) for unit, part in parts)))


def refused(text: str) -> str | None:
    """What it must be instead."""
    try:
        offset_reset(text)
    except ValueError:
        return "latest, earliest or by_duration: with a duration of ISO 8601 such as PT1H30M"
    return None
