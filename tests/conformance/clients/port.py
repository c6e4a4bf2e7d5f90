"""What a test asks of a Kafka client, whichever library it is: each has an adapter, and most tests run with each.

An adapter hides how a library spells a job and never what the broker answered: a refusal arrives as the code that came
over the wire. Every wait in an adapter has a deadline.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from headwater.wire.error_codes import ErrorCode

DEADLINE_S = 20.0
DEADLINE_MS = 20_000
A_MOMENT_S = 0.05
MAX_BYTES = 16 * 2**20
"""Above every limit of a broker, so that it is the broker that refuses."""

METADATA_AGE_MS = 500
"""After how long a member looks whether its topics have grown."""

Headers = tuple[tuple[str, bytes | None], ...]
EARLIEST = -2
LATEST = -1


class Refused(Exception):
    """The broker said no."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(f"{ErrorCode(code).name}: {message}")
        self.code = ErrorCode(code)


@dataclass(frozen=True, kw_only=True, slots=True)
class New:
    """A record to be written."""

    key: bytes | None = None
    value: bytes | None = None
    headers: Headers = ()
    timestamp: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """A record that was read."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, kw_only=True, slots=True)
class Committed:
    offset: int
    metadata: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Joining:
    """How a member takes part in its group."""

    group: str
    topics: tuple[str, ...]
    strategy: str = "range"
    instance_id: str | None = None
    session_timeout_ms: int = 6_000
    max_poll_interval_ms: int = 60_000


class Reader(Protocol):
    """A consumer; used by one thread."""

    def assign(self, topic: str, at: Mapping[int, int]) -> None:
        """Read these partitions of the topic from these offsets, or from EARLIEST or LATEST."""

    def subscribe(self, *topics: str) -> None: ...
    def assignment(self) -> frozenset[tuple[str, int]]: ...
    def poll(self) -> Sequence[Record]:
        """What is there, or comes in a moment."""

    def seek(self, topic: str, partition: int, offset: int) -> None: ...
    def position(self, topic: str, partition: int) -> int: ...
    def pause(self, topic: str, partition: int) -> None: ...
    def resume(self, topic: str, partition: int) -> None: ...
    def ends(self, topic: str, partition: int) -> tuple[int, int]: ...
    def offset_since(self, topic: str, partition: int, timestamp: int) -> int | None: ...
    def commit(self, topic: str, partition: int, committed: Committed) -> None: ...
    def commit_position(self) -> None:
        """Without waiting."""

    def committed(self, topic: str, partition: int) -> Committed | None: ...
    def close(self) -> None:
        """Leave the group, if there is one."""


class Admin(Protocol):
    def create(
        self,
        topic: str,
        *,
        partitions: int = 1,
        replicas: int = 1,
        settings: Mapping[str, str] | None = None,
        validate_only: bool = False,
    ) -> None: ...
    def delete(self, topic: str) -> None: ...
    def topics(self) -> Mapping[str, int]:
        """The number of partitions of each."""

    def grow(self, topic: str, partitions: int, *, validate_only: bool = False) -> None: ...
    def settings(self, topic: str) -> Mapping[str, str | None]: ...
    def change(self, topic: str, settings: Mapping[str, str]) -> None: ...
    def trim(self, topic: str, partition: int, before: int) -> int:
        """DeleteRecords, and the offset with which the log begins then."""

    def groups(self) -> Sequence[str]: ...
    def state_of(self, group: str) -> str: ...
    def group_offsets(self, group: str) -> Mapping[tuple[str, int], Committed]: ...
    def nodes(self) -> Sequence[tuple[str, int]]: ...
    def close(self) -> None: ...


class Library(Protocol):
    """One client library, bound to one broker."""

    name: str
    codecs: frozenset[str]
    strategies: frozenset[str]
    null_headers: bool
    """Whether it lets a header have no value."""

    def reads(self, code: ErrorCode) -> ErrorCode:
        """What the library makes of a code: an older one doesn't know them all."""

    def produce(
        self,
        topic: str,
        records: Sequence[New],
        *,
        partition: int = 0,
        acks: int = -1,
        compression: str = "none",
        idempotent: bool = False,
    ) -> Sequence[int]:
        """The offsets at which the records stand. Raises Refused."""

    def reader(self, *, group: str | None = None, isolation: str = "read_uncommitted") -> Reader: ...
    def member(self, joining: Joining) -> Reader:
        """A reader that has subscribed."""

    def admin(self) -> Admin: ...
