"""AlterPartitionReassignments and ListPartitionReassignments."""

from typing import Any

import pytest
from tests.broker.rig import Forbid, Rig, rig
from tests.machine.toy import run

from headwater.broker.handlers import alter_partition_reassignments, list_partition_reassignments
from headwater.control.cluster.requests import CreateTopic
from headwater.security.access import THE_CLUSTER, Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.alter_partition_reassignments_request import (
    AlterPartitionReassignmentsRequest,
    ReassignablePartition,
    ReassignableTopic,
)
from headwater.wire.messages.list_partition_reassignments_request import (
    ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsTopics,
)
from headwater.wire.records.partition_change_record import PartitionChangeRecord
from headwater.wire.types import TopicName, Uuid

ID = Uuid(bytes([1]) * 16)


def to(*replicas: int, topic: str = "t", index: int = 0) -> ReassignableTopic:
    return ReassignableTopic(
        name=topic, partitions=(ReassignablePartition(partition_index=index, replicas=replicas or None),)
    )


async def with_topic(broker: Rig) -> None:
    await broker.decide(CreateTopic(name=TopicName("t"), topic_id=ID, partitions=1, replication_factor=1))


def altered(*items: ReassignableTopic, version: int = 1, of_rig: Any = None, **more: Any) -> tuple[Any, Any]:
    """The answer, and the replicas of the partition then; it was broker 1's."""

    async def test() -> Any:
        async with rig(brokers=(1, 2), **(of_rig or {})) as broker:
            await with_topic(broker)
            request = AlterPartitionReassignmentsRequest(topics=items, **more)
            response = await broker.ask(alter_partition_reassignments, request, version)
            topic = broker.services.cluster.head.topics.named(TopicName("t"))
            assert topic is not None
            return response, topic.partitions[0].replicas

    response, replicas = run(test)
    return response, replicas


def codes(response: Any) -> list[int]:
    assert response.error_code == ErrorCode.NONE
    return [each.error_code for topic in response.responses for each in topic.partitions]


@pytest.mark.parametrize("version", [0, 1])
def test_every_version_gives_a_partition_to_other_brokers(version):
    response, replicas = altered(to(2), version=version)
    assert (codes(response), replicas) == ([ErrorCode.NONE], (2,))


def test_the_same_replicas_are_fine():
    response, replicas = altered(to(1))
    assert (codes(response), replicas) == ([ErrorCode.NONE], (1,))


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (to(9), ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        (to(1, 1), ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        (to(1, topic="x"), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        (to(1, index=7), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        (to(), ErrorCode.NO_REASSIGNMENT_IN_PROGRESS),
    ],
)
def test_what_can_not_be_is_refused_with_its_reason(item, code):
    response, replicas = altered(item)
    assert (codes(response), replicas) == ([code], (1,))


def test_the_replication_factor_changes_only_where_that_is_wished():
    response, replicas = altered(to(1, 2), allow_replication_factor_change=False)
    assert (codes(response), replicas) == ([ErrorCode.INVALID_REPLICATION_FACTOR], (1,))
    response, replicas = altered(to(1, 2))
    assert (codes(response), replicas) == ([ErrorCode.NONE], (1, 2))


def test_giving_away_needs_the_right_to_alter_the_cluster():
    response, replicas = altered(to(2), of_rig={"authorizer": Forbid((Operation.ALTER, THE_CLUSTER))})
    assert (response.error_code, replicas) == (ErrorCode.CLUSTER_AUTHORIZATION_FAILED, (1,))


@pytest.mark.parametrize(("asked", "told"), [(None, ["t"]), (("t", (0,)), ["t"]), (("t", (7,)), []), (("x", (0,)), [])])
def test_what_kafka_left_under_way_is_told(asked, told):
    topics = None if asked is None else (ListPartitionReassignmentsTopics(name=asked[0], partition_indexes=asked[1]),)

    async def test() -> Any:
        async with rig(brokers=(1, 2)) as broker:
            await with_topic(broker)
            left = PartitionChangeRecord(partition_id=0, topic_id=ID, replicas=(1, 2), adding_replicas=(2,))
            broker.services.cluster.head.replay(left)
            return await broker.ask(list_partition_reassignments, ListPartitionReassignmentsRequest(topics=topics), 0)

    response = run(test)
    assert [each.name for each in response.topics] == told
    assert all(each.partitions[0].adding_replicas == (2,) for each in response.topics)


def test_nothing_of_ours_is_ever_under_way():
    async def test() -> Any:
        async with rig(brokers=(1, 2)) as broker:
            await with_topic(broker)
            await broker.ask(alter_partition_reassignments, AlterPartitionReassignmentsRequest(topics=(to(2),)), 1)
            return await broker.ask(list_partition_reassignments, ListPartitionReassignmentsRequest(topics=None), 0)

    assert run(test).topics == ()
