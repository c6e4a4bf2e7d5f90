"""CreatePartitions, and what keeps a topic from growing."""

from typing import Any

import pytest
from tests.broker.rig import Forbid, rig
from tests.machine.toy import run

from headwater.broker.handlers import create_partitions
from headwater.control.cluster.requests import CreateTopic
from headwater.security.access import Operation, topic as the_topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.create_partitions_request import (
    CreatePartitionsAssignment,
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from headwater.wire.types import TopicName, Uuid


def to(count: int, *replicas: tuple[int, ...], name: str = "t") -> CreatePartitionsTopic:
    given = tuple(CreatePartitionsAssignment(broker_ids=each) for each in replicas)
    return CreatePartitionsTopic(name=name, count=count, assignments=given or None)


def grown(*items: CreatePartitionsTopic, version: int = 3, validate_only: bool = False, **of_rig: Any) -> Any:
    """Codes by name, and the replicas of the topic `t`, which had two partitions."""

    async def test() -> Any:
        async with rig(**of_rig) as broker:
            new = CreateTopic(name=TopicName("t"), topic_id=Uuid(bytes([1]) * 16), partitions=2, replication_factor=1)
            await broker.services.partitions.opened((await broker.decide(new)).topic_id)
            request = CreatePartitionsRequest(topics=items, validate_only=validate_only)
            response = await broker.ask(create_partitions, request, version)
            topic = broker.services.cluster.head.topics.named(TopicName("t"))
            assert topic is not None
            logs = [broker.services.partitions.find(topic.name, each.index) for each in topic.partitions]
            assert not any(isinstance(each, ErrorCode) for each in logs)
            return {each.name: each.error_code for each in response.results}, [e.replicas for e in topic.partitions]

    return run(test)


@pytest.mark.parametrize("version", range(4))
def test_every_version_adds_partitions_that_can_be_produced_to_at_once(version):
    assert grown(to(4), version=version) == ({"t": ErrorCode.NONE}, [(1,)] * 4)


def test_replicas_of_new_partitions_can_be_chosen():
    assert grown(to(4, (2,), (2,)), brokers=(1, 2)) == ({"t": ErrorCode.NONE}, [(1,), (2,), (2,), (2,)])


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (to(2), ErrorCode.INVALID_PARTITIONS),
        (to(1), ErrorCode.INVALID_PARTITIONS),
        (to(0), ErrorCode.INVALID_PARTITIONS),
        (to(4, (1,)), ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        (to(3, (9,)), ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        (to(3, (1, 1)), ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        (to(3, name="x"), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        (to(10_003), ErrorCode.POLICY_VIOLATION),
    ],
)
def test_what_can_not_be_is_refused_with_its_reason(item, code):
    assert grown(item) == ({item.name: code}, [(1,), (1,)])


def test_a_topic_named_twice_is_refused():
    assert grown(to(3), to(4)) == ({"t": ErrorCode.INVALID_REQUEST}, [(1,), (1,)])


def test_to_validate_only_adds_nothing():
    assert grown(to(4), validate_only=True) == ({"t": ErrorCode.NONE}, [(1,), (1,)])


def test_growing_needs_the_right_to_alter():
    forbidden = Forbid((Operation.ALTER, the_topic("t")))
    assert grown(to(4), authorizer=forbidden)[0] == {"t": ErrorCode.TOPIC_AUTHORIZATION_FAILED}
