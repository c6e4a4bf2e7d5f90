"""SyncGroup: the leader of a classic group says who gets what, and everyone learns what is its own."""

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import Whole
from headwater.control.groups.classic.requests import Sync, Synced
from headwater.security.access import Operation, group
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.sync_group_request import SyncGroupRequest
from headwater.wire.messages.sync_group_response import SyncGroupResponse

_PROTOCOL_NAMED_FROM = 5


def refuse(request: SyncGroupRequest, code: ErrorCode) -> SyncGroupResponse:
    del request
    return SyncGroupResponse(error_code=code)


API = Api(
    SyncGroupRequest,
    versions=between(0, 5),
    refuse=refuse,
    needs=(Whole(operation=Operation.READ, of=lambda request: group(request.group_id)),),
    waits=True,
)


async def handle(context: Context, request: SyncGroupRequest) -> SyncGroupResponse:
    unnamed = request.protocol_type is None or request.protocol_name is None
    if context.api_version >= _PROTOCOL_NAMED_FROM and unnamed:
        return refuse(request, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    answer = await context.services.coordinators.ask(
        request.group_id,
        Sync(
            group_id=request.group_id,
            member_id=request.member_id,
            instance_id=request.group_instance_id,
            generation=request.generation_id,
            protocol_type=request.protocol_type,
            protocol=request.protocol_name,
            assignments={each.member_id: each.assignment for each in request.assignments},
        ),
    )
    if isinstance(answer, Synced):
        return SyncGroupResponse(
            protocol_type=answer.protocol_type, protocol_name=answer.protocol, assignment=answer.assignment
        )
    return refuse(request, answer.code)
