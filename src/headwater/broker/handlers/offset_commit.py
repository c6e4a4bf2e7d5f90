"""OffsetCommit: remember where a group has read to, by topic name or, from version 10 on, by topic id."""

from collections.abc import Iterator

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import Whole, Within
from headwater.control.errors import ControlError
from headwater.control.groups.errors import GroupNotFound
from headwater.control.groups.requests import CommitOffsets, OffsetCommit
from headwater.security.access import Operation, group, topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.offset_commit_request import OffsetCommitRequest, OffsetCommitRequestTopic
from headwater.wire.messages.offset_commit_response import (
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)
from headwater.wire.types import ZERO_UUID, LeaderEpoch, Offset, TopicName

_GROUP_NOT_FOUND_FROM = 9
_TOPIC_IDS_FROM = 10

Where = tuple[TopicName, int]
Names = dict[object, TopicName | ErrorCode]


def refuse(request: OffsetCommitRequest, code: ErrorCode) -> OffsetCommitResponse:
    return OffsetCommitResponse(topics=tuple(_all(each, code) for each in request.topics))


API = Api(
    OffsetCommitRequest,
    versions=between(2, 10),
    refuse=refuse,
    needs=(
        Whole(operation=Operation.READ, of=lambda request: group(request.group_id)),
        Within(operation=Operation.READ, why="topics may be named by their ids"),
    ),
)


async def handle(context: Context, request: OffsetCommitRequest) -> OffsetCommitResponse:
    names = {_key(each): _name(context, each) for each in request.topics}
    codes: dict[Where, ErrorCode] = {}
    commits = tuple(_commits(context, request, names, codes))
    answer = await context.services.coordinators.ask(
        request.group_id,
        CommitOffsets(
            group_id=request.group_id,
            member_id=request.member_id,
            instance_id=request.group_instance_id,
            generation=request.generation_id_or_member_epoch,
            offsets=commits,
            retention_ms=request.retention_time_ms,
        ),
    )
    if isinstance(answer, ControlError):
        return refuse(request, _code_for_all(context, answer))
    for each, refusal in zip(commits, answer, strict=True):
        codes[each.topic, each.partition] = refusal.code if refusal else ErrorCode.NONE
    return OffsetCommitResponse(topics=tuple(_answered(each, names, codes) for each in request.topics))


def _key(item: OffsetCommitRequestTopic) -> object:
    return item.name or item.topic_id


def _name(context: Context, item: OffsetCommitRequestTopic) -> TopicName | ErrorCode:
    """The topic's name, or why nothing can be committed in it."""
    name: TopicName | None = TopicName(item.name)
    if context.api_version >= _TOPIC_IDS_FROM:
        name = context.services.partitions.name_of(item.topic_id)
        if name is None:
            return ErrorCode.UNKNOWN_TOPIC_ID
    assert name is not None
    return name if context.allows(Operation.READ, topic(name)) else ErrorCode.TOPIC_AUTHORIZATION_FAILED


def _commits(
    context: Context,
    request: OffsetCommitRequest,
    names: Names,
    codes: dict[Where, ErrorCode],
) -> Iterator[OffsetCommit]:
    """What can be committed; what can't is noted in `codes`."""
    partitions = context.services.partitions
    for item in request.topics:
        name = names[_key(item)]
        if isinstance(name, ErrorCode):
            continue
        for each in item.partitions:
            if not partitions.has(name, each.partition_index):
                codes[name, each.partition_index] = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                continue
            yield OffsetCommit(
                topic=name,
                partition=each.partition_index,
                offset=Offset(each.committed_offset),
                leader_epoch=LeaderEpoch(each.committed_leader_epoch),
                metadata=each.committed_metadata or "",
                topic_id=partitions.id_of(name) or ZERO_UUID,
            )


def _code_for_all(context: Context, refusal: ControlError) -> ErrorCode:
    """Before version 9 clients know no group that is not found, only one whose generation is another."""
    if isinstance(refusal, GroupNotFound) and context.api_version < _GROUP_NOT_FOUND_FROM:
        return ErrorCode.ILLEGAL_GENERATION
    return refusal.code


def _answered(item: OffsetCommitRequestTopic, names: Names, codes: dict[Where, ErrorCode]) -> OffsetCommitResponseTopic:
    name = names[_key(item)]
    if isinstance(name, ErrorCode):
        return _all(item, name)
    return OffsetCommitResponseTopic(
        name=item.name,
        topic_id=item.topic_id,
        partitions=tuple(
            OffsetCommitResponsePartition(
                partition_index=each.partition_index, error_code=codes[name, each.partition_index]
            )
            for each in item.partitions
        ),
    )


def _all(item: OffsetCommitRequestTopic, code: ErrorCode) -> OffsetCommitResponseTopic:
    return OffsetCommitResponseTopic(
        name=item.name,
        topic_id=item.topic_id,
        partitions=tuple(
            OffsetCommitResponsePartition(partition_index=each.partition_index, error_code=code)
            for each in item.partitions
        ),
    )
