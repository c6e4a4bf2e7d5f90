"""What the group machines need from the rest of the broker, plugged in by assembly."""

from collections.abc import Iterable
from typing import Protocol

from headwater.wire.types import TopicName, Uuid


class Topics(Protocol):
    """The topics of the cluster, as far as they are durable.

    Groups that assign on the server look at `version` at each heartbeat, and at their topics only when it has changed.
    """

    @property
    def version(self) -> int:
        """Another one whenever topics come or go, or a topic's partitions become more."""
        ...

    def names(self) -> Iterable[TopicName]: ...

    def id_of(self, topic: TopicName) -> Uuid | None: ...

    def name_of(self, topic_id: Uuid) -> TopicName | None: ...

    def partition_count(self, topic: TopicName) -> int:
        """0 for a topic that isn't there."""
        ...
