"""A broker with share groups, spoken to as their members and administrators do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.broker.rig import Rig, rig

from headwater.broker.handlers import (
    alter_share_group_offsets,
    delete_groups,
    delete_share_group_offsets,
    describe_share_group_offsets,
    find_coordinator,
    share_group_describe,
    share_group_heartbeat,
)
from headwater.control.cluster.requests import CreateTopic, FeatureChange, UpdateFeatures
from headwater.wire.messages import (
    alter_share_group_offsets_request as altering,
    delete_share_group_offsets_request as forgetting,
    describe_share_group_offsets_request as describing,
)
from headwater.wire.messages.delete_groups_request import DeleteGroupsRequest
from headwater.wire.messages.find_coordinator_request import FindCoordinatorRequest
from headwater.wire.messages.share_group_describe_request import ShareGroupDescribeRequest
from headwater.wire.messages.share_group_heartbeat_request import ShareGroupHeartbeatRequest
from headwater.wire.types import TopicName, Uuid

TOPIC = Uuid(bytes([1]) * 16)
FEW = {"share.coordinator.state.topic.num.partitions": "3", "offsets.topic.num.partitions": "2"}


@asynccontextmanager
async def sharing(*, level: int = 1, **more: Any) -> AsyncIterator[Rig]:
    """The topic `orders` with two partitions, and a coordinator for groups. `level` is that of `share.version`."""
    async with rig(settings=FEW, **more) as broker:
        agreed = (FeatureChange(name="share.version", level=level, downgrade=False),)
        await broker.decide(UpdateFeatures(changes=agreed, validate_only=False))
        topic = CreateTopic(name=TopicName("orders"), topic_id=TOPIC, partitions=2, replication_factor=1)
        await broker.decide(topic)
        await broker.services.partitions.opened(TOPIC)
        await broker.ask(find_coordinator, FindCoordinatorRequest(key="g"), 0)
        await broker.services.coordinators.settled()
        yield broker


async def beat(broker: Rig, member: str = "a", *, epoch: int = 0, topics: tuple[str, ...] | None = ("orders",)) -> Any:
    request = ShareGroupHeartbeatRequest(
        group_id="g", member_id=member, member_epoch=epoch, subscribed_topic_names=topics
    )
    return await broker.ask(share_group_heartbeat, request, 1)


async def leave(broker: Rig, member: str = "a") -> None:
    answer = await beat(broker, member, epoch=-1, topics=None)
    assert answer.error_code == 0


async def described(broker: Rig, group: str = "g", *, operations: bool = False) -> Any:
    request = ShareGroupDescribeRequest(group_ids=(group,), include_authorized_operations=operations)
    return (await broker.ask(share_group_describe, request, 1)).groups[0]


async def alter(broker: Rig, *starts: tuple[int, int], topic: str = "orders") -> Any:
    partitions = tuple(
        altering.AlterShareGroupOffsetsRequestPartition(partition_index=index, start_offset=offset)
        for index, offset in starts
    )
    topics = (altering.AlterShareGroupOffsetsRequestTopic(topic_name=topic, partitions=partitions),)
    request = altering.AlterShareGroupOffsetsRequest(group_id="g", topics=topics)
    return await broker.ask(alter_share_group_offsets, request, 0)


async def forget(broker: Rig, *topics: str) -> Any:
    listed = tuple(forgetting.DeleteShareGroupOffsetsRequestTopic(topic_name=each) for each in topics)
    request = forgetting.DeleteShareGroupOffsetsRequest(group_id="g", topics=listed)
    return await broker.ask(delete_share_group_offsets, request, 0)


async def offsets(
    broker: Rig, topics: dict[str, tuple[int, ...]] | None = None
) -> dict[tuple[str, int], tuple[int, int]]:
    """Start and lag, or the negative error in place of the start."""
    listed = topics and tuple(
        describing.DescribeShareGroupOffsetsRequestTopic(topic_name=name, partitions=indexes)
        for name, indexes in topics.items()
    )
    group = describing.DescribeShareGroupOffsetsRequestGroup(group_id="g", topics=listed or None)
    request = describing.DescribeShareGroupOffsetsRequest(groups=(group,))
    (answer,) = (await broker.ask(describe_share_group_offsets, request, 1)).groups
    assert answer.error_code == 0
    return {
        (topic.topic_name, each.partition_index): (-each.error_code or each.start_offset, each.lag)
        for topic in answer.topics
        for each in topic.partitions
    }


async def delete(broker: Rig, group: str = "g") -> int:
    answer = await broker.ask(delete_groups, DeleteGroupsRequest(groups_names=(group,)), 2)
    return int(answer.results[0].error_code)
