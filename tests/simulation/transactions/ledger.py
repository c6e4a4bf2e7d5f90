"""What was tried in transactions and what was said of their ends, beside the history: all that the checks may look at.

A *flow* is one passing on of the input: for each of its records, one record in every sink, and the offset in the flow's
group. So whatever of a transaction is seen, the rest of it is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from tests.simulation.broker.history import History, TopicPartition

SOURCES: Final[tuple[TopicPartition, ...]] = (("in", 0), ("in", 1))
STATE: Final[TopicPartition] = ("state", 0)
"""Compacted: how far each flow has passed on each source."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    group: str
    sinks: tuple[TopicPartition, ...]


BY_NAME: Final = Flow(group="named", sinks=(("by-name", 0), ("by-name", 1)))
"""Each source has a transactional id, and whoever takes that over has the source (KIP-98)."""
BY_MEMBERSHIP: Final = Flow(group="members", sinks=(("by-membership", 0), ("by-membership", 1)))
"""Each member has a transactional id of its own, and the group says who has which source (KIP-447)."""
FLOWS: Final = (BY_NAME, BY_MEMBERSHIP)


class Fate(Enum):
    NEVER = "was never asked to be committed, or refused to be"
    MAYBE = "was asked to be committed, and nobody was told"
    COMMITTED = "was said to be committed"


@dataclass(kw_only=True, slots=True)
class Attempt:
    """One transaction."""

    name: str
    flow: Flow
    source: TopicPartition
    offsets: Sequence[int]
    fate: Fate = Fate.NEVER

    @property
    def end(self) -> int:
        """What it commits for its group."""
        return self.offsets[-1] + 1

    @property
    def state_key(self) -> bytes:
        return state_key(self.flow, self.source)


def output_key(source: TopicPartition, offset: int) -> bytes:
    topic, index = source
    return f"{topic}-{index} {offset}".encode()


def state_key(flow: Flow, source: TopicPartition) -> bytes:
    topic, index = source
    return f"{flow.group} {topic}-{index}".encode()


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A record as a reader of committed records gets it."""

    offset: int
    key: bytes
    value: bytes | None


@dataclass(kw_only=True, slots=True)
class Ledger:
    """`inputs`, `left`, `state` and `committed` are what is there when all is over."""

    history: History = field(default_factory=History)
    attempts: dict[str, Attempt] = field(default_factory=dict)
    inputs: dict[TopicPartition, list[Seen]] = field(default_factory=dict)
    left: dict[TopicPartition, list[Seen]] = field(default_factory=dict)
    state: dict[bytes, Seen] = field(default_factory=dict)
    committed: dict[Flow, dict[TopicPartition, int]] = field(default_factory=dict)

    def begin(self, worker: str, flow: Flow, source: TopicPartition, offsets: Sequence[int]) -> Attempt:
        attempt = Attempt(name=f"{worker}/{len(self.attempts)}", flow=flow, source=source, offsets=offsets)
        self.attempts[attempt.name] = attempt
        return attempt
