"""ShareGroupDescribe: epochs, members and assignments of share groups."""

from typing import Final

from msgspec.structs import replace

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import Each, Within
from headwater.broker.operations import allowed_operations
from headwater.broker.share.served import check_served
from headwater.broker.turns import one_by_one
from headwater.control.groups.errors import GroupNotFound
from headwater.control.groups.share.member import Member as ShareMember
from headwater.control.groups.share.requests import ShareGroupDescription
from headwater.security.access import Operation, group, topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.share_group_describe_request import ShareGroupDescribeRequest
from headwater.wire.messages.share_group_describe_response import (
    Assignment,
    DescribedGroup,
    Member,
    ShareGroupDescribeResponse,
    TopicPartitions,
)

_ASSIGNOR: Final = "simple"


def _refused(group_id: str, code: ErrorCode) -> DescribedGroup:
    return DescribedGroup(group_id=group_id, error_code=code, error_message=code.name)


def refuse(request: ShareGroupDescribeRequest, code: ErrorCode) -> ShareGroupDescribeResponse:
    return ShareGroupDescribeResponse(groups=tuple(_refused(each, code) for each in request.group_ids))


API: Final = Api(
    ShareGroupDescribeRequest,
    versions=between(1, 1),
    refuse=refuse,
    needs=(
        Each(operation=Operation.DESCRIBE, items="group_ids", of=group, refused=_refused, into="groups"),
        Within(operation=Operation.DESCRIBE, why="a group is not told of where one of its topics may not be seen"),
    ),
)


async def handle(context: Context, request: ShareGroupDescribeRequest) -> ShareGroupDescribeResponse:
    check_served(context)
    groups = await one_by_one(request.group_ids, lambda each: _describe(context, request, each))
    return ShareGroupDescribeResponse(groups=tuple(groups))


async def _describe(context: Context, request: ShareGroupDescribeRequest, group_id: str) -> DescribedGroup:
    if not group_id:
        return _refused(group_id, ErrorCode.INVALID_GROUP_ID)
    try:
        found = await context.services.coordinators.read(group_id, lambda machine: machine.share.describe(group_id))
    except Refused as refusal:
        return _refused(group_id, refusal.code)
    if isinstance(found, GroupNotFound):
        return DescribedGroup(group_id=group_id, error_code=found.code, error_message=str(found))
    if not _may_be_seen(context, found):
        return _refused(group_id, ErrorCode.TOPIC_AUTHORIZATION_FAILED)
    described = _described(context, found)
    if not request.include_authorized_operations:
        return described
    return replace(described, authorized_operations=allowed_operations(context, group(group_id)))


def _may_be_seen(context: Context, found: ShareGroupDescription) -> bool:
    names = dict.fromkeys(name for member in found.members for name in member.topics)
    return all(context.allows(Operation.DESCRIBE, topic(name)) for name in names)


def _described(context: Context, found: ShareGroupDescription) -> DescribedGroup:
    return DescribedGroup(
        error_message=None,
        group_id=found.group_id,
        group_state=found.state,
        group_epoch=found.epoch,
        assignment_epoch=found.assignment_epoch,
        assignor_name=_ASSIGNOR,
        members=tuple(_member(context, each) for each in found.members),
    )


def _member(context: Context, member: ShareMember) -> Member:
    """What is assigned of topics that are gone is left out, as they have no name any more."""
    names = context.services.partitions
    return Member(
        member_id=member.member_id,
        rack_id=member.rack_id,
        member_epoch=member.epoch,
        client_id=member.client_id,
        client_host=member.client_host,
        subscribed_topic_names=member.topics,
        assignment=Assignment(
            topic_partitions=tuple(
                TopicPartitions(topic_id=topic_id, topic_name=name, partitions=indexes)
                for topic_id, indexes in member.assigned.items()
                if (name := names.name_of(topic_id)) is not None
            )
        ),
    )
