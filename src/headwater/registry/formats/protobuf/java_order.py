"""The order in which Java's hashed sets and maps give their strings back, which shows in what Confluent writes."""

from collections.abc import Iterable, Sequence

_CAPACITY_MIN = 16
_FILLED = 0.75


def union(first: Iterable[str], second: Iterable[str]) -> list[str]:
    """Of the keys of two maps: a set of the first one's, to which the second one's are added."""
    one, other = dict.fromkeys(first), dict.fromkeys(second)
    roomy = max(int(len(one) / _FILLED) + 1, _CAPACITY_MIN)
    inserted = {**dict.fromkeys(_ordered([*one])), **dict.fromkeys(_ordered([*other]))}
    return _ordered([*inserted], capacity=1 << (roomy - 1).bit_length())


def of(keys: Iterable[str]) -> list[str]:
    """The keys of one map, that were merged into it in this order: a merged one comes first in its bucket."""
    return _ordered([*keys][::-1])


def _ordered(names: Sequence[str], *, capacity: int = _CAPACITY_MIN) -> list[str]:
    """By bucket, and in one bucket as they came."""
    while len(names) > _FILLED * capacity:
        capacity *= 2
    return sorted(names, key=lambda name: _spread(name) & (capacity - 1))


def _spread(name: str) -> int:
    value = 0
    units = name.encode("utf-16-be")
    for high, low in zip(units[::2], units[1::2], strict=True):
        value = (31 * value + (high << 8 | low)) & 0xFFFFFFFF
    return value ^ value >> 16
