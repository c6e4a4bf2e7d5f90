"""What a share coordinator can be asked. Each is about one share partition and is answered by None unless said, or by a refusal."""

from msgspec import Struct

from headwater.control.share.batches import NO_OFFSET, StateBatch
from headwater.control.share.key import SharePartitionKey
from headwater.wire.types import Uuid


class InitializeState(Struct, frozen=True, kw_only=True):
    """The group begins to read this partition, or is to read it from another offset on. What was known is forgotten."""

    key: SharePartitionKey
    state_epoch: int
    start_offset: int = NO_OFFSET


class ReadState(Struct, frozen=True, kw_only=True):
    """The leader of the partition loads it. Answered by its `ShareState`; leaders before this one are fenced."""

    key: SharePartitionKey
    leader_epoch: int


class WriteState(Struct, frozen=True, kw_only=True):
    """Some records have changed their state."""

    key: SharePartitionKey
    state_epoch: int
    leader_epoch: int
    start_offset: int
    delivery_complete: int
    batches: tuple[StateBatch, ...]


class DeleteState(Struct, frozen=True, kw_only=True):
    """The group is gone, or reads this partition no more. It may be unknown."""

    key: SharePartitionKey


class ForgetTopics(Struct, frozen=True, kw_only=True):
    """These topics are gone."""

    topic_ids: frozenset[Uuid]
