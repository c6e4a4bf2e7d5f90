"""Elections and reassignments: requests in, records out."""

from tests.control.cluster.test_topics import ID_1, asked, decide, new_topic, state, with_brokers

from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.requests import ElectLeader, ReassignPartition
from headwater.control.cluster.topics import Partition
from headwater.control.errors import (
    ElectionNotNeeded,
    EligibleLeadersNotAvailable,
    InvalidReplicaAssignment,
    InvalidReplicationFactor,
    NoReassignment,
    PreferredLeaderNotAvailable,
    UnknownTopic,
)
from headwater.wire.records.fence_broker_record import FenceBrokerRecord
from headwater.wire.records.partition_change_record import PartitionChangeRecord
from headwater.wire.types import NodeId, TopicName


def with_topic(*nodes: int, factor: int = 2) -> Cluster:
    cluster = with_brokers(*nodes)
    decide(cluster, new_topic("t", factor=factor))
    return cluster


def partition(cluster: Cluster) -> Partition:
    topic = cluster.topics.named(TopicName("t"))
    assert topic is not None
    return topic.partitions[0]


def elect(*, unclean: bool = False, index: int = 0) -> ElectLeader:
    return ElectLeader(topic=TopicName("t"), partition=index, unclean=unclean)


def give_to(*nodes: int, may_change_factor: bool = True, index: int = 0) -> ReassignPartition:
    replicas = tuple(map(NodeId, nodes))
    return ReassignPartition(
        topic=TopicName("t"), partition=index, replicas=replicas, may_change_factor=may_change_factor
    )


def call_off() -> ReassignPartition:
    return ReassignPartition(topic=TopicName("t"), partition=0, replicas=None)


def changed(cluster: Cluster, **fields: object) -> None:
    cluster.replay(PartitionChangeRecord(partition_id=0, topic_id=ID_1, **fields))  # type: ignore[arg-type]


def fence(cluster: Cluster, *nodes: int) -> None:
    for node in nodes:
        cluster.replay(FenceBrokerRecord(id=node, epoch=0))


def test_a_partition_goes_back_to_its_preferred_leader_in_a_new_epoch():
    cluster = with_topic(1, 2)
    changed(cluster, leader=2)
    assert asked(cluster, elect()) is None
    assert (partition(cluster).leader, partition(cluster).leader_epoch) == (1, 2)


def test_no_election_is_needed_where_the_right_one_leads():
    cluster = with_topic(1, 2)
    for unclean in (False, True):
        decision = decide(cluster, elect(unclean=unclean))
        assert decision.records == ()
        assert isinstance(decision.answers[0][1], ElectionNotNeeded)


def test_a_preferred_leader_that_is_away_or_behind_is_not_elected():
    cluster = with_topic(1, 2)
    changed(cluster, leader=2, isr=(2,))
    assert isinstance(asked(cluster, elect()), PreferredLeaderNotAvailable)
    changed(cluster, isr=(1, 2))
    fence(cluster, 1)
    assert isinstance(asked(cluster, elect()), PreferredLeaderNotAvailable)


def test_an_unclean_election_takes_who_is_in_sync_before_who_is_only_there():
    cluster = with_topic(1, 2)
    changed(cluster, leader=-1, isr=(2,))
    assert asked(cluster, elect(unclean=True)) is None
    assert (partition(cluster).leader, partition(cluster).recovery_state) == (2, 0)
    fence(cluster, 2)
    changed(cluster, leader=-1)
    assert asked(cluster, elect(unclean=True)) is None
    assert (partition(cluster).leader, partition(cluster).isr, partition(cluster).recovery_state) == (1, (1,), 1)


def test_nobody_is_elected_where_nobody_is_there():
    cluster = with_topic(1, 2)
    changed(cluster, leader=-1)
    fence(cluster, 1, 2)
    assert isinstance(asked(cluster, elect(unclean=True)), EligibleLeadersNotAvailable)


def test_a_partition_is_given_to_other_replicas_at_once():
    cluster = with_topic(1, 2, 3)
    assert asked(cluster, give_to(2, 3)) is None
    now = partition(cluster)
    assert (now.replicas, now.isr, now.leader, now.leader_epoch) == ((2, 3), (2, 3), 2, 1)
    assert len(now.directories) == 2


def test_a_leader_that_stays_keeps_its_epoch():
    cluster = with_topic(1, 2, 3)
    assert asked(cluster, give_to(3, 1)) is None
    assert (partition(cluster).leader, partition(cluster).leader_epoch) == (1, 0)


def test_the_same_replicas_write_nothing():
    cluster = with_topic(1, 2)
    before = state(cluster)
    assert asked(cluster, give_to(1, 2)) is None
    assert state(cluster) == before


def test_replicas_that_can_not_be_are_refused():
    cluster = with_topic(1, 2)
    for nodes in ((), (1, 1), (9,)):
        assert isinstance(asked(cluster, give_to(*nodes)), InvalidReplicaAssignment)
    assert isinstance(asked(cluster, give_to(1, may_change_factor=False)), InvalidReplicationFactor)
    assert asked(cluster, give_to(1)) is None


def test_what_is_not_there_is_neither_led_nor_given():
    cluster = with_topic(1, 2)
    for index in (-1, 1):
        assert isinstance(asked(cluster, elect(index=index)), UnknownTopic)
        assert isinstance(asked(cluster, give_to(1, index=index)), UnknownTopic)


def test_a_reassignment_that_was_left_is_called_off_or_ended():
    for request, replicas in ((call_off(), (1, 2)), (give_to(1, 3), (1, 3))):
        cluster = with_topic(1, 2, 3)
        changed(cluster, replicas=(1, 2, 3), adding_replicas=(3,), removing_replicas=(2,))
        assert asked(cluster, request) is None
        now = partition(cluster)
        assert (now.replicas, now.adding, now.removing) == (replicas, (), ())


def test_nothing_can_be_called_off_where_nothing_is_under_way():
    assert isinstance(asked(with_topic(1, 2), call_off()), NoReassignment)
