"""OffsetCommit: remember where a group has read to, by topic name or, from version 10 on, by topic id."""

from collections.abc import Callable

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import Whole, Within
from headwater.broker.offset_commits import OffsetCommits
from headwater.control.errors import ControlError
from headwater.control.groups.errors import GroupNotFound
from headwater.control.groups.requests import CommitOffsets
from headwater.security.access import Operation, group
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.offset_commit_request import OffsetCommitRequest, OffsetCommitRequestTopic
from headwater.wire.messages.offset_commit_response import (
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)

_GROUP_NOT_FOUND_FROM = 9
_MEMBER_EPOCHS_FROM = 9
_TOPIC_IDS_FROM = 10


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
    commits = OffsetCommits(context, request.topics, by_id=context.api_version >= _TOPIC_IDS_FROM)
    answer = await context.services.coordinators.ask(
        request.group_id,
        CommitOffsets(
            group_id=request.group_id,
            member_id=request.member_id,
            instance_id=request.group_instance_id,
            generation=request.generation_id_or_member_epoch,
            offsets=commits.offsets,
            retention_ms=request.retention_time_ms,
            knows_epochs=context.api_version >= _MEMBER_EPOCHS_FROM,
        ),
    )
    if isinstance(answer, ControlError):
        return refuse(request, _code_for_all(context, answer))
    commits.take(answer)
    return OffsetCommitResponse(topics=tuple(_answered(each, commits) for each in request.topics))


def _code_for_all(context: Context, refusal: ControlError) -> ErrorCode:
    """Before version 9 clients know no group that is not found, only one whose generation is another."""
    if isinstance(refusal, GroupNotFound) and context.api_version < _GROUP_NOT_FOUND_FROM:
        return ErrorCode.ILLEGAL_GENERATION
    return refusal.code


def _answered(item: OffsetCommitRequestTopic, commits: OffsetCommits) -> OffsetCommitResponseTopic:
    return _topic(item, lambda index: commits.code(item, index))


def _all(item: OffsetCommitRequestTopic, code: ErrorCode) -> OffsetCommitResponseTopic:
    return _topic(item, lambda _: code)


def _topic(item: OffsetCommitRequestTopic, code: Callable[[int], ErrorCode]) -> OffsetCommitResponseTopic:
    return OffsetCommitResponseTopic(
        name=item.name,
        topic_id=item.topic_id,
        partitions=tuple(
            OffsetCommitResponsePartition(partition_index=each.partition_index, error_code=code(each.partition_index))
            for each in item.partitions
        ),
    )
