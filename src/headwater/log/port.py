"""The `Log` port: one partition's records, whichever engine keeps them.

Everything above this line works on any engine; `tests/contracts/test_log.py` is what "works" means.

An append takes its place in the log synchronously, in the call, and is answered later, when its bytes can no longer be
lost. So whoever calls in order is appended in order, and appends of one loop step to any number of logs share one commit.
Nobody is shown what could still be lost: `high_watermark` moves only with a commit, and reads end there.

Three spans of offsets matter: `start` to `high_watermark` can be read; `last_stable` is where a read of committed records
ends, which is the first offset of the oldest open transaction or the high watermark; and `end` is the next offset to be assigned.
"""

from asyncio import Future
from collections.abc import AsyncIterable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.log.settings import LogSettings
from headwater.wire.types import (
    LeaderEpoch,
    Offset,
    ProducerEpoch,
    ProducerId,
    Sequence as SequenceNumber,
    TopicName,
    Uuid,
)

Buffer = bytes | bytearray | memoryview
Wake = Callable[[], None]


class PartitionId(Struct, frozen=True, kw_only=True):
    """One partition of one life of a topic: a topic made again under its old name has another id."""

    topic: TopicName
    topic_id: Uuid
    index: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.index}"


class Isolation(Enum):
    """How far a read may go: consumers choose by KIP-98's isolation level, loads of machines go to the end."""

    READ_UNCOMMITTED = 0
    READ_COMMITTED = 1


class Origin(Enum):
    """Who appends, and so what is checked (Kafka's AppendOrigin)."""

    CLIENT = "client"
    """Everything is checked: header, size, timestamps, producer epoch and sequence."""
    COORDINATOR = "coordinator"
    """Our own machines: control batches are allowed, sequences are not looked at."""
    LINK = "link"
    """Copied batches: offsets and epochs are kept as they are, and must continue the log (gaps are allowed)."""


class EpochStart(Struct, frozen=True, kw_only=True):
    """A line of Kafka's leader-epoch-checkpoint: the first offset that was written in this epoch."""

    epoch: LeaderEpoch
    start: Offset


class Bounds(Struct, frozen=True, kw_only=True):
    """What a log holds at one moment; a new value at each change, so that a reader sees fields that belong together."""

    start: Offset
    local_start: Offset
    """Where the records begin that lie here. It is above `start` where older ones lie in remote storage alone."""
    high_watermark: Offset
    last_stable: Offset
    end: Offset
    epoch: LeaderEpoch
    """The leader epoch that appends are stamped with now."""
    epochs: tuple[EpochStart, ...]
    """Oldest first; one entry for each epoch in which something was written."""
    tiered_end: Offset | None = None
    """Up to where records are in remote storage; None for a log whose records stay here."""


class Appended(Struct, frozen=True, kw_only=True):
    """Where an append stands. A duplicate of a batch that is there already gives the first one's offsets."""

    base_offset: Offset
    last_offset: Offset
    append_time: Timestamp | None
    """Set where the topic stamps records itself (LogAppendTime)."""
    start: Offset
    """The log's start offset then."""
    duplicate: bool = False


class AbortedTransaction(Struct, frozen=True, kw_only=True):
    """An entry of the transaction index: this producer's records from `first` to the abort marker at `last` are void."""

    producer_id: ProducerId
    first: Offset
    last: Offset
    last_stable: Offset


class Slice(Struct, frozen=True, kw_only=True):
    """Whole batches as they stand in the log, the first of which holds the asked offset or the next one after it."""

    data: tuple[Buffer, ...]
    size: int
    bounds: Bounds
    """As they were when the read was made."""
    aborted: tuple[AbortedTransaction, ...] = ()
    """Only for READ_COMMITTED: what touches the offsets in `data`, by first offset."""


class Found(Struct, frozen=True, kw_only=True):
    """A record found by time."""

    offset: Offset
    timestamp: Timestamp
    epoch: LeaderEpoch


class EpochEnd(Struct, frozen=True, kw_only=True):
    """The largest epoch not above the asked one, and where it ended (KIP-101, OffsetForLeaderEpoch)."""

    epoch: LeaderEpoch
    end: Offset


class Span(Struct, frozen=True, kw_only=True):
    """A piece of the log that can only go as a whole: a segment, or an object. Retention and compaction think in these."""

    base: Offset
    end: Offset
    size: int
    largest_timestamp: Timestamp
    created: Timestamp
    active: bool
    """Appends still go here."""


class ProducerState(Struct, frozen=True, kw_only=True):
    """What a log remembers of a producer (DescribeProducers)."""

    producer_id: ProducerId
    epoch: ProducerEpoch
    last_sequence: SequenceNumber
    last_offset: Offset
    last_timestamp: Timestamp
    coordinator_epoch: int
    transaction_start: Offset | None


class Log(Protocol):
    """One partition's records, in order. Offsets are dense at append; compaction may leave gaps."""

    @property
    def partition(self) -> PartitionId: ...

    @property
    def settings(self) -> LogSettings: ...

    @property
    def bounds(self) -> Bounds: ...

    @property
    def size(self) -> int:
        """Bytes of records that this log keeps."""
        ...

    def append(
        self, batches: Sequence[memoryview], *, origin: Origin = Origin.CLIENT, expected_end: Offset | None = None
    ) -> Future[Appended]:
        """Take the next offsets for whole v2 batches; the answer comes when they are durable.

        The batches are checked as `origin` asks and refused by raising here, before anything is written: a BatchRefused,
        a ProducerRefused, an `EndMoved` if `end` is not `expected_end`, a LogClosed. Where several processes write, the last
        three can come from the commit: then it is the future that fails, with nothing written. Base offset and leader epoch
        may be patched in place where the buffer is writable; bytes that are kept longer than this call are copied. The
        future fails with StorageFailed when the outcome is unknown.
        """
        ...

    async def read(
        self,
        offset: Offset,
        *,
        bytes_max: int,
        isolation: Isolation = Isolation.READ_UNCOMMITTED,
        whole_first: bool = True,
    ) -> Slice:
        """Batches from the one that holds `offset`, up to `bytes_max`, never past the high watermark (or the last stable offset).

        With `whole_first` the first batch comes whole even if it is larger (KIP-74). At the end the slice is empty. Below
        `start` or past the high watermark raises OffsetOutOfRange, a closed log LogClosed. Suspends only where the bytes are far.
        """
        ...

    def watch(self, wake: Wake) -> None:
        """Call `wake` once, at the next move of the high watermark, the last stable offset or the start, or when the log closes."""
        ...

    def unwatch(self, wake: Wake) -> None: ...

    async def find_time(self, timestamp: Timestamp) -> Found | None:
        """The first record whose timestamp is not before this one, below the high watermark."""
        ...

    async def find_latest_time(self) -> Found | None:
        """The record with the largest timestamp, the first of them (KIP-734)."""
        ...

    def end_of_epoch(self, epoch: LeaderEpoch) -> EpochEnd | None:
        """None for an epoch that has not begun here. Where its records are gone it ended at the oldest epoch that is left."""
        ...

    async def trim(self, before: Offset) -> None:
        """Move `start` up; durable when this returns. What lies wholly below may be deleted.

        Raises OffsetOutOfRange past the high watermark.
        """
        ...

    async def replace(self, first: Offset, end: Offset, batches: AsyncIterable[Sequence[Buffer]]) -> None:
        """Put these batches in the place of offsets `first` up to `end`, as one step that a reader or a crash sees whole or not at all.

        `first` and `end` are edges of spans, none of them active. The batches lie inside, ascending, gaps allowed; they come
        some at a time, so that nobody has to hold them all. An aborted transaction is named to readers as long as its
        marker is there. One at a time. Raises OffsetOutOfRange where the spans are gone meanwhile, and as long as
        any closed span could still be lost: what it holds may be why something older goes.
        """
        ...

    @property
    def first_dirty(self) -> Offset | None:
        """Where the next round of compaction begins, if there was one before (Kafka's cleaner checkpoint)."""
        ...

    async def keep_first_dirty(self, offset: Offset) -> None:
        """Durable when this returns."""
        ...

    def spans(self) -> Sequence[Span]: ...

    def producers(self) -> Sequence[ProducerState]: ...

    def producer(self, producer_id: ProducerId) -> ProducerState | None:
        """What is remembered of this one; appends that are on their way may count already."""
        ...

    def expire_producers(self, *, idle_since: Timestamp) -> None:
        """Forget producers that wrote nothing after this moment and have no transaction open."""
        ...

    def lead(self, epoch: LeaderEpoch) -> None:
        """Stamp appends from here on with this epoch, which never goes down."""
        ...

    def configure(self, settings: LogSettings) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """A partition that an engine found in its storage when it opened."""

    partition: PartitionId
    start: Offset
    end: Offset


class Logs(Protocol):
    """Every log of one store: who opens, finds and forgets them."""

    @property
    def clean(self) -> bool:
        """Whether the last process closed the store. If not, every partition needs a new leader epoch."""
        ...

    @property
    def failed(self) -> Future[None]:
        """Ends with the error when the storage is beyond use; then the process must stop."""
        ...

    def stored(self) -> Sequence[Stored]: ...

    async def open(self, partition: PartitionId, *, epoch: LeaderEpoch, settings: LogSettings) -> Log:
        """Open or make a log. Nothing that was acknowledged is missing from it, whatever ended the process before.

        No leader epoch after `epoch` has begun: after an unclean end what claims one is torn, and cut off."""
        ...

    def get(self, topic_id: Uuid, index: int) -> Log | None:
        """An open log, without waiting."""
        ...

    async def forget(self, partition: PartitionId) -> None:
        """Close a log and delete it in the background; its waiters wake, its pending appends fail with LogClosed."""
        ...

    async def close(self) -> None:
        """Commit, close everything, and mark the store clean."""
        ...
