"""What a group machine can be asked, and what it answers. New member ids come inside: the machine draws nothing."""

from msgspec import Struct

from headwater.control.groups.errors import GroupError
from headwater.machine.transactional import TransactionEnd
from headwater.wire.types import LeaderEpoch, Offset, ProducerEpoch, ProducerId, TopicName, Uuid

TopicPartition = tuple[TopicName, int]
TopicLife = tuple[TopicName, Uuid]


class OffsetCommit(Struct, frozen=True, kw_only=True):
    topic: TopicName
    partition: int
    offset: Offset
    leader_epoch: LeaderEpoch
    metadata: str
    topic_id: Uuid


class CommitOffsets(Struct, frozen=True, kw_only=True):
    """Answered by one refusal or None for each offset, or by a `GroupError` for all of them."""

    group_id: str
    member_id: str
    instance_id: str | None
    generation: int
    offsets: tuple[OffsetCommit, ...]
    retention_ms: int = -1
    """Versions 2 to 4 only: how long these are kept, -1 for the broker's setting."""
    knows_epochs: bool = True
    """From version 9 on a generation may be a member epoch (KIP-848)."""


class CommitInTransaction(Struct, frozen=True, kw_only=True):
    """These offsets count if the producer's transaction does. Answered as `CommitOffsets`."""

    producer_id: ProducerId
    producer_epoch: ProducerEpoch
    commit: CommitOffsets


class EndOfTransaction(Struct, frozen=True, kw_only=True):
    """The producer's transaction is over, for all groups of this machine. Answered by None."""

    end: TransactionEnd


class ReadOffsets(Struct, frozen=True, kw_only=True):
    """Whether this reader may see the group's offsets; one that says nothing of itself may. Answered by None or a refusal."""

    group_id: str
    member_id: str | None
    member_epoch: int


class DeleteGroup(Struct, frozen=True, kw_only=True):
    """Answered by None or a refusal."""

    group_id: str


class DeleteOffsets(Struct, frozen=True, kw_only=True):
    """Answered by one refusal or None for each partition, or by a `GroupError` for all of them."""

    group_id: str
    partitions: tuple[TopicPartition, ...]


class ForgetTopics(Struct, frozen=True, kw_only=True):
    """Topics were deleted: what was committed in these lives of theirs goes, in every group of this machine. Answered by None.

    A topic's life is its name and id; offsets from before topics had ids have the zero id.
    """

    topics: frozenset[TopicLife]


class GroupOverview(Struct, frozen=True, kw_only=True):
    """A row of ListGroups."""

    group_id: str
    kind: str
    protocol_type: str
    state: str


Refusals = tuple[GroupError | None, ...]
"""One for each item of a request, in order."""
