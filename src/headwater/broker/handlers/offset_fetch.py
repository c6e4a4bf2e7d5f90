"""OffsetFetch: where groups have read to; one group up to version 7, then any number (KIP-709), then by topic id."""

from collections.abc import Callable, Mapping

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import Within
from headwater.broker.turns import one_by_one
from headwater.control.groups.machine import Groups
from headwater.control.groups.requests import ReadOffsets, TopicPartition
from headwater.security.access import Operation, group, topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.offset_fetch_request import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopic,
    OffsetFetchRequestTopics,
)
from headwater.wire.messages.offset_fetch_response import (
    OffsetFetchResponse,
    OffsetFetchResponseGroup,
    OffsetFetchResponsePartition,
    OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic,
    OffsetFetchResponseTopics,
)
from headwater.wire.records.offset_commit_value import OffsetCommitValue
from headwater.wire.types import ZERO_UUID, TopicName

_GROUPS_FROM = 8
_TOPIC_IDS_FROM = 10
_NO_OFFSET = -1

Offsets = Mapping[TopicPartition, OffsetCommitValue]


def refuse(request: OffsetFetchRequest, code: ErrorCode) -> OffsetFetchResponse:
    if request.groups:
        return OffsetFetchResponse(groups=tuple(_refused(each, code) for each in request.groups))
    return OffsetFetchResponse(
        error_code=code, topics=tuple(_refused_topic(each, code) for each in request.topics or ())
    )


def _refused_topic(topic: OffsetFetchRequestTopic, code: ErrorCode) -> OffsetFetchResponseTopic:
    """Version 1 has no place for the error of a group: without this a client would take it for one that never committed."""
    return OffsetFetchResponseTopic(
        name=topic.name,
        partitions=tuple(
            OffsetFetchResponsePartition(partition_index=index, committed_offset=_NO_OFFSET, error_code=code)
            for index in topic.partition_indexes
        ),
    )


API = Api(
    OffsetFetchRequest,
    versions=between(1, 10),
    refuse=refuse,
    needs=(
        Within(operation=Operation.DESCRIBE, why="each group is asked for apart"),
        Within(operation=Operation.DESCRIBE, why="topics may be all that the group has, or named by their ids"),
    ),
)


async def handle(context: Context, request: OffsetFetchRequest) -> OffsetFetchResponse:
    stable = request.require_stable
    if context.api_version >= _GROUPS_FROM:
        groups = await one_by_one(request.groups, lambda each: _fetch(context, each, stable=stable))
        return OffsetFetchResponse(groups=tuple(groups))
    found = await _fetch(context, _as_group(request), stable=stable)
    return refuse(request, ErrorCode(found.error_code)) if found.error_code else _single(found)


def _as_group(request: OffsetFetchRequest) -> OffsetFetchRequestGroup:
    topics = request.topics
    return OffsetFetchRequestGroup(
        group_id=request.group_id,
        topics=None
        if topics is None
        else tuple(
            OffsetFetchRequestTopics(name=each.name, partition_indexes=each.partition_indexes) for each in topics
        ),
    )


def _single(found: OffsetFetchResponseGroup) -> OffsetFetchResponse:
    return OffsetFetchResponse(
        topics=tuple(
            OffsetFetchResponseTopic(
                name=each.name,
                partitions=tuple(
                    OffsetFetchResponsePartition(
                        partition_index=partition.partition_index,
                        committed_offset=partition.committed_offset,
                        committed_leader_epoch=partition.committed_leader_epoch,
                        metadata=partition.metadata,
                        error_code=partition.error_code,
                    )
                    for partition in each.partitions
                ),
            )
            for each in found.topics
        ),
    )


async def _fetch(context: Context, request: OffsetFetchRequestGroup, *, stable: bool) -> OffsetFetchResponseGroup:
    """A group that nobody knows has no offsets, which is no error. With `stable` nothing is told of what an open
    transaction has committed anew (KIP-447)."""
    if not context.allows(Operation.DESCRIBE, group(request.group_id)):
        return _refused(request, ErrorCode.GROUP_AUTHORIZATION_FAILED)

    reader = ReadOffsets(group_id=request.group_id, member_id=request.member_id, member_epoch=request.member_epoch)

    def query(machine: Groups) -> OffsetFetchResponseGroup:
        if refusal := machine.check_read(reader):
            return _refused(request, refusal.code)

        def unstable(where: TopicPartition) -> bool:
            return stable and machine.offsets.is_undecided(request.group_id, where)

        offsets = machine.offsets.of(request.group_id)
        topics = _everything(context, offsets) if request.topics is None else request.topics
        return OffsetFetchResponseGroup(
            group_id=request.group_id, topics=tuple(_topic(context, each, offsets, unstable) for each in topics)
        )

    try:
        return await context.services.coordinators.read(request.group_id, query)
    except Refused as refusal:
        return _refused(request, refusal.code)


def _everything(context: Context, offsets: Offsets) -> list[OffsetFetchRequestTopics]:
    """All that the group has and the client may see, as if it had asked for it."""
    by_topic: dict[TopicName, list[int]] = {}
    for name, index in offsets:
        by_topic.setdefault(name, []).append(index)
    partitions = context.services.partitions
    return [
        OffsetFetchRequestTopics(
            name=name, topic_id=partitions.id_of(name) or ZERO_UUID, partition_indexes=tuple(indexes)
        )
        for name, indexes in by_topic.items()
        if context.allows(Operation.DESCRIBE, topic(name))
        and (context.api_version < _TOPIC_IDS_FROM or partitions.id_of(name) is not None)
    ]


def _topic(
    context: Context, item: OffsetFetchRequestTopics, offsets: Offsets, unstable: Callable[[TopicPartition], bool]
) -> OffsetFetchResponseTopics:
    name: TopicName | None = TopicName(item.name)
    code = ErrorCode.NONE
    if context.api_version >= _TOPIC_IDS_FROM:
        name = context.services.partitions.name_of(item.topic_id)
        code = ErrorCode.UNKNOWN_TOPIC_ID if name is None else ErrorCode.NONE
    if name is not None and not context.allows(Operation.DESCRIBE, topic(name)):
        code = ErrorCode.TOPIC_AUTHORIZATION_FAILED
    return OffsetFetchResponseTopics(
        name=item.name,
        topic_id=item.topic_id,
        partitions=tuple(
            _partition(index, None, code)
            if code or name is None
            else _partition(index, None, ErrorCode.UNSTABLE_OFFSET_COMMIT)
            if unstable((name, index))
            else _partition(index, offsets.get((name, index)), code)
            for index in item.partition_indexes
        ),
    )


def _partition(index: int, value: OffsetCommitValue | None, code: ErrorCode) -> OffsetFetchResponsePartitions:
    if value is None:
        return OffsetFetchResponsePartitions(partition_index=index, committed_offset=_NO_OFFSET, error_code=code)
    return OffsetFetchResponsePartitions(
        partition_index=index,
        committed_offset=value.offset,
        committed_leader_epoch=value.leader_epoch,
        metadata=value.metadata,
    )


def _refused(request: OffsetFetchRequestGroup, code: ErrorCode) -> OffsetFetchResponseGroup:
    return OffsetFetchResponseGroup(group_id=request.group_id, error_code=code)
