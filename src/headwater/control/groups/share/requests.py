"""What share groups can be asked, and what they answer."""

from collections.abc import Mapping

from msgspec import Struct

from headwater.control.groups.share.member import Member
from headwater.control.groups.share.partitions import Partitions, SharePartition
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import Offset, TopicName, Uuid


class ShareHeartbeat(Struct, frozen=True, kw_only=True):
    """ShareGroupHeartbeat. Answered by `ShareMembership` or a refusal.

    A member that brings topics of which the group knows nothing yet waits until they have share state, for a bounded time.
    """

    group_id: str
    member_id: str
    epoch: int
    rack_id: str | None
    client_id: str
    client_host: str
    topics: tuple[TopicName, ...] | None
    """None where they are what they were."""


class ShareMembership(Struct, frozen=True, kw_only=True):
    member_id: str
    epoch: int
    heartbeat_interval_ms: int = 0
    assigned: Partitions | None = None
    """None where it is what the member was told before."""


class ShareStart(Struct, frozen=True, kw_only=True):
    topic: TopicName
    partition: int
    offset: Offset


class AlterShareStarts(Struct, frozen=True, kw_only=True):
    """AlterShareGroupOffsets. Answered, once the share coordinator has them, by an `ErrorCode` for each, or by a refusal of all."""

    group_id: str
    starts: tuple[ShareStart, ...]


class DeleteShareStarts(Struct, frozen=True, kw_only=True):
    """DeleteShareGroupOffsets. Answered, once their state is gone, by an `ErrorCode` for each topic, or by a refusal of all."""

    group_id: str
    topics: tuple[TopicName, ...]


class DeleteShareState(Struct, frozen=True, kw_only=True):
    """The group is about to be deleted, and the state of all its partitions goes first. Answered by None or a refusal."""

    group_id: str


class StateInitialized(Struct, frozen=True, kw_only=True):
    """What became of partitions that were to be initialized. Answered by None."""

    group_id: str
    done: Partitions
    failed: Mapping[SharePartition, ErrorCode] = {}
    """For good: whoever asked for them is told."""


class StateDeleted(Struct, frozen=True, kw_only=True):
    """What became of topics whose state was to be deleted. Answered by None."""

    group_id: str
    done: tuple[Uuid, ...]
    failed: Mapping[Uuid, ErrorCode] = {}


class ShareGroupDescription(Struct, frozen=True, kw_only=True):
    group_id: str
    state: str
    epoch: int
    assignment_epoch: int
    members: tuple[Member, ...]
