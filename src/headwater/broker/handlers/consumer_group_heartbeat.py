"""ConsumerGroupHeartbeat: a member of a consumer group joins, stays, learns its assignment, and leaves (KIP-848)."""

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import InvalidExpression
from headwater.broker.needs import Whole, Within
from headwater.broker.turns import Turns
from headwater.control.cluster.features import GROUP_VERSION
from headwater.control.groups.consumer.requests import ConsumerHeartbeat, Heartbeaten
from headwater.security.access import Operation, group, topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.consumer_group_heartbeat_request import ConsumerGroupHeartbeatRequest
from headwater.wire.messages.consumer_group_heartbeat_response import (
    Assignment,
    ConsumerGroupHeartbeatResponse,
    TopicPartitions,
)
from headwater.wire.types import Uuid, uuid_text

_CLIENTS_MAKE_IDS_FROM = 1
_JOINING = 0


def refuse(request: ConsumerGroupHeartbeatRequest, code: ErrorCode) -> ConsumerGroupHeartbeatResponse:
    del request
    return ConsumerGroupHeartbeatResponse(error_code=code)


API = Api(
    ConsumerGroupHeartbeatRequest,
    versions=between(0, 1),
    refuse=refuse,
    needs=(
        Whole(operation=Operation.READ, of=lambda request: group(request.group_id)),
        Within(operation=Operation.DESCRIBE, why="one topic that may not be described refuses the whole request"),
    ),
)


async def handle(context: Context, request: ConsumerGroupHeartbeatRequest) -> ConsumerGroupHeartbeatResponse:
    if not context.services.features().level(GROUP_VERSION):
        return refuse(request, ErrorCode.UNSUPPORTED_VERSION)
    topics = request.subscribed_topic_names or ()
    if not all(context.allows(Operation.DESCRIBE, topic(each)) for each in dict.fromkeys(topics)):
        return refuse(request, ErrorCode.TOPIC_AUTHORIZATION_FAILED)
    try:
        matched = await _matched(context, request)
    except InvalidExpression as error:
        return ConsumerGroupHeartbeatResponse(error_code=error.code, error_message=str(error))
    answer = await context.services.coordinators.ask(request.group_id, _asked(context, request, matched))
    if isinstance(answer, Heartbeaten):
        return _answered(answer)
    return ConsumerGroupHeartbeatResponse(error_code=answer.code, error_message=str(answer))


async def _matched(context: Context, request: ConsumerGroupHeartbeatRequest) -> dict[str, tuple[str, ...]]:
    """What the group's expressions match, of those that its machine doesn't know well enough, as far as this client may see."""
    services = context.services
    machine = services.coordinators.head(request.group_id)
    subscribed = request.subscribed_topic_regex if request.member_epoch >= _JOINING else None
    unmatched = machine.consumer.unmatched(request.group_id, subscribed or "", services.clock.now())
    matched: dict[str, tuple[str, ...]] = {}
    for expression in unmatched:
        visible, turns = [], Turns()
        for name in await services.topic_expressions.topics(expression):
            if context.allows(Operation.DESCRIBE, topic(name)):
                visible.append(name)
            await turns.next()
        matched[expression] = tuple(visible)
    return matched


def _asked(
    context: Context, request: ConsumerGroupHeartbeatRequest, matched: dict[str, tuple[str, ...]]
) -> ConsumerHeartbeat:
    member_id = request.member_id
    if not member_id and context.api_version < _CLIENTS_MAKE_IDS_FROM and request.member_epoch == _JOINING:
        member_id = uuid_text(Uuid(context.services.randomness.uuid()))
    owned = request.topic_partitions
    return ConsumerHeartbeat(
        group_id=request.group_id,
        member_id=member_id,
        epoch=request.member_epoch,
        instance_id=request.instance_id,
        rack_id=request.rack_id,
        rebalance_timeout_ms=request.rebalance_timeout_ms,
        topics=request.subscribed_topic_names,
        expression=request.subscribed_topic_regex,
        assignor=request.server_assignor,
        owned=None if owned is None else {each.topic_id: each.partitions for each in owned},
        client_id=context.client_id,
        client_host=f"/{context.host}",
        matched=matched,
    )


def _answered(answer: Heartbeaten) -> ConsumerGroupHeartbeatResponse:
    held = answer.assignment
    return ConsumerGroupHeartbeatResponse(
        member_id=answer.member_id,
        member_epoch=answer.epoch,
        heartbeat_interval_ms=answer.heartbeat_interval_ms,
        assignment=None
        if held is None
        else Assignment(
            topic_partitions=tuple(
                TopicPartitions(topic_id=topic_id, partitions=tuple(sorted(partitions)))
                for topic_id, partitions in held.items()
            )
        ),
    )
