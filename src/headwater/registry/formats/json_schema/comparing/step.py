"""How a rule asks for parts to be compared: it yields the pair and is sent their differences.

So no rule calls another, and a schema that is deep through its references takes no stack.
"""

from collections.abc import Generator, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from headwater.registry.formats.json_schema.comparing.difference import Difference
from headwater.registry.formats.json_schema.model import Schema

Path: TypeAlias = tuple[str, ...]


class Pair(NamedTuple):
    """What was written with, and what is to read it. None is a schema that isn't there."""

    original: Schema | None
    update: Schema | None


Found: TypeAlias = Sequence[Difference]
Rule: TypeAlias = Generator[Pair, Found, list[Difference]]
"""Its paths begin at the pair that it is about."""
Attempt: TypeAlias = Generator[Pair, Found, list[Difference] | None]
"""Gives None where another rule has to say what differs."""


def below(path: Path, found: Iterable[Difference]) -> list[Difference]:
    return [each.below(path) for each in found]


def at(path: Path, pair: Pair) -> Rule:
    found = yield pair
    return below(path, found)


def limit(family: str, keyword: str, original: float | None, update: float | None) -> list[Difference]:
    """A number that is asserted by one or both."""
    match original, update:
        case None, None:
            return []
        case None, _:
            change = "ADDED"
        case _, None:
            change = "REMOVED"
        case _:
            assert original is not None
            assert update is not None
            if original == update:
                return []
            change = "INCREASED" if original < update else "DECREASED"
    return [Difference(f"{family}_{change}", (keyword,))]
