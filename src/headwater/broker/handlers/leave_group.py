"""LeaveGroup: members go, or an administrator has static members go."""

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import Whole
from headwater.control.errors import ControlError
from headwater.control.groups.classic.requests import Leave, Leaver
from headwater.security.access import Operation, group
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.leave_group_request import LeaveGroupRequest, MemberIdentity
from headwater.wire.messages.leave_group_response import LeaveGroupResponse, MemberResponse

_MEMBERS_FROM = 3


def refuse(request: LeaveGroupRequest, code: ErrorCode) -> LeaveGroupResponse:
    del request
    return LeaveGroupResponse(error_code=code)


API = Api(
    LeaveGroupRequest,
    versions=between(0, 5),
    refuse=refuse,
    needs=(Whole(operation=Operation.READ, of=lambda request: group(request.group_id)),),
)


async def handle(context: Context, request: LeaveGroupRequest) -> LeaveGroupResponse:
    by_member = context.api_version >= _MEMBERS_FROM
    members = request.members if by_member else (MemberIdentity(member_id=request.member_id),)
    leavers = tuple(Leaver(member_id=each.member_id, instance_id=each.group_instance_id) for each in members)
    answer = await context.services.coordinators.ask(
        request.group_id, Leave(group_id=request.group_id, members=leavers)
    )
    if isinstance(answer, ControlError):
        return refuse(request, answer.code)
    if not by_member:
        return LeaveGroupResponse(error_code=_code(answer[0]))
    return LeaveGroupResponse(
        members=tuple(
            MemberResponse(
                member_id=each.member_id, group_instance_id=each.group_instance_id, error_code=_code(refusal)
            )
            for each, refusal in zip(members, answer, strict=True)
        )
    )


def _code(refusal: ControlError | None) -> ErrorCode:
    return refusal.code if refusal else ErrorCode.NONE
