"""ConsumerGroupHeartbeat and what is told of the group: expressions are matched here, as far as the client may see."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from tests.broker.rig import Rig, rig
from tests.broker.serving import run

from headwater.broker.features import Features, FinalizedFeature
from headwater.broker.handlers import (
    consumer_group_describe,
    consumer_group_heartbeat,
    describe_groups,
    find_coordinator,
    list_groups,
)
from headwater.control.cluster.features import GROUP_VERSION
from headwater.control.cluster.requests import CreateTopic
from headwater.security.access import Operation, Principal, Resource, ResourceType
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.consumer_group_describe_request import ConsumerGroupDescribeRequest
from headwater.wire.messages.consumer_group_heartbeat_request import ConsumerGroupHeartbeatRequest
from headwater.wire.messages.describe_groups_request import DescribeGroupsRequest
from headwater.wire.messages.find_coordinator_request import FindCoordinatorRequest
from headwater.wire.messages.list_groups_request import ListGroupsRequest
from headwater.wire.types import TopicName, Uuid

JOINING: Mapping[str, Any] = {"group_id": "g", "member_id": "a", "rebalance_timeout_ms": 60_000, "topic_partitions": ()}


class NotTopic:
    """Everything is allowed but to see one topic."""

    def __init__(self, hidden: str) -> None:
        self._hidden = hidden

    def allows(self, principal: Principal, host: str, operation: Operation, resource: Resource) -> bool:
        del principal, host, operation
        return (resource.type, resource.name) != (ResourceType.TOPIC, self._hidden)


def served(check: Callable[[Rig], Awaitable[None]], *topics: str, hidden: str = "", group_version: int = 1) -> None:
    async def test() -> None:
        async with rig(authorizer=NotTopic(hidden)) as broker:
            await broker.ask(find_coordinator, FindCoordinatorRequest(key="g"), 0)
            await broker.services.coordinators.settled()
            for number, name in enumerate(topics):
                topic_id = Uuid(bytes([number + 1]) * 16)
                new = CreateTopic(
                    name=TopicName(name), topic_id=topic_id, partitions=2, replication_factor=1, settings={}
                )
                await broker.decide(new)
            levels = (FinalizedFeature(name=GROUP_VERSION, level=group_version),)
            broker.replace(features=lambda: Features(finalized=levels))
            await check(broker)

    run(test)


async def beat(broker: Rig, version: int = 1, **fields: Any) -> Any:
    return await broker.ask(consumer_group_heartbeat, ConsumerGroupHeartbeatRequest(**{**JOINING, **fields}), version)


def assigned(answer: Any) -> int:
    return sum(len(each.partitions) for each in answer.assignment.topic_partitions)


def test_a_member_subscribes_by_name_and_gets_an_id_in_version_0():
    async def check(broker: Rig) -> None:
        answer = await beat(broker, 0, member_id="", subscribed_topic_names=("t",))
        assert (answer.error_code, answer.member_epoch, assigned(answer)) == (0, 2, 2)
        assert answer.member_id
        refused = await beat(broker, 1, member_id="", subscribed_topic_names=("t",))
        assert refused.error_code == ErrorCode.INVALID_REQUEST

    served(check, "t")


def test_an_expression_is_matched_as_far_as_the_client_may_see():
    async def check(broker: Rig) -> None:
        answer = await beat(broker, subscribed_topic_regex="orders-.*")
        assert assigned(answer) == 4
        described = await broker.ask(consumer_group_describe, ConsumerGroupDescribeRequest(group_ids=("g",)), 1)
        topics = [each.topic_name for each in described.groups[0].members[0].assignment.topic_partitions]
        assert sorted(topics) == ["orders-a", "orders-b"]
        assert described.groups[0].members[0].subscribed_topic_regex == "orders-.*"

    served(check, "orders-a", "orders-b", "orders-c", "my-orders-a", hidden="orders-c")


@pytest.mark.parametrize("expression", ["[", "a**", "x" * 5_000, "\\p{L}{900}"])
def test_an_expression_that_is_none_or_too_large_is_refused(expression: str):
    async def check(broker: Rig) -> None:
        answer = await beat(broker, subscribed_topic_regex=expression)
        assert answer.error_code == ErrorCode.INVALID_REGULAR_EXPRESSION
        assert "is not a valid regular expression" in answer.error_message

    served(check, "t")


def test_one_topic_that_may_not_be_seen_refuses_the_whole_request():
    async def check(broker: Rig) -> None:
        answer = await beat(broker, subscribed_topic_names=("t", "hidden"))
        assert answer.error_code == ErrorCode.TOPIC_AUTHORIZATION_FAILED

    served(check, "t", "hidden", hidden="hidden")


def test_the_group_is_listed_by_its_kind_and_described_only_as_what_it_is():
    async def check(broker: Rig) -> None:
        await beat(broker, subscribed_topic_names=("t",))
        for kinds, count in (((), 1), (("consumer",), 1), (("Consumer", "share"), 1), (("classic",), 0)):
            answer = await broker.ask(list_groups, ListGroupsRequest(types_filter=kinds), 5)
            assert len(answer.groups) == count
        assert (answer := await broker.ask(list_groups, ListGroupsRequest(states_filter=("stable",)), 5))
        assert (answer.groups[0].group_type, answer.groups[0].protocol_type) == ("consumer", "consumer")
        as_classic = await broker.ask(describe_groups, DescribeGroupsRequest(groups=("g",)), 6)
        assert as_classic.groups[0].error_code == ErrorCode.GROUP_ID_NOT_FOUND
        unknown = await broker.ask(consumer_group_describe, ConsumerGroupDescribeRequest(group_ids=("x", "")), 0)
        assert [each.error_code for each in unknown.groups] == [
            ErrorCode.GROUP_ID_NOT_FOUND,
            ErrorCode.INVALID_GROUP_ID,
        ]

    served(check, "t")


def test_before_the_cluster_has_agreed_on_them_there_are_no_consumer_groups():
    async def check(broker: Rig) -> None:
        assert (await beat(broker, subscribed_topic_names=("t",))).error_code == ErrorCode.UNSUPPORTED_VERSION
        answer = await broker.ask(consumer_group_describe, ConsumerGroupDescribeRequest(group_ids=("g",)), 0)
        assert answer.groups[0].error_code == ErrorCode.UNSUPPORTED_VERSION

    served(check, "t", group_version=0)
