"""Heartbeat: a member of a classic group shows that it is there, and hears of rebalances."""

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import Whole
from headwater.control.groups.classic.requests import Heartbeat
from headwater.security.access import Operation, group
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.heartbeat_request import HeartbeatRequest
from headwater.wire.messages.heartbeat_response import HeartbeatResponse


def refuse(request: HeartbeatRequest, code: ErrorCode) -> HeartbeatResponse:
    del request
    return HeartbeatResponse(error_code=code)


API = Api(
    HeartbeatRequest,
    versions=between(0, 4),
    refuse=refuse,
    needs=(Whole(operation=Operation.READ, of=lambda request: group(request.group_id)),),
)


async def handle(context: Context, request: HeartbeatRequest) -> HeartbeatResponse:
    refusal = await context.services.coordinators.ask(
        request.group_id,
        Heartbeat(
            group_id=request.group_id,
            member_id=request.member_id,
            instance_id=request.group_instance_id,
            generation=request.generation_id,
        ),
    )
    return HeartbeatResponse(error_code=refusal.code if refusal else ErrorCode.NONE)
