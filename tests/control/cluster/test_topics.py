"""Topics: requests in, records out; no broker, no loop, no mock."""

from collections.abc import Mapping

import pytest

from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.names import GROUP_OFFSETS
from headwater.control.cluster.requests import (
    AddPartitions,
    Bootstrap,
    ChangeConfigs,
    ConfigChange,
    ConfigOperation,
    CreateTopic,
    DeleteTopic,
    Endpoint,
    RegisterBroker,
    Resource,
    ResourceType,
)
from headwater.control.cluster.topics import Topic
from headwater.control.errors import (
    InvalidConfig,
    InvalidPartitions,
    InvalidReplicaAssignment,
    InvalidReplicationFactor,
    InvalidTopicName,
    TopicExists,
    UnknownTopic,
    UnknownTopicId,
)
from headwater.kernel.units import Timestamp
from headwater.machine.decision import Decision, Ticket
from headwater.machine.machine import Moment
from headwater.wire.records.config_record import ConfigRecord
from headwater.wire.records.feature_level_record import FeatureLevelRecord
from headwater.wire.records.partition_change_record import PartitionChangeRecord
from headwater.wire.records.partition_record import PartitionRecord
from headwater.wire.records.remove_topic_record import RemoveTopicRecord
from headwater.wire.records.topic_record import TopicRecord
from headwater.wire.types import NodeId, TopicName, Uuid

T = Ticket(7)
NOON = Moment(wall=Timestamp(1_700_000_000_000), elapsed=0)
ID_1, ID_2, DIRECTORY = (Uuid(bytes([each]) * 16) for each in (1, 2, 9))


class Rules:
    """Every setting is fine but `bad`; `cleanup.policy` is a list."""

    def refusal(self, resource: Resource, settings: Mapping[str, str], before: Mapping[str, str] | None) -> str | None:
        return "bad can't be" if "bad" in settings else None

    def is_list(self, type_: ResourceType, name: str) -> bool:
        return name == "cleanup.policy"

    def default(self, type_: ResourceType, name: str) -> str:
        return "delete"


def decide(cluster: Cluster, request: object) -> Decision:
    decision = cluster.decide(request, ticket=T, moment=NOON)
    for record in decision.records:
        cluster.replay(record)
    return decision


def asked(cluster: Cluster, request: object) -> object:
    ((ticket, value),) = decide(cluster, request).answers
    assert ticket == T
    return value


def with_brokers(*nodes: int) -> Cluster:
    cluster = Cluster(rules=Rules())
    decide(cluster, Bootstrap(records=(FeatureLevelRecord(name="metadata.version", feature_level=33),)))
    for node in nodes:
        decide(cluster, registration(node))
    return cluster


def registration(node: int, *, unclean: bool = False) -> RegisterBroker:
    endpoint = Endpoint(name="PLAINTEXT", host="h", port=9092, security_protocol=0)
    return RegisterBroker(
        node_id=NodeId(node), incarnation=ID_1, endpoints=(endpoint,), directory=DIRECTORY, unclean=unclean
    )


def new_topic(name: str, *, partitions: int = 1, factor: int = 1, **more: object) -> CreateTopic:
    fields = {"topic_id": ID_1, "partitions": partitions, "replication_factor": factor} | more
    return CreateTopic(name=TopicName(name), **fields)  # type: ignore[arg-type]


def state(cluster: Cluster) -> list[object]:
    return list(cluster.snapshot())


def epochs(cluster: Cluster, name: str) -> list[int]:
    topic = cluster.topics.named(TopicName(name))
    assert topic is not None
    return [each.leader_epoch for each in topic.partitions]


def test_a_create_writes_the_topic_then_its_settings_then_its_partitions():
    decision = decide(with_brokers(1), new_topic("orders", partitions=2, settings={"retention.ms": "1"}))
    assert [type(each) for each in decision.records] == [TopicRecord, ConfigRecord, PartitionRecord, PartitionRecord]
    first = decision.records[2]
    assert (first.replicas, first.isr, first.leader, first.directories) == ((1,), (1,), 1, (DIRECTORY,))


def test_a_second_create_of_the_same_name_is_refused_and_writes_nothing():
    cluster = with_brokers(1)
    decide(cluster, new_topic("orders"))
    decision = decide(cluster, new_topic("orders", topic_id=ID_2))
    assert decision == Decision(answers=((T, TopicExists("orders")),))


def test_validate_only_answers_as_a_create_would_and_writes_nothing():
    decision = decide(with_brokers(1), new_topic("orders", partitions=3, validate_only=True))
    ((_, topic),) = decision.answers
    assert isinstance(topic, Topic)
    assert len(topic.partitions) == 3
    assert decision.records == ()


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "å", "a" * 250, "a/b"])
def test_a_name_outside_of_kafkas_alphabet_is_refused(name):
    assert isinstance(asked(with_brokers(1), new_topic(name)), InvalidTopicName)


def test_names_that_differ_only_in_dot_and_underscore_collide():
    cluster = with_brokers(1)
    decide(cluster, new_topic("a.b"))
    assert "collides with existing topic: a.b" in str(asked(cluster, new_topic("a_b", topic_id=ID_2)))


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        (new_topic("t", factor=2), InvalidReplicationFactor),
        (new_topic("t", factor=0), InvalidReplicationFactor),
        (new_topic("t", partitions=0), InvalidPartitions),
        (new_topic("t", partitions=10_001), InvalidPartitions),
        (new_topic("t", settings={"bad": "1"}), InvalidConfig),
        (new_topic("t", assignments=((NodeId(1), NodeId(1)),)), InvalidReplicaAssignment),
        (new_topic("t", assignments=((NodeId(5),),)), InvalidReplicaAssignment),
        (new_topic("t", assignments=((),)), InvalidReplicaAssignment),
    ],
)
def test_what_cannot_be_created_is_refused_with_its_reason(request_, refusal):
    assert isinstance(asked(with_brokers(1), request_), refusal)


def test_replicas_are_placed_in_turns_over_the_brokers():
    topic = asked(with_brokers(1, 2, 3), new_topic("t", partitions=3, factor=2))
    assert isinstance(topic, Topic)
    assert [each.replicas for each in topic.partitions] == [(1, 2), (2, 3), (3, 1)]


def test_a_deleted_topic_takes_its_settings_with_it():
    cluster = with_brokers(1)
    before = state(cluster)
    decide(cluster, new_topic("t", settings={"retention.ms": "1"}))
    decision = decide(cluster, DeleteTopic(name=TopicName("t")))
    assert decision.records == (RemoveTopicRecord(topic_id=ID_1),)
    assert state(cluster) == before


def test_a_delete_by_id_finds_the_one_life_that_was_meant():
    cluster = with_brokers(1)
    decide(cluster, new_topic("t"))
    assert isinstance(asked(cluster, DeleteTopic(topic_id=ID_2)), UnknownTopicId)
    assert isinstance(asked(cluster, DeleteTopic(topic_id=ID_1)), Topic)
    assert isinstance(asked(cluster, DeleteTopic(name=TopicName("t"))), UnknownTopic)


def test_partitions_are_only_ever_added():
    cluster = with_brokers(1)
    decide(cluster, new_topic("t", partitions=2))
    for count in (0, 1, 2):
        assert isinstance(asked(cluster, AddPartitions(name=TopicName("t"), count=count)), InvalidPartitions)
    grown = asked(cluster, AddPartitions(name=TopicName("t"), count=4))
    assert isinstance(grown, Topic)
    assert [each.index for each in grown.partitions] == [0, 1, 2, 3]
    assert cluster.topics.named(TopicName("t")) == grown


def test_an_internal_topic_keeps_its_number_of_partitions_for_groups_are_found_by_it():
    cluster = with_brokers(1)
    decide(cluster, new_topic(GROUP_OFFSETS, partitions=2))
    assert isinstance(asked(cluster, AddPartitions(name=GROUP_OFFSETS, count=4)), InvalidPartitions)


def test_an_unclean_start_begins_a_new_leader_epoch_on_every_partition():
    cluster = with_brokers(1)
    decide(cluster, new_topic("t", partitions=2))
    decide(cluster, registration(1))
    assert epochs(cluster, "t") == [0, 0]
    decision = decide(cluster, registration(1, unclean=True))
    assert sum(isinstance(each, PartitionChangeRecord) for each in decision.records) == 2
    assert epochs(cluster, "t") == [1, 1]


def test_who_begins_leads_what_was_left_without_a_leader_and_is_in_sync_with_it():
    cluster = with_brokers(1, 2)
    decide(cluster, new_topic("t", partitions=2))  # placed on 1 and on 2
    for index in (0, 1):
        cluster.replay(PartitionChangeRecord(partition_id=index, topic_id=ID_1, leader=-1))
    decide(cluster, registration(1))
    topic = cluster.topics.named(TopicName("t"))
    assert topic is not None
    assert [each.leader for each in topic.partitions] == [1, -1]
    assert epochs(cluster, "t") == [2, 1]


def test_who_begins_leads_what_it_was_the_last_to_have_in_sync():
    cluster = with_brokers(1)
    decide(cluster, new_topic("t"))
    cluster.replay(
        PartitionChangeRecord(
            partition_id=0, topic_id=ID_1, isr=(), leader=-1, eligible_leader_replicas=(1,), last_known_elr=(1,)
        )
    )
    decide(cluster, registration(1))
    topic = cluster.topics.named(TopicName("t"))
    assert topic is not None
    led = topic.partitions[0]
    assert (led.leader, led.isr, led.eligible, led.last_known_eligible) == (1, (1,), (), ())


def test_lists_are_appended_to_and_subtracted_from():
    cluster = with_brokers(1)
    decide(cluster, new_topic("t"))
    resource = Resource(type=ResourceType.TOPIC, name="t")

    def change(operation: ConfigOperation, value: str, name: str = "cleanup.policy") -> object:
        return asked(
            cluster,
            ChangeConfigs(resource=resource, changes=(ConfigChange(name=name, operation=operation, value=value),)),
        )

    assert change(ConfigOperation.APPEND, "compact") is None
    assert cluster.configs.of(resource) == {"cleanup.policy": "delete,compact"}
    assert change(ConfigOperation.SUBTRACT, "delete") is None
    assert cluster.configs.of(resource) == {"cleanup.policy": "compact"}
    assert isinstance(change(ConfigOperation.APPEND, "1", "retention.ms"), InvalidConfig)
    assert isinstance(change(ConfigOperation.SET, "1", "bad"), InvalidConfig)
    assert change(ConfigOperation.DELETE, "", "cleanup.policy") is None
    assert cluster.configs.of(resource) == {}


def test_a_snapshot_replays_to_an_equal_state():
    cluster = with_brokers(1, 2)
    decide(cluster, new_topic("t", partitions=3, factor=2, settings={"retention.ms": "1"}))
    decide(cluster, registration(2, unclean=True))
    again = Cluster(rules=Rules())
    for record in cluster.snapshot():
        again.replay(record)
    assert state(again) == state(cluster)
