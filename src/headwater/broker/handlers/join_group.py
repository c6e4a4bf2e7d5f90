"""JoinGroup: become a member of a classic group, or begin its next generation with the others."""

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import Whole
from headwater.control.errors import ControlError
from headwater.control.groups.classic.requests import Join, Joined, Protocol
from headwater.control.groups.errors import MemberIdRequired
from headwater.security.access import Operation, group
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.join_group_request import JoinGroupRequest
from headwater.wire.messages.join_group_response import JoinGroupResponse, JoinGroupResponseMember
from headwater.wire.types import Uuid, uuid_text

_REBALANCE_TIMEOUT_FROM = 1
_KNOWN_ID_FROM = 4
_NULLABLE_PROTOCOL_FROM = 7
_SKIPPED_ASSIGNMENT_FROM = 9
_PREFIX_MAX = 1_000
"""What a member's id keeps of a long name: the id is a string too, and must not be longer than one can be."""


def refuse(request: JoinGroupRequest, code: ErrorCode) -> JoinGroupResponse:
    return JoinGroupResponse(error_code=code, member_id=request.member_id)


API = Api(
    JoinGroupRequest,
    versions=between(0, 9),
    refuse=refuse,
    needs=(Whole(operation=Operation.READ, of=lambda request: group(request.group_id)),),
    waits=True,
)


async def handle(context: Context, request: JoinGroupRequest) -> JoinGroupResponse:
    answer = await context.services.coordinators.ask(request.group_id, _join(context, request))
    if isinstance(answer, Joined):
        return _joined(answer)
    return _refused(context, request, answer)


def _join(context: Context, request: JoinGroupRequest) -> Join:
    version = context.api_version
    return Join(
        group_id=request.group_id,
        member_id=request.member_id,
        instance_id=request.group_instance_id,
        new_member_id="" if request.member_id else _new_id(context, request),
        client_id=context.client_id,
        client_host=f"/{context.host}",
        session_timeout_ms=request.session_timeout_ms,
        rebalance_timeout_ms=(
            request.rebalance_timeout_ms if version >= _REBALANCE_TIMEOUT_FROM else request.session_timeout_ms
        ),
        protocol_type=request.protocol_type,
        protocols=tuple(Protocol(name=each.name, metadata=each.metadata) for each in request.protocols),
        needs_known_id=version >= _KNOWN_ID_FROM,
        can_skip_assignment=version >= _SKIPPED_ASSIGNMENT_FROM,
    )


def _new_id(context: Context, request: JoinGroupRequest) -> str:
    prefix = (request.group_instance_id or context.client_id)[:_PREFIX_MAX]
    return f"{prefix}-{uuid_text(Uuid(context.services.randomness.uuid()))}"


def _joined(answer: Joined) -> JoinGroupResponse:
    return JoinGroupResponse(
        generation_id=answer.generation,
        protocol_type=answer.protocol_type,
        protocol_name=answer.protocol,
        leader=answer.leader,
        skip_assignment=answer.skip_assignment,
        member_id=answer.member_id,
        members=tuple(
            JoinGroupResponseMember(
                member_id=each.member_id, group_instance_id=each.instance_id, metadata=each.metadata
            )
            for each in answer.members
        ),
    )


def _refused(context: Context, request: JoinGroupRequest, refusal: ControlError) -> JoinGroupResponse:
    member_id = refusal.member_id if isinstance(refusal, MemberIdRequired) else request.member_id
    no_protocol = None if context.api_version >= _NULLABLE_PROTOCOL_FROM else ""
    return JoinGroupResponse(error_code=refusal.code, member_id=member_id, protocol_name=no_protocol)
