"""ShareGroupHeartbeat: be a member of a share group, and learn which partitions to read (KIP-932)."""

from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.internal_topics import ensure_share_state
from headwater.broker.needs import Whole, Within
from headwater.broker.share.served import check_served
from headwater.control.errors import ControlError
from headwater.control.groups.share.member import JOINING
from headwater.control.groups.share.requests import ShareHeartbeat, ShareMembership
from headwater.security.access import Operation, group, topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.share_group_heartbeat_request import ShareGroupHeartbeatRequest
from headwater.wire.messages.share_group_heartbeat_response import (
    Assignment,
    ShareGroupHeartbeatResponse,
    TopicPartitions,
)
from headwater.wire.types import TopicName


def refuse(request: ShareGroupHeartbeatRequest, code: ErrorCode) -> ShareGroupHeartbeatResponse:
    del request
    return ShareGroupHeartbeatResponse(error_code=code, error_message=code.name)


API: Final = Api(
    ShareGroupHeartbeatRequest,
    versions=between(1, 1),
    refuse=refuse,
    needs=(
        Whole(operation=Operation.READ, of=lambda request: group(request.group_id)),
        Within(operation=Operation.DESCRIBE, why="one topic that may not be seen refuses the whole request"),
    ),
    waits=True,
)


async def handle(context: Context, request: ShareGroupHeartbeatRequest) -> ShareGroupHeartbeatResponse:
    """The share coordinator's topic is made before the first member needs it."""
    check_served(context)
    names = request.subscribed_topic_names
    if not all(context.allows(Operation.DESCRIBE, topic(each)) for each in names or ()):
        return refuse(request, ErrorCode.TOPIC_AUTHORIZATION_FAILED)
    if request.member_epoch == JOINING:
        await ensure_share_state(context)
    heartbeat = ShareHeartbeat(
        group_id=request.group_id,
        member_id=request.member_id,
        epoch=request.member_epoch,
        rack_id=request.rack_id,
        client_id=context.client_id,
        client_host=f"/{context.host}",
        topics=None if names is None else tuple(map(TopicName, names)),
    )
    answer = await context.services.coordinators.ask(request.group_id, heartbeat)
    if isinstance(answer, ControlError):
        return ShareGroupHeartbeatResponse(error_code=answer.code, error_message=str(answer))
    return _told(answer)


def _told(membership: ShareMembership) -> ShareGroupHeartbeatResponse:
    assigned = membership.assigned
    return ShareGroupHeartbeatResponse(
        member_id=membership.member_id,
        member_epoch=membership.epoch,
        heartbeat_interval_ms=membership.heartbeat_interval_ms,
        assignment=None
        if assigned is None
        else Assignment(
            topic_partitions=tuple(
                TopicPartitions(topic_id=topic_id, partitions=indexes) for topic_id, indexes in assigned.items()
            )
        ),
    )
