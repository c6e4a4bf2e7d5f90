"""Regular expressions that clients send, in the syntax that Kafka's coordinator reads, RE2's: no expression takes longer than
the text it is matched with is long.

An expression that would compile to too large a program is refused, so that compiling takes milliseconds at most. What it
matches of the cluster's topics is found in turns with other work, and kept until topics come or go.
"""

from collections.abc import Callable
from typing import Final

import re2

from headwater.broker.errors import InvalidExpression
from headwater.broker.turns import Turns
from headwater.control.groups.ports import Topics
from headwater.kernel.units import KiB
from headwater.wire.types import TopicName

_PROGRAM_BYTES_MAX: Final = 256 * KiB
_LENGTH_MAX: Final = 4_096
_KEPT_MAX: Final = 1_000
_NAMES_IN_A_TURN: Final = 100


def matcher(expression: str) -> Callable[[str], bool]:
    """Whether a text as a whole matches. Raises InvalidExpression.

    RE2 offers more than one way. A compiled pattern builds match objects, at five times the cost; so it only judges the
    expression, and a set of one is asked.
    """
    if len(expression) > _LENGTH_MAX:
        raise InvalidExpression(expression[:_LENGTH_MAX], f"it has more than {_LENGTH_MAX} characters")
    try:
        re2.compile(expression, _options(max_mem=_PROGRAM_BYTES_MAX))
        alone = re2.Set.FullMatchSet(_options())
        alone.Add(expression)
        alone.Compile()
    except re2.error as error:
        reason = error.args[0] if error.args else error
        raise InvalidExpression(expression, reason.decode() if isinstance(reason, bytes) else str(reason)) from None
    return lambda text: bool(alone.Match(text))


class TopicExpressions:
    """Which topics each expression matches, for all clients that use it."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._version = topics.version
        self._kept: dict[str, tuple[TopicName, ...]] = {}

    async def topics(self, expression: str) -> tuple[TopicName, ...]:
        """By name, in order. Raises InvalidExpression."""
        if self._version != self._topics.version:
            self._version = self._topics.version
            self._kept.clear()
        known = self._kept.get(expression)
        if known is not None:
            return known
        version, matches, turns = self._version, matcher(expression), Turns()
        found: list[TopicName] = []
        names = list(self._topics.names())
        for start in range(0, len(names), _NAMES_IN_A_TURN):
            await turns.next()
            found += [name for name in names[start : start + _NAMES_IN_A_TURN] if matches(name)]
        topics = tuple(sorted(found))
        if version == self._topics.version and len(self._kept) < _KEPT_MAX:
            self._kept[expression] = topics
        return topics


def _options(*, max_mem: int | None = None) -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    if max_mem is not None:
        options.max_mem = max_mem
    return options
