"""Topics that are deleted take along what groups have committed in them, and what share groups know of them.

Every group machine is told of a deletion when it is durable; one that was not there to hear of it is compared with the
cluster's topics when it is loaded.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from headwater.broker.coordinators import Coordinators
from headwater.control.cluster.machine import Cluster
from headwater.control.groups.machine import Groups
from headwater.control.groups.requests import ForgetTopics, TopicLife
from headwater.kernel.tasks import Ward
from headwater.machine.runtime import Runtime
from headwater.wire.records.remove_topic_record import RemoveTopicRecord
from headwater.wire.records.topic_record import TopicRecord
from headwater.wire.types import ZERO_UUID, TopicName, Uuid


class DeletedTopics:
    """A subscriber of the cluster's durable records."""

    def __init__(
        self, groups: Coordinators[Groups], *, topic_id: Callable[[TopicName], Uuid | None], ward: Ward
    ) -> None:
        self._groups = groups
        self._topic_id = topic_id
        self._ward = ward
        self._names: dict[Uuid, TopicName] = {}
        groups.on_loaded(self._compare)

    def reloaded(self, cluster: Cluster) -> None:
        """Names by id, for records that remove topics name only the id."""
        self._names = {topic.topic_id: topic.name for topic in cluster.topics}

    def durable(self, records: Sequence[Any]) -> None:
        gone: list[TopicLife] = []
        for record in records:
            if isinstance(record, TopicRecord):
                self._names[record.topic_id] = TopicName(record.name)
            elif isinstance(record, RemoveTopicRecord):
                name = self._names.pop(record.topic_id)
                gone += [(name, record.topic_id), (name, ZERO_UUID)]
        if gone:
            for runtime in self._groups.all():
                self._ward.start(f"forget topics in {runtime.name}", partial(_forget, runtime, gone))

    async def _compare(self, runtime: Runtime[Groups]) -> None:
        known = await runtime.read(lambda machine: [*machine.offsets.topics(), *machine.share.topics()])
        if gone := [life for life in known if not self._lives(life)]:
            await _forget(runtime, gone)

    def _lives(self, life: TopicLife) -> bool:
        name, topic_id = life
        living = self._topic_id(name)
        return living is not None and topic_id in (living, ZERO_UUID)


async def _forget(runtime: Runtime[Groups], topics: Sequence[TopicLife]) -> None:
    await runtime.ask(ForgetTopics(topics=frozenset(topics)))
