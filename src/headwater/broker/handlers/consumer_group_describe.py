"""ConsumerGroupDescribe: epochs, members and assignments of consumer groups (KIP-848)."""

from msgspec.structs import replace

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import Each
from headwater.broker.operations import allowed_operations
from headwater.control.cluster.features import GROUP_VERSION
from headwater.control.groups.consumer.requests import Assigned, ConsumerGroupDescription, ConsumerMemberDescription
from headwater.security.access import Operation, group, topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.consumer_group_describe_request import ConsumerGroupDescribeRequest
from headwater.wire.messages.consumer_group_describe_response import (
    Assignment,
    ConsumerGroupDescribeResponse,
    DescribedGroup,
    Member,
    TopicPartitions,
)

_CLASSIC, _CONSUMER = 0, 1


def _refused(group_id: str, code: ErrorCode) -> DescribedGroup:
    return DescribedGroup(group_id=group_id, error_code=code)


def refuse(request: ConsumerGroupDescribeRequest, code: ErrorCode) -> ConsumerGroupDescribeResponse:
    return ConsumerGroupDescribeResponse(groups=tuple(_refused(each, code) for each in request.group_ids))


API = Api(
    ConsumerGroupDescribeRequest,
    versions=between(0, 1),
    refuse=refuse,
    needs=(Each(operation=Operation.DESCRIBE, items="group_ids", of=group, refused=_refused, into="groups"),),
)


async def handle(context: Context, request: ConsumerGroupDescribeRequest) -> ConsumerGroupDescribeResponse:
    if not context.services.features().level(GROUP_VERSION):
        return refuse(request, ErrorCode.UNSUPPORTED_VERSION)
    return ConsumerGroupDescribeResponse(
        groups=tuple([await _describe(context, request, each) for each in request.group_ids])
    )


async def _describe(context: Context, request: ConsumerGroupDescribeRequest, group_id: str) -> DescribedGroup:
    if not group_id:
        return _refused(group_id, ErrorCode.INVALID_GROUP_ID)
    try:
        found = await context.services.coordinators.read(group_id, lambda machine: machine.consumer.describe(group_id))
    except Refused as refusal:
        return _refused(group_id, refusal.code)
    if not isinstance(found, ConsumerGroupDescription):
        return DescribedGroup(group_id=group_id, error_code=found.code, error_message=str(found))
    if not _may_see(context, found):
        return DescribedGroup(
            group_id=group_id,
            error_code=ErrorCode.TOPIC_AUTHORIZATION_FAILED,
            error_message="The group has described topic(s) that the client is not authorized to describe.",
        )
    described = _described(found)
    if not request.include_authorized_operations:
        return described
    return replace(described, authorized_operations=allowed_operations(context, group(group_id)))


def _may_see(context: Context, found: ConsumerGroupDescription) -> bool:
    names = (each.topic for member in found.members for each in (*member.assignment, *member.target))
    return all(context.allows(Operation.DESCRIBE, topic(name)) for name in dict.fromkeys(names))


def _described(found: ConsumerGroupDescription) -> DescribedGroup:
    return DescribedGroup(
        group_id=found.group_id,
        group_state=found.state,
        group_epoch=found.epoch,
        assignment_epoch=found.target_epoch,
        assignor_name=found.assignor,
        members=tuple(_member(each) for each in found.members),
    )


def _member(member: ConsumerMemberDescription) -> Member:
    return Member(
        member_id=member.member_id,
        instance_id=member.instance_id,
        rack_id=member.rack_id,
        member_epoch=member.epoch,
        client_id=member.client_id,
        client_host=member.client_host,
        subscribed_topic_names=member.topics,
        subscribed_topic_regex=member.expression,
        assignment=_assignment(member.assignment),
        target_assignment=_assignment(member.target),
        member_type=_CLASSIC if member.is_classic else _CONSUMER,
    )


def _assignment(assigned: tuple[Assigned, ...]) -> Assignment:
    return Assignment(
        topic_partitions=tuple(
            TopicPartitions(topic_id=each.topic_id, topic_name=each.topic, partitions=each.partitions)
            for each in assigned
        )
    )
