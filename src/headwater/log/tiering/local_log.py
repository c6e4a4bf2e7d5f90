"""The `LocalLog` port: what tiering asks of the log below it, beyond what everybody may ask of a `Log`.

It is for engines that keep Kafka's files on a disk of their own. The log's `start` is the true one, also where the records
behind it are here no more: what lies between `start` and `local_start` is for tiering to answer.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Protocol

from headwater.kernel.world import Buffer
from headwater.log.port import AbortedTransaction, EpochStart, Log, Logs, PartitionId
from headwater.log.settings import LogSettings
from headwater.wire.types import LeaderEpoch, Offset, Uuid


class Part(Enum):
    """The files of a segment, by the suffix that Kafka gives each."""

    LOG = ".log"
    OFFSET_INDEX = ".index"
    TIME_INDEX = ".timeindex"
    TXN_INDEX = ".txnindex"
    PRODUCER_SNAPSHOT = ".snapshot"
    EPOCHS = ".leader-epoch-checkpoint"


class SpanFiles(Protocol):
    """A closed span as Kafka's files. They can be read until `close`, whatever becomes of the span."""

    @property
    def log_bytes(self) -> int:
        """The size of Part.LOG."""
        ...

    @property
    def epochs(self) -> Sequence[EpochStart]:
        """Of the records in the span."""
        ...

    @property
    def small(self) -> Mapping[Part, bytes]:
        """Every file but the log that there is."""
        ...

    async def read_log(self, size: int, position: int) -> Buffer:
        """Raises ReadFailed."""
        ...

    def close(self) -> None: ...


class LocalLog(Log, Protocol):
    async def release(self, before: Offset) -> None:
        """Let go of closed spans that end at or below `before`: they are safe elsewhere. `start` stays where it is.

        Raises OffsetOutOfRange for what could still be lost here.
        """
        ...

    def files(self, base: Offset) -> SpanFiles:
        """Of the closed span that begins there. Raises OffsetOutOfRange if there is none, or if it could still be lost."""
        ...

    def aborted(self, first: Offset, end: Offset) -> Sequence[AbortedTransaction]:
        """Aborted transactions with records from `first` up to `end` whose markers are here. `first` may be below `local_start`."""
        ...


class LocalLogs(Logs, Protocol):
    async def open(self, partition: PartitionId, *, epoch: LeaderEpoch, settings: LogSettings) -> LocalLog: ...

    def get(self, topic_id: Uuid, index: int) -> LocalLog | None: ...
