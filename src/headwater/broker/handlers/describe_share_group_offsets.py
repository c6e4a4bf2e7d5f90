"""DescribeShareGroupOffsets: where share groups have come to, and how much is before them (KIP-932, KIP-1226)."""

from collections.abc import Sequence
from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import Each, Within
from headwater.broker.share.served import check_served
from headwater.broker.turns import one_by_one
from headwater.control.share.key import SharePartitionKey
from headwater.control.share.state import ShareState
from headwater.security.access import Operation, group, topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.describe_share_group_offsets_request import (
    DescribeShareGroupOffsetsRequest,
    DescribeShareGroupOffsetsRequestGroup,
)
from headwater.wire.messages.describe_share_group_offsets_response import (
    DescribeShareGroupOffsetsResponse,
    DescribeShareGroupOffsetsResponseGroup,
    DescribeShareGroupOffsetsResponsePartition,
    DescribeShareGroupOffsetsResponseTopic,
)
from headwater.wire.types import ZERO_UUID, TopicName

_UNKNOWN: Final = -1


def _refused(asked: DescribeShareGroupOffsetsRequestGroup, code: ErrorCode) -> DescribeShareGroupOffsetsResponseGroup:
    return DescribeShareGroupOffsetsResponseGroup(group_id=asked.group_id, error_code=code, error_message=code.name)


def refuse(request: DescribeShareGroupOffsetsRequest, code: ErrorCode) -> DescribeShareGroupOffsetsResponse:
    return DescribeShareGroupOffsetsResponse(groups=tuple(_refused(each, code) for each in request.groups))


API: Final = Api(
    DescribeShareGroupOffsetsRequest,
    versions=between(0, 1),
    refuse=refuse,
    needs=(
        Each(
            operation=Operation.DESCRIBE,
            items="groups",
            of=lambda asked: group(asked.group_id),
            refused=_refused,
            into="groups",
        ),
        Within(operation=Operation.DESCRIBE, why="topics that a group has read are known only inside"),
    ),
)


async def handle(context: Context, request: DescribeShareGroupOffsetsRequest) -> DescribeShareGroupOffsetsResponse:
    check_served(context)
    groups = await one_by_one(request.groups, lambda each: _describe(context, each))
    return DescribeShareGroupOffsetsResponse(groups=tuple(groups))


async def _describe(
    context: Context, asked: DescribeShareGroupOffsetsRequestGroup
) -> DescribeShareGroupOffsetsResponseGroup:
    """As in Kafka a group that isn't there has no offsets, which is no error."""
    try:
        wanted = await _initialized(context, asked.group_id) if asked.topics is None else _asked(asked)
    except Refused as refusal:
        return _refused(asked, refusal.code)
    topics = [await _topic(context, asked.group_id, name, indexes) for name, indexes in wanted.items()]
    return DescribeShareGroupOffsetsResponseGroup(group_id=asked.group_id, topics=tuple(topics))


def _asked(asked: DescribeShareGroupOffsetsRequestGroup) -> dict[TopicName, Sequence[int]]:
    return {TopicName(each.topic_name): each.partitions for each in asked.topics or ()}


async def _initialized(context: Context, group_id: str) -> dict[TopicName, Sequence[int]]:
    """Topics that the client may not see are left out."""
    known = await context.services.coordinators.read(group_id, lambda machine: machine.share.initialized(group_id))
    named = {context.services.partitions.name_of(topic_id): indexes for topic_id, indexes in known.items()}
    return {
        name: indexes
        for name, indexes in named.items()
        if name is not None and context.allows(Operation.DESCRIBE, topic(name))
    }


async def _topic(
    context: Context, group_id: str, name: TopicName, indexes: Sequence[int]
) -> DescribeShareGroupOffsetsResponseTopic:
    """Of a topic that isn't there nothing was read, which is no error either."""
    topic_id = context.services.partitions.id_of(name)
    if not context.allows(Operation.DESCRIBE, topic(name)):
        parts = [_failed(index, ErrorCode.TOPIC_AUTHORIZATION_FAILED) for index in indexes]
        return DescribeShareGroupOffsetsResponseTopic(topic_name=name, partitions=tuple(parts))
    if topic_id is None:
        parts = [_unread(index) for index in indexes]
        return DescribeShareGroupOffsetsResponseTopic(topic_name=name, topic_id=ZERO_UUID, partitions=tuple(parts))
    keys = [SharePartitionKey(group_id=group_id, topic_id=topic_id, partition=index) for index in indexes]
    parts = await one_by_one(keys, lambda key: _partition(context, name, key))
    return DescribeShareGroupOffsetsResponseTopic(topic_name=name, topic_id=topic_id, partitions=tuple(parts))


async def _partition(
    context: Context, name: TopicName, key: SharePartitionKey
) -> DescribeShareGroupOffsetsResponsePartition:
    services = context.services
    log = services.partitions.find(name, key.partition)
    if isinstance(log, ErrorCode):
        return _failed(key.partition, log)
    try:
        state = await services.share_states.read(str(key), lambda machine: machine.get(key))
    except Refused as refusal:
        return _failed(key.partition, refusal.code)
    return _unread(key.partition) if state is None else _read(key.partition, state, log.bounds.high_watermark)


def _read(index: int, state: ShareState, end: int) -> DescribeShareGroupOffsetsResponsePartition:
    """What is before the group: all from its start on, but for what was done out of turn. It can't be told before it began, and
    is below zero where an administrator has set the start after the end."""
    is_known = state.start_offset >= 0 and state.delivery_complete >= 0
    return DescribeShareGroupOffsetsResponsePartition(
        partition_index=index,
        start_offset=state.start_offset,
        leader_epoch=state.leader_epoch,
        lag=end - state.start_offset - state.delivery_complete if is_known else _UNKNOWN,
    )


def _unread(index: int) -> DescribeShareGroupOffsetsResponsePartition:
    return DescribeShareGroupOffsetsResponsePartition(partition_index=index, start_offset=_UNKNOWN)


def _failed(index: int, code: ErrorCode) -> DescribeShareGroupOffsetsResponsePartition:
    return DescribeShareGroupOffsetsResponsePartition(
        partition_index=index, start_offset=_UNKNOWN, error_code=code, error_message=code.name
    )
