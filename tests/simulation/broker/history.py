"""What everybody outside the broker did and was told, in order: all that a check may look at.

Entries carry the moments at which a question left and its answer came, drawn from one counter. Of two entries one is later
than the other only if it was asked after the other was told; what overlaps has no order.
"""

from dataclasses import dataclass, field

from tests.simulation.broker.topics import TopicStep

TopicPartition = tuple[str, int]
Moment = int


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """What one writer sent, numbered by partition from 0."""

    writer: str
    place: TopicPartition
    number: int

    @property
    def label(self) -> bytes:
        """Its first record's value."""
        topic, partition = self.place
        return f"{self.writer} {topic}-{partition} {self.number}".encode()


@dataclass(frozen=True, kw_only=True, slots=True)
class Acknowledged:
    """`base_offset` is -1 for a duplicate of which the broker knows that it is there, but not where."""

    batch: Batch
    base_offset: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """A batch as it lies in a log. `body` is all of it but its base offset and epoch, which the log gives it."""

    place: TopicPartition
    base_offset: int
    last_offset: int
    epoch: int
    label: bytes
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Edge:
    """What somebody was told of a log's end, and of its leader epoch where that was told, too."""

    place: TopicPartition
    high_watermark: int
    epoch: int | None
    asked: Moment
    told: Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochEnd:
    """An answer of OffsetForLeaderEpoch about an epoch that was over: the newest not above it, and where that ended."""

    place: TopicPartition
    asked_for: int
    epoch: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Commit:
    """An offset that a member committed, or that somebody found committed."""

    group: str
    place: TopicPartition
    offset: int
    asked: Moment
    told: Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """What a member of a generation was given to read."""

    group: str
    member: str
    generation: int
    leader: str
    places: tuple[TopicPartition, ...]
    asked: Moment
    told: Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class Holding:
    """What a heartbeat left a member of a consumer group with."""

    member: str
    epoch: int
    places: tuple[TopicPartition, ...]
    asked: Moment
    told: Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class Lent:
    """A record that a member of a share group was given."""

    place: TopicPartition
    offset: int
    asked: Moment
    told: Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """A record that a member of a share group accepted, and was told that this stands."""

    place: TopicPartition
    offset: int
    asked: Moment
    told: Moment


@dataclass(kw_only=True, slots=True)
class History:
    """`shown` has each thing that a reader saw once, in the order of first sight; `left` is what lies in the logs after
    the last start, by place and from the first offset to the last."""

    acknowledged: list[Acknowledged] = field(default_factory=list)
    disowned: list[Batch] = field(default_factory=list)
    """Refused as out of order: right only for what is in the log, but no longer remembered."""
    idempotent: list[str] = field(default_factory=list)
    """The writers whose batches may not come twice."""
    shown: dict[Stored, None] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    epoch_ends: list[EpochEnd] = field(default_factory=list)
    committed: list[Commit] = field(default_factory=list)
    found: list[Commit] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)
    lent: list[Lent] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    topics: list[TopicStep] = field(default_factory=list)
    divergences: int = 0
    """How often a reader was told that it had read what was lost."""
    starts: list[Moment] = field(default_factory=list)
    unclean_starts: list[Moment] = field(default_factory=list)
    left: dict[TopicPartition, list[Stored]] = field(default_factory=dict)
    requests: int = 0
    _moments: int = 0

    def ask(self) -> Moment:
        """A question leaves."""
        self.requests += 1
        return self.tick()

    def tick(self) -> Moment:
        self._moments += 1
        return self._moments
