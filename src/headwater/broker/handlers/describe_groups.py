"""DescribeGroups: state, protocol, members and assignments of classic groups."""

from msgspec.structs import replace

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import Each
from headwater.broker.operations import allowed_operations
from headwater.broker.turns import one_by_one
from headwater.control.groups.classic.requests import GroupDescription
from headwater.control.groups.errors import GroupNotFound
from headwater.security.access import Operation, group
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.describe_groups_request import DescribeGroupsRequest
from headwater.wire.messages.describe_groups_response import (
    DescribedGroup,
    DescribedGroupMember,
    DescribeGroupsResponse,
)

_NOT_FOUND_FROM = 6
_DEAD = "Dead"


def _refused(group_id: str, code: ErrorCode) -> DescribedGroup:
    return DescribedGroup(group_id=group_id, error_code=code)


def refuse(request: DescribeGroupsRequest, code: ErrorCode) -> DescribeGroupsResponse:
    return DescribeGroupsResponse(groups=tuple(_refused(each, code) for each in request.groups))


API = Api(
    DescribeGroupsRequest,
    versions=between(0, 6),
    refuse=refuse,
    needs=(Each(operation=Operation.DESCRIBE, items="groups", of=group, refused=_refused, into="groups"),),
)


async def handle(context: Context, request: DescribeGroupsRequest) -> DescribeGroupsResponse:
    groups = await one_by_one(request.groups, lambda each: _describe(context, request, each))
    return DescribeGroupsResponse(groups=tuple(groups))


async def _describe(context: Context, request: DescribeGroupsRequest, group_id: str) -> DescribedGroup:
    try:
        found = await context.services.coordinators.read(group_id, lambda machine: machine.describe(group_id))
    except Refused as refusal:
        return _refused(group_id, refusal.code)
    if isinstance(found, GroupNotFound):
        return _not_found(context, found, group_id)
    operations = allowed_operations(context, group(group_id)) if request.include_authorized_operations else None
    return _described(found, operations)


def _not_found(context: Context, refusal: GroupNotFound, group_id: str) -> DescribedGroup:
    """Before version 6 a group that isn't there is one that is dead (KIP-1043)."""
    if context.api_version < _NOT_FOUND_FROM:
        return DescribedGroup(group_id=group_id, group_state=_DEAD)
    return DescribedGroup(group_id=group_id, group_state=_DEAD, error_code=refusal.code, error_message=str(refusal))


def _described(found: GroupDescription, operations: int | None) -> DescribedGroup:
    plain = DescribedGroup(
        group_id=found.group_id,
        group_state=found.state,
        protocol_type=found.protocol_type,
        protocol_data=found.protocol,
        members=tuple(
            DescribedGroupMember(
                member_id=each.member_id,
                group_instance_id=each.instance_id,
                client_id=each.client_id,
                client_host=each.client_host,
                member_metadata=each.metadata,
                member_assignment=each.assignment,
            )
            for each in found.members
        ),
    )
    return plain if operations is None else replace(plain, authorized_operations=operations)
