"""Members of groups of every kind, as an administrator is told of them."""

from typing import Any

import pytest

from headwater.client.admin.group_descriptions import GroupDescription, describe_group
from headwater.client.admin.groups import GroupKind, group_kind
from headwater.client.admin.topics import NewTopic, create_topic
from headwater.client.cluster import Cluster
from headwater.client.errors import Refused
from headwater.client.roles import Coordinator
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages import streams_group_heartbeat_request as streams
from headwater.wire.messages.consumer_group_heartbeat_request import ConsumerGroupHeartbeatRequest
from headwater.wire.messages.consumer_group_heartbeat_response import ConsumerGroupHeartbeatResponse
from headwater.wire.messages.share_group_heartbeat_request import ShareGroupHeartbeatRequest
from headwater.wire.messages.share_group_heartbeat_response import ShareGroupHeartbeatResponse
from headwater.wire.messages.streams_group_heartbeat_response import StreamsGroupHeartbeatResponse
from headwater.wire.schema import Message

ORDERS = NewTopic(name="orders", partitions=2)


async def described(cluster: Cluster, group: str, join: Message, response: type[Message]) -> GroupDescription:
    """The group after this one has joined it."""

    def accept(answer: Any) -> None:
        assert answer.error_code == 0, answer

    await create_topic(cluster, ORDERS)
    await cluster.ask(Coordinator(group), join, response, accept=accept)
    return await describe_group(cluster, group)


def test_a_consumer_group_of_the_new_protocol(against_a_broker):
    async def test(cluster):
        join = ConsumerGroupHeartbeatRequest(
            group_id="billing",
            member_id="m",
            instance_id="first",
            rebalance_timeout_ms=60_000,
            subscribed_topic_names=("orders",),
            topic_partitions=(),
        )
        group = await described(cluster, "billing", join, ConsumerGroupHeartbeatResponse)
        assert (group.kind, group.state, group.protocol) == (GroupKind.CONSUMER, "Stable", "uniform")
        (member,) = group.members
        assert (member.id, member.instance_id, member.epoch) == ("m", "first", group.epoch)
        assert member.partitions == (("orders", 0), ("orders", 1))

    against_a_broker(test)


def test_a_share_group(against_a_broker):
    async def test(cluster):
        join = ShareGroupHeartbeatRequest(group_id="workers", member_id="m", subscribed_topic_names=("orders",))
        group = await described(cluster, "workers", join, ShareGroupHeartbeatResponse)
        assert (group.kind, group.state, group.protocol) == (GroupKind.SHARE, "Stable", "simple")
        (member,) = group.members
        assert (member.id, member.instance_id, member.epoch) == ("m", None, group.epoch)
        assert member.partitions == (("orders", 0), ("orders", 1))

    against_a_broker(test)


def test_a_streams_group(against_a_broker):
    async def test(cluster):
        topology = streams.Topology(
            epoch=1, subtopologies=(streams.Subtopology(subtopology_id="0", source_topics=("orders",)),)
        )
        join = streams.StreamsGroupHeartbeatRequest(
            group_id="counting",
            member_id="m",
            rebalance_timeout_ms=60_000,
            process_id="p",
            topology=topology,
            active_tasks=(),
            standby_tasks=(),
            warmup_tasks=(),
            client_tags=(),
        )
        group = await described(cluster, "counting", join, StreamsGroupHeartbeatResponse)
        assert (group.kind, group.protocol_type) == (GroupKind.STREAMS, "streams")
        (member,) = group.members
        assert (member.id, member.tasks) == ("m", ("active 0_0", "active 0_1"))
        assert member.partitions == (("orders", 0), ("orders", 1))

    against_a_broker(test)


def test_a_group_that_is_not_there(against_a_broker):
    async def test(cluster):
        with pytest.raises(Refused, match="nobody") as refused:
            await group_kind(cluster, "nobody")
        assert refused.value.code == ErrorCode.GROUP_ID_NOT_FOUND

    against_a_broker(test)
