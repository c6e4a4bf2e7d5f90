"""What names a share partition: a group, and a partition of a topic that it reads."""

from msgspec import Struct

from headwater.wire.types import Uuid, uuid_text


class SharePartitionKey(Struct, frozen=True, kw_only=True):
    group_id: str
    topic_id: Uuid
    partition: int

    def __str__(self) -> str:
        """Kafka's coordinator key: by it FindCoordinator is asked, and its hash chooses a partition of `__share_group_state`."""
        return f"{self.group_id}:{uuid_text(self.topic_id)}:{self.partition}"
