"""The order in which Java's hash tables give their keys.

Confluent's loaders hold the keywords and properties of a schema in such tables. For the newer drafts the order decides how
assertions are joined, and so the verdict; for all of them it is the order in which differences are told.
"""

from collections.abc import Iterable

_CAPACITY = 16
_WORD = 2**32


def hash_order(keys: Iterable[str]) -> list[str]:
    known = list(dict.fromkeys(keys))
    capacity = _CAPACITY
    while len(known) > capacity * 3 // 4:
        capacity *= 2
    return sorted(known, key=lambda key: _spread(key) & (capacity - 1))


def _spread(key: str) -> int:
    code = 0
    for unit in memoryview(key.encode("utf-16-le", "surrogatepass")).cast("H"):
        code = (code * 31 + unit) % _WORD
    return code ^ (code >> 16)
