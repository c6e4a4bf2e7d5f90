"""Who holds a partition and who leads it, as administrators ask for it. Both are changes of one partition's record.

Bytes do not move with a partition here: a folder has one process, and brokers over one store all reach it. So a new set of
replicas is in sync as soon as it is written down, and no reassignment is ever under way, but for one that Kafka
had begun in a folder that we opened.
"""

from collections.abc import Sequence

from headwater.control.cluster.brokers import Brokers
from headwater.control.cluster.placement import check_assignments
from headwater.control.cluster.requests import ElectLeader, ReassignPartition
from headwater.control.cluster.topics import Partition, Topic, Topics
from headwater.control.errors import (
    ControlError,
    ElectionNotNeeded,
    EligibleLeadersNotAvailable,
    InvalidReplicationFactor,
    NoReassignment,
    PreferredLeaderNotAvailable,
    UnknownTopic,
)
from headwater.machine.decision import Decision, Ticket, answer
from headwater.wire.records.partition_change_record import PartitionChangeRecord
from headwater.wire.types import NodeId, TopicName

_NOBODY = -1
_UNCHANGED = -2
_RECOVERING = 1


class Leaders:
    """It has no state of its own: topics and brokers do."""

    def __init__(self, *, brokers: Brokers, topics: Topics) -> None:
        self._brokers = brokers
        self._topics = topics

    # --- electing

    def decide_elect(self, request: ElectLeader, *, ticket: Ticket) -> Decision:
        found = self._find(request.topic, request.partition)
        if isinstance(found, ControlError):
            return answer(ticket, found)
        topic, partition = found
        record = self._unclean(topic, partition) if request.unclean else self._preferred(topic, partition)
        return _decided(ticket, record)

    def _preferred(self, topic: Topic, partition: Partition) -> PartitionChangeRecord | ControlError:
        preferred = partition.replicas[0]
        if partition.leader == preferred:
            return ElectionNotNeeded("The preferred replica leads already.")
        if preferred not in partition.isr or preferred not in self._active():
            return PreferredLeaderNotAvailable(
                f"Broker {preferred}, the preferred leader, is not there or not in sync."
            )
        return PartitionChangeRecord(partition_id=partition.index, topic_id=topic.topic_id, leader=preferred)

    def _unclean(self, topic: Topic, partition: Partition) -> PartitionChangeRecord | ControlError:
        if partition.leader != _NOBODY:
            return ElectionNotNeeded("The partition has a leader.")
        active = self._active()
        alive = [each for each in partition.replicas if each in active]
        if not alive:
            return EligibleLeadersNotAvailable("None of the replicas' brokers is there.")
        in_sync = [each for each in alive if each in partition.isr]
        if in_sync:
            return PartitionChangeRecord(partition_id=partition.index, topic_id=topic.topic_id, leader=in_sync[0])
        return PartitionChangeRecord(
            partition_id=partition.index,
            topic_id=topic.topic_id,
            leader=alive[0],
            isr=(alive[0],),
            leader_recovery_state=_RECOVERING,
        )

    # --- reassigning

    def decide_reassign(self, request: ReassignPartition, *, ticket: Ticket) -> Decision:
        found = self._find(request.topic, request.partition)
        if isinstance(found, ControlError):
            return answer(ticket, found)
        topic, partition = found
        if request.replicas is None:
            return _decided(ticket, _called_off(topic, partition))
        brokers = self._brokers.active()
        if refusal := check_assignments([request.replicas], brokers):
            return answer(ticket, refusal)
        if len(request.replicas) != len(partition.replicas) and not request.may_change_factor:
            have, asked = len(partition.replicas), len(request.replicas)
            return answer(
                ticket, InvalidReplicationFactor(f"The replication factor is {have} and must not be {asked}.")
            )
        if request.replicas == partition.replicas and not (partition.adding or partition.removing):
            return answer(ticket, None)
        return _decided(ticket, self._moved(topic, partition, request.replicas))

    def _moved(self, topic: Topic, partition: Partition, replicas: Sequence[NodeId]) -> PartitionChangeRecord:
        """Naming a leader begins a new epoch, so it is named only where it changes."""
        return PartitionChangeRecord(
            partition_id=partition.index,
            topic_id=topic.topic_id,
            replicas=tuple(replicas),
            isr=tuple(replicas),
            adding_replicas=(),
            removing_replicas=(),
            directories=tuple(self._brokers.get(each).directory for each in replicas),
            leader=_UNCHANGED if partition.leader in replicas else replicas[0],
        )

    # --- looking

    def _find(self, name: TopicName, index: int) -> tuple[Topic, Partition] | UnknownTopic:
        topic = self._topics.named(name)
        if topic is None or not 0 <= index < len(topic.partitions):
            return UnknownTopic(f"{name}-{index}")
        return topic, topic.partitions[index]

    def _active(self) -> list[NodeId]:
        return [each.node_id for each in self._brokers.active()]


def _called_off(topic: Topic, partition: Partition) -> PartitionChangeRecord | NoReassignment:
    """Back to the replicas from before: those that were to be added go, those that were to be removed stay."""
    if not partition.adding and not partition.removing:
        return NoReassignment("No partition reassignment is in progress.")
    kept = tuple(each for each in partition.replicas if each not in partition.adding)
    return PartitionChangeRecord(
        partition_id=partition.index,
        topic_id=topic.topic_id,
        replicas=kept,
        isr=tuple(each for each in partition.isr if each in kept) or kept,
        adding_replicas=(),
        removing_replicas=(),
    )


def _decided(ticket: Ticket, outcome: PartitionChangeRecord | ControlError) -> Decision:
    if isinstance(outcome, ControlError):
        return answer(ticket, outcome)
    return Decision(records=(outcome,), answers=((ticket, None),))
