"""What an administrator did to topics, and what may be true of each after it.

An answer that never came leaves two truths possible, and an observation narrows them down again. When none is left, the
broker has forgotten something that it had promised, or made something up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from headwater.wire.error_codes import ErrorCode


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """`life` counts the times that a topic of this name was asked for; records in it say of which life they are."""

    life: int
    partitions: int
    retention_ms: int


State = Topic | None
"""None where there is no such topic."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Observed:
    """A topic as it is described, and the lives that the records in it say."""

    partitions: int
    retention_ms: int
    lives: frozenset[int]

    def fits(self, state: State) -> bool:
        if state is None:
            return False
        described = (self.partitions, self.retention_ms) == (state.partitions, state.retention_ms)
        return described and self.lives <= {state.life}


@dataclass(frozen=True, slots=True)
class Create:
    topic: Topic
    refusal: ClassVar = ErrorCode.TOPIC_ALREADY_EXISTS

    def refused_in(self, state: State) -> bool:
        return state is not None

    def done_to(self, _: State) -> State:
        return self.topic


@dataclass(frozen=True, slots=True)
class Delete:
    refusal: ClassVar = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

    def refused_in(self, state: State) -> bool:
        return state is None

    def done_to(self, _: State) -> State:
        return None


@dataclass(frozen=True, slots=True)
class Grow:
    partitions: int
    refusal: ClassVar = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

    def refused_in(self, state: State) -> bool:
        return state is None

    def done_to(self, state: State) -> State:
        assert state is not None
        return replace(state, partitions=self.partitions)


@dataclass(frozen=True, slots=True)
class Retain:
    retention_ms: int
    refusal: ClassVar = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

    def refused_in(self, state: State) -> bool:
        return state is None

    def done_to(self, state: State) -> State:
        assert state is not None
        return replace(state, retention_ms=self.retention_ms)


Change = Create | Delete | Grow | Retain


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicStep:
    """`answer` is what came back: done, a refusal, or None where nothing did. An observation of nothing is None."""

    name: str
    change: Change | None = None
    answer: ErrorCode | None = None
    observed: Observed | None = None


class Beliefs:
    """The states in which each topic may be, in the order in which they became possible."""

    def __init__(self) -> None:
        self._states: dict[str, tuple[State, ...]] = {}

    def of(self, name: str) -> tuple[State, ...]:
        return self._states.get(name, (None,))

    def after(self, step: TopicStep) -> None:
        before = self.of(step.name)
        after = tuple(dict.fromkeys(_after(before, step)))
        assert after, f"{step} can't be after {before}"
        self._states[step.name] = after


def _after(before: Iterable[State], step: TopicStep) -> Iterable[State]:
    if step.change is None:
        seen = step.observed
        return (state for state in before if (state is None if seen is None else seen.fits(state)))
    return _changed(tuple(before), step.change, step.answer)


def _changed(before: tuple[State, ...], change: Change, answer: ErrorCode | None) -> Iterable[State]:
    done = [change.done_to(state) for state in before if not change.refused_in(state)]
    if answer is ErrorCode.NONE:
        return done
    if answer is change.refusal:
        return [state for state in before if change.refused_in(state)]
    assert answer is None or answer.retriable, f"{change} is refused with {answer.name}"
    return [*before, *done]
