"""DescribeTopicPartitions, page by page."""

from typing import Any

import pytest
from tests.broker.rig import Forbid, Rig, rig
from tests.machine.toy import run

from headwater.broker.handlers import describe_topic_partitions
from headwater.control.cluster.requests import CreateTopic
from headwater.security.access import Operation, topic as the_topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.describe_topic_partitions_request import (
    Cursor,
    DescribeTopicPartitionsRequest,
    TopicRequest,
)
from headwater.wire.types import TopicName, Uuid

SIZES = {"b": 3, "a": 2, "c": 1}


async def with_topics(broker: Rig) -> None:
    for number, (name, size) in enumerate(SIZES.items(), 1):
        id_ = Uuid(bytes([number]) * 16)
        await broker.decide(CreateTopic(name=TopicName(name), topic_id=id_, partitions=size, replication_factor=1))


def at(topic: str, index: int) -> Cursor:
    return Cursor(topic_name=topic, partition_index=index)


def asked(*names: str, limit: int = 2_000, cursor: Cursor | None = None, **of_rig: Any) -> Any:
    request = DescribeTopicPartitionsRequest(
        topics=tuple(TopicRequest(name=each) for each in names), response_partition_limit=limit, cursor=cursor
    )

    async def test() -> Any:
        async with rig(**of_rig) as broker:
            await with_topics(broker)
            return await broker.ask(describe_topic_partitions, request, 0)

    return run(test)


def shown(response: Any) -> dict[str, list[int]]:
    return {each.name: [p.partition_index for p in each.partitions] for each in response.topics}


def next_(response: Any) -> tuple[str, int] | None:
    cursor = response.next_cursor
    return (cursor.topic_name, cursor.partition_index) if cursor else None


def test_topics_come_in_the_order_of_their_names():
    response = asked()
    assert shown(response) == {"a": [0, 1], "b": [0, 1, 2], "c": [0]}
    assert list(shown(response)) == ["a", "b", "c"]
    assert next_(response) is None
    partition = response.topics[0].partitions[0]
    assert (partition.leader_id, partition.replica_nodes, partition.eligible_leader_replicas) == (1, (1,), ())


def test_pages_follow_each_other_until_all_is_told():
    first = asked(limit=2)
    assert (shown(first), next_(first)) == ({"a": [0, 1]}, ("b", 0))
    second = asked(limit=2, cursor=at("b", 0))
    assert (shown(second), next_(second)) == ({"b": [0, 1]}, ("b", 2))
    third = asked(limit=2, cursor=at("b", 2))
    assert (shown(third), next_(third)) == ({"b": [2], "c": [0]}, None)


def test_the_broker_sets_a_bound_to_pages_too():
    response = asked(settings={"max.request.partition.size.limit": "4"})
    assert (shown(response), next_(response)) == ({"a": [0, 1], "b": [0, 1]}, ("b", 2))


def test_a_page_has_at_least_one_partition():
    assert shown(asked(limit=0)) == {"a": [0]}


@pytest.mark.parametrize("cursor", [at("a", 0), at("b", -1)])
def test_a_cursor_that_can_not_be_is_refused(cursor):
    (topic,) = asked("b", cursor=cursor).topics
    assert topic.error_code == ErrorCode.INVALID_REQUEST


def test_what_is_not_there_is_said_for_each():
    response = asked("b", "x", "a b")
    assert {each.name: each.error_code for each in response.topics} == {
        "a b": ErrorCode.INVALID_TOPIC_EXCEPTION,
        "b": ErrorCode.NONE,
        "x": ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    }


def test_what_may_not_be_known_of_is_refused_if_it_was_named_and_else_left_out():
    blind = Forbid((Operation.DESCRIBE, the_topic("b")))
    named = asked("a", "b", authorizer=blind)
    assert {each.name: each.error_code for each in named.topics} == {
        "a": ErrorCode.NONE,
        "b": ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    }
    assert list(shown(asked(authorizer=blind))) == ["a", "c"]
