"""What a consumer group can be asked, and what it answers."""

from collections.abc import Mapping

from msgspec import Struct

from headwater.control.groups.consumer.member import Held
from headwater.wire.types import TopicName, Uuid


class ConsumerHeartbeat(Struct, frozen=True, kw_only=True):
    """ConsumerGroupHeartbeat: a member joins (epoch 0), shows that it is there, or leaves (-1, and -2 for a while).
    None means that nothing has changed since it was last said. Answered by `Heartbeaten` or a refusal."""

    group_id: str
    member_id: str
    epoch: int
    instance_id: str | None = None
    rack_id: str | None = None
    rebalance_timeout_ms: int = -1
    topics: tuple[str, ...] | None = None
    expression: str | None = None
    assignor: str | None = None
    owned: Mapping[Uuid, tuple[int, ...]] | None = None
    client_id: str
    client_host: str
    matched: Mapping[str, tuple[str, ...]] = {}
    """For expressions that `unmatched` named: which topics they match that the client may see, in order."""


class Heartbeaten(Struct, frozen=True, kw_only=True):
    """`assignment` is None where the member knows it already."""

    member_id: str
    epoch: int
    heartbeat_interval_ms: int = 0
    assignment: Held | None = None


class Assigned(Struct, frozen=True, kw_only=True):
    """Some partitions of one topic."""

    topic_id: Uuid
    topic: TopicName
    partitions: tuple[int, ...]


class ConsumerMemberDescription(Struct, frozen=True, kw_only=True):
    member_id: str
    instance_id: str | None
    rack_id: str | None
    epoch: int
    client_id: str
    client_host: str
    topics: tuple[str, ...]
    expression: str
    assignment: tuple[Assigned, ...]
    target: tuple[Assigned, ...]
    is_classic: bool


class ConsumerGroupDescription(Struct, frozen=True, kw_only=True):
    """ConsumerGroupDescribe's answer."""

    group_id: str
    state: str
    epoch: int
    target_epoch: int
    assignor: str
    members: tuple[ConsumerMemberDescription, ...]
