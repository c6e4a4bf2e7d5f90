"""What a group machine can be asked, and what it answers. New member ids come inside: the machine draws nothing."""

from msgspec import Struct

from headwater.control.groups.errors import GroupError
from headwater.machine.transactional import TransactionEnd
from headwater.wire.types import LeaderEpoch, Offset, ProducerEpoch, ProducerId, TopicName, Uuid

TopicPartition = tuple[TopicName, int]
TopicLife = tuple[TopicName, Uuid]


class Protocol(Struct, frozen=True, kw_only=True):
    """One assignment strategy that a member offers, with its subscription as the client wrote it."""

    name: str
    metadata: bytes


class Join(Struct, frozen=True, kw_only=True):
    """JoinGroup. Answered by `Joined` when the group's next generation begins, or by a refusal at once."""

    group_id: str
    member_id: str
    instance_id: str | None
    new_member_id: str
    """What a member without an id becomes; `client id-uuid`, or `instance id-uuid`."""
    client_id: str
    client_host: str
    session_timeout_ms: int
    rebalance_timeout_ms: int
    protocol_type: str
    protocols: tuple[Protocol, ...]
    needs_known_id: bool
    """From version 4 on a new member is given its id before it counts (KIP-394)."""
    can_skip_assignment: bool
    """From version 9 on a static leader can be told to keep the assignment (KIP-814)."""


class JoinedMember(Struct, frozen=True, kw_only=True):
    member_id: str
    instance_id: str | None
    metadata: bytes


class Joined(Struct, frozen=True, kw_only=True):
    """`members` is filled for the leader only."""

    generation: int
    protocol_type: str | None
    protocol: str | None
    leader: str
    member_id: str
    members: tuple[JoinedMember, ...] = ()
    skip_assignment: bool = False


class Sync(Struct, frozen=True, kw_only=True):
    """SyncGroup. Answered by `Synced` when the leader has assigned."""

    group_id: str
    member_id: str
    instance_id: str | None
    generation: int
    protocol_type: str | None
    protocol: str | None
    assignments: dict[str, bytes]


class Synced(Struct, frozen=True, kw_only=True):
    protocol_type: str | None
    protocol: str | None
    assignment: bytes


class Heartbeat(Struct, frozen=True, kw_only=True):
    """Answered by None, or by RebalanceInProgress as a call to rejoin."""

    group_id: str
    member_id: str
    instance_id: str | None
    generation: int


class Leaver(Struct, frozen=True, kw_only=True):
    """Who leaves; an empty `member_id` with an instance id is an administrator's removal of a static member."""

    member_id: str
    instance_id: str | None


class Leave(Struct, frozen=True, kw_only=True):
    """LeaveGroup. Answered by one refusal or None for each member, in order."""

    group_id: str
    members: tuple[Leaver, ...]


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


class CommitInTransaction(Struct, frozen=True, kw_only=True):
    """These offsets count if the producer's transaction does. Answered as `CommitOffsets`."""

    producer_id: ProducerId
    producer_epoch: ProducerEpoch
    commit: CommitOffsets


class EndOfTransaction(Struct, frozen=True, kw_only=True):
    """The producer's transaction is over, for all groups of this machine. Answered by None."""

    end: TransactionEnd


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
    protocol_type: str
    state: str


class MemberDescription(Struct, frozen=True, kw_only=True):
    member_id: str
    instance_id: str | None
    client_id: str
    client_host: str
    metadata: bytes
    assignment: bytes


class GroupDescription(Struct, frozen=True, kw_only=True):
    """DescribeGroups' answer; metadata and assignments are empty while the group rebalances."""

    group_id: str
    state: str
    protocol_type: str
    protocol: str
    members: tuple[MemberDescription, ...]


Refusals = tuple[GroupError | None, ...]
"""One for each item of a request, in order."""
