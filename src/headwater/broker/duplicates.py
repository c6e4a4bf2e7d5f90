"""What a request names twice. Kafka refuses such items, all of them: it can't be known which one was meant."""

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)


def named_twice(names: Iterable[Name]) -> frozenset[Name]:
    """For looking up: each of these was named more than once."""
    return frozenset(name for name, times in Counter(names).items() if times > 1)
