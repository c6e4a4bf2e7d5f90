"""Topics that are deleted take along what is remembered of their share partitions.

Every machine is told of a deletion when it is durable; one that was not there to hear of it is compared with the topics that
there are when it is loaded.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from headwater.broker.coordinators import Coordinators
from headwater.control.cluster.machine import Cluster
from headwater.control.share.machine import ShareStates
from headwater.control.share.requests import ForgetTopics
from headwater.kernel.tasks import Ward
from headwater.machine.runtime import Runtime
from headwater.wire.records.remove_topic_record import RemoveTopicRecord
from headwater.wire.types import Uuid


class DeletedSharedTopics:
    """A subscriber of the cluster's durable records."""

    def __init__(self, states: Coordinators[ShareStates], *, is_known: Callable[[Uuid], bool], ward: Ward) -> None:
        self._states = states
        self._is_known = is_known
        self._ward = ward
        states.on_loaded(self._compare)

    def reloaded(self, cluster: Cluster) -> None:
        """Nothing to do: what was deleted meanwhile is found when a machine is loaded, and refused until then."""

    def durable(self, records: Sequence[Any]) -> None:
        if gone := [record.topic_id for record in records if isinstance(record, RemoveTopicRecord)]:
            for runtime in self._states.all():
                self._ward.start(f"forget topics in {runtime.name}", partial(_forget, runtime, gone))

    async def _compare(self, runtime: Runtime[ShareStates]) -> None:
        remembered = await runtime.read(lambda machine: machine.topic_ids())
        if gone := [each for each in remembered if not self._is_known(each)]:
            await _forget(runtime, gone)


async def _forget(runtime: Runtime[ShareStates], topic_ids: Sequence[Uuid]) -> None:
    await runtime.ask(ForgetTopics(topic_ids=frozenset(topic_ids)))
