"""Topics and partitions: what exists, who holds it, and in which epoch it is led.

Creating and growing place replicas in turns over the brokers that are registered; deleting forgets a topic at once, and
the bytes go later, by whoever subscribes to the durable records.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from headwater.control.cluster.brokers import Brokers
from headwater.control.cluster.configs import Configs
from headwater.control.cluster.names import INTERNAL, check_name, collision_key
from headwater.control.cluster.placement import check_assignments, place
from headwater.control.cluster.requests import AddPartitions, CreateTopic, DeleteTopic, Resource, ResourceType
from headwater.control.errors import (
    ControlError,
    InvalidPartitions,
    InvalidReplicaAssignment,
    InvalidReplicationFactor,
    InvalidTopicName,
    TopicExists,
    UnknownTopic,
    UnknownTopicId,
)
from headwater.machine.decision import Decision, Record, Ticket, answer
from headwater.wire.records.clear_elr_record import ClearElrRecord
from headwater.wire.records.partition_change_record import PartitionChangeRecord
from headwater.wire.records.partition_record import PartitionRecord
from headwater.wire.records.remove_topic_record import RemoveTopicRecord
from headwater.wire.records.topic_record import TopicRecord
from headwater.wire.types import LeaderEpoch, NodeId, TopicName, Uuid, uuid_text

PARTITIONS_MAX = 10_000
"""In one request, as in Kafka: a decision's records share a batch."""
_NOBODY = -1
_LEADER_UNCHANGED = -2
_RECOVERY_UNCHANGED = -1

T = TypeVar("T")


class Partition(Struct, frozen=True, kw_only=True):
    """As KRaft's PartitionRecord has it; a new value at each change."""

    index: int
    replicas: tuple[int, ...]
    isr: tuple[int, ...]
    removing: tuple[int, ...]
    adding: tuple[int, ...]
    leader: int
    recovery_state: int
    leader_epoch: LeaderEpoch
    partition_epoch: int
    directories: tuple[Uuid, ...]
    eligible: tuple[int, ...] | None
    last_known_eligible: tuple[int, ...] | None

    def is_whole_on(self, node_id: NodeId) -> bool:
        """Whether it has all that was ever acknowledged: as one in sync, or as one that was the last to be (KIP-966)."""
        return node_id in self.isr or node_id in (self.eligible or ())


class Topic(Struct, frozen=False, kw_only=True):
    """One life of a topic. Made anew under its old name it has another id.

    The list grows and changes in place as records are replayed, so that a record costs O(1): whoever reads a topic takes
    what it needs in the same loop step.
    """

    name: TopicName
    topic_id: Uuid
    partitions: list[Partition]

    @property
    def replication_factor(self) -> int:
        return len(self.partitions[0].replicas)


class Topics:
    """The family of TopicRecord, PartitionRecord, PartitionChangeRecord, RemoveTopicRecord and ClearElrRecord."""

    def __init__(self, *, brokers: Brokers, configs: Configs) -> None:
        self._brokers = brokers
        self._configs = configs
        self._by_name: dict[TopicName, Topic] = {}
        self._by_id: dict[Uuid, Topic] = {}
        self._colliding: dict[str, TopicName] = {}

    def __iter__(self) -> Iterator[Topic]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def named(self, name: TopicName) -> Topic | None:
        return self._by_name.get(name)

    def by_id(self, topic_id: Uuid) -> Topic | None:
        return self._by_id.get(topic_id)

    # --- deciding

    def decide_create(self, request: CreateTopic, *, ticket: Ticket) -> Decision:
        refusal = self._check_new_name(request.name)
        if refusal is None:
            refusal = self._configs.check(_resource(request.name), request.settings)
        if refusal is not None:
            return answer(ticket, refusal)
        placed = self._place(request)
        if isinstance(placed, ControlError):
            return answer(ticket, placed)
        partitions = [self._new_partition(index, replicas) for index, replicas in enumerate(placed)]
        topic = Topic(name=request.name, topic_id=request.topic_id, partitions=partitions)
        if request.validate_only:
            return answer(ticket, topic)
        records = (
            TopicRecord(name=request.name, topic_id=request.topic_id),
            *self._configs.records_for(_resource(request.name), request.settings),
            *(record_of(topic.topic_id, each) for each in partitions),
        )
        return Decision(records=records, answers=((ticket, topic),))

    def decide_delete(self, request: DeleteTopic, *, ticket: Ticket) -> Decision:
        topic = self._by_name.get(request.name) if request.name else self._by_id.get(request.topic_id or Uuid(b""))
        if topic is None:
            missing = (
                UnknownTopic(request.name) if request.name else UnknownTopicId(uuid_text(request.topic_id or Uuid(b"")))
            )
            return answer(ticket, missing)
        return Decision(records=(RemoveTopicRecord(topic_id=topic.topic_id),), answers=((ticket, topic),))

    def decide_add_partitions(self, request: AddPartitions, *, ticket: Ticket) -> Decision:
        topic = self._by_name.get(request.name)
        if topic is None:
            return answer(ticket, UnknownTopic(request.name))
        placed = self._place_more(topic, request)
        if isinstance(placed, ControlError):
            return answer(ticket, placed)
        first = len(topic.partitions)
        partitions = [self._new_partition(first + i, replicas) for i, replicas in enumerate(placed)]
        grown = Topic(name=topic.name, topic_id=topic.topic_id, partitions=topic.partitions + partitions)
        if request.validate_only:
            return answer(ticket, grown)
        return Decision(
            records=tuple(record_of(topic.topic_id, each) for each in partitions), answers=((ticket, grown),)
        )

    def led_from_start(self, node_id: NodeId, *, unclean: bool) -> tuple[Record, ...]:
        """Records by which a node that begins comes to lead what nobody leads and it has whole, which is how Kafka leaves a
        cluster that it stops; and after an unclean end a new leader epoch on all that it led."""
        return tuple(
            _led(topic.topic_id, partition, node_id)
            for topic in self
            for partition in topic.partitions
            if (unclean and partition.leader == node_id)
            or (partition.leader == _NOBODY and partition.is_whole_on(node_id))
        )

    def _check_new_name(self, name: TopicName) -> ControlError | None:
        if name in self._by_name:
            return TopicExists(name)
        if refusal := check_name(name):
            return refusal
        if other := self._colliding.get(collision_key(name)):
            return InvalidTopicName(f"Topic '{name}' collides with existing topic: {other}")
        return None

    def _place(self, request: CreateTopic) -> Sequence[Sequence[NodeId]] | ControlError:
        brokers = self._brokers.active()
        if request.assignments:
            return check_assignments(request.assignments, brokers) or request.assignments
        if request.replication_factor <= 0:
            return InvalidReplicationFactor("Replication factor must be larger than 0, or -1 to use the default value.")
        if request.partitions <= 0:
            return InvalidPartitions("Number of partitions was set to an invalid non-positive value.")
        if request.partitions > PARTITIONS_MAX:
            return InvalidPartitions(f"One request makes at most {PARTITIONS_MAX} partitions; add more afterwards.")
        return place(request.partitions, request.replication_factor, brokers, first=0)

    def _place_more(self, topic: Topic, request: AddPartitions) -> Sequence[Sequence[NodeId]] | ControlError:
        have = len(topic.partitions)
        more = request.count - have
        if topic.name in INTERNAL:
            return InvalidPartitions(
                f"What {topic.name} holds is found by its number of partitions, which can't change."
            )
        if more == 0:
            return InvalidPartitions(f"Topic already has {have} partition(s).")
        if more < 0:
            return InvalidPartitions(
                f"The topic {topic.name} currently has {have} partition(s); {request.count} would not be an increase."
            )
        if more > PARTITIONS_MAX:
            return InvalidPartitions(f"One request adds at most {PARTITIONS_MAX} partitions; add more afterwards.")
        brokers = self._brokers.active()
        if request.assignments is None:
            return place(more, topic.replication_factor, brokers, first=have)
        if len(request.assignments) != more:
            return InvalidReplicaAssignment(
                f"Attempted to add {more} additional partition(s), but only {len(request.assignments)} assignment(s) were specified."
            )
        return check_assignments(request.assignments, brokers, factor=topic.replication_factor) or request.assignments

    def _new_partition(self, index: int, replicas: Sequence[NodeId]) -> Partition:
        return Partition(
            index=index,
            replicas=tuple(replicas),
            isr=tuple(replicas),
            removing=(),
            adding=(),
            leader=replicas[0],
            recovery_state=0,
            leader_epoch=LeaderEpoch(0),
            partition_epoch=0,
            directories=tuple(self._brokers.get(each).directory for each in replicas),
            eligible=None,
            last_known_eligible=None,
        )

    # --- replaying

    def replay_topic(self, record: TopicRecord) -> None:
        topic = Topic(name=TopicName(record.name), topic_id=record.topic_id, partitions=[])
        self._by_name[topic.name] = topic
        self._by_id[topic.topic_id] = topic
        self._colliding[collision_key(topic.name)] = topic.name

    def replay_partition(self, record: PartitionRecord) -> None:
        """Partitions come in the order of their indexes, or again."""
        self._by_id[record.topic_id].partitions[record.partition_id : record.partition_id + 1] = [partition_of(record)]

    def replay_partition_change(self, record: PartitionChangeRecord) -> None:
        partitions = self._by_id[record.topic_id].partitions
        partitions[record.partition_id] = _changed(partitions[record.partition_id], record)

    def replay_remove(self, record: RemoveTopicRecord) -> None:
        topic = self._by_id.pop(record.topic_id)
        del self._by_name[topic.name]
        del self._colliding[collision_key(topic.name)]
        self._configs.forget(_resource(topic.name))

    def replay_clear_eligible(self, record: ClearElrRecord) -> None:
        named = self._by_name.get(TopicName(record.topic_name))
        for topic in [named] if named else list(self):
            topic.partitions[:] = (replace(each, eligible=None, last_known_eligible=None) for each in topic.partitions)

    def snapshot(self) -> Iterator[Record]:
        for topic in self:
            yield TopicRecord(name=topic.name, topic_id=topic.topic_id)
            for partition in topic.partitions:
                yield record_of(topic.topic_id, partition)


def record_of(topic_id: Uuid, partition: Partition) -> PartitionRecord:
    return PartitionRecord(
        partition_id=partition.index,
        topic_id=topic_id,
        replicas=partition.replicas,
        isr=partition.isr,
        removing_replicas=partition.removing,
        adding_replicas=partition.adding,
        leader=partition.leader,
        leader_recovery_state=partition.recovery_state,
        leader_epoch=partition.leader_epoch,
        partition_epoch=partition.partition_epoch,
        directories=partition.directories,
        eligible_leader_replicas=partition.eligible,
        last_known_elr=partition.last_known_eligible,
    )


def partition_of(record: PartitionRecord) -> Partition:
    return Partition(
        index=record.partition_id,
        replicas=record.replicas,
        isr=record.isr,
        removing=record.removing_replicas,
        adding=record.adding_replicas,
        leader=record.leader,
        recovery_state=record.leader_recovery_state,
        leader_epoch=LeaderEpoch(record.leader_epoch),
        partition_epoch=record.partition_epoch,
        directories=record.directories,
        eligible=record.eligible_leader_replicas,
        last_known_eligible=record.last_known_elr,
    )


def _changed(partition: Partition, record: PartitionChangeRecord) -> Partition:
    """A change names only what is new. Naming a leader begins a new leader epoch, even if it is the same node."""
    led = record.leader != _LEADER_UNCHANGED
    recovery = record.leader_recovery_state
    return replace(
        partition,
        replicas=_new(record.replicas, partition.replicas),
        isr=_new(record.isr, partition.isr),
        removing=_new(record.removing_replicas, partition.removing),
        adding=_new(record.adding_replicas, partition.adding),
        directories=_new(record.directories, partition.directories),
        eligible=_new(record.eligible_leader_replicas, partition.eligible),
        last_known_eligible=_new(record.last_known_elr, partition.last_known_eligible),
        leader=record.leader if led else partition.leader,
        leader_epoch=LeaderEpoch(partition.leader_epoch + led),
        recovery_state=partition.recovery_state if recovery == _RECOVERY_UNCHANGED else recovery,
        partition_epoch=partition.partition_epoch + 1,
    )


def _led(topic_id: Uuid, partition: Partition, node_id: NodeId) -> PartitionChangeRecord:
    change = PartitionChangeRecord(partition_id=partition.index, topic_id=topic_id, leader=node_id)
    if node_id in partition.isr:
        return change
    return replace(change, isr=(node_id,), eligible_leader_replicas=(), last_known_elr=())


def _new(value: T | None, old: T) -> T:
    return old if value is None else value


def _resource(name: TopicName) -> Resource:
    return Resource(type=ResourceType.TOPIC, name=name)
