"""ShareAcknowledge: what became of records that a member of a share group was lent (KIP-932)."""

from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import Whole
from headwater.broker.share.acknowledging import Acknowledging, Outcomes
from headwater.broker.share.answering import epoch_of_leader, member_of, node_endpoints, record_lock_ms
from headwater.broker.share.refusal import Refusal
from headwater.broker.share.sessions import FINAL_EPOCH, INITIAL_EPOCH, Member, Partition
from headwater.security.access import Operation, group
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.share_acknowledge_request import ShareAcknowledgeRequest
from headwater.wire.messages.share_acknowledge_response import (
    LeaderIdAndEpoch,
    NodeEndpoint,
    PartitionData,
    ShareAcknowledgeResponse,
    ShareAcknowledgeTopicResponse,
)
from headwater.wire.types import Uuid


def refuse(request: ShareAcknowledgeRequest, code: ErrorCode) -> ShareAcknowledgeResponse:
    del request
    return ShareAcknowledgeResponse(error_code=code, error_message=code.name)


API: Final = Api(
    ShareAcknowledgeRequest,
    versions=between(1, 2),
    refuse=refuse,
    needs=(Whole(operation=Operation.READ, of=lambda request: group(request.group_id or "")),),
)


async def handle(context: Context, request: ShareAcknowledgeRequest) -> ShareAcknowledgeResponse:
    member = member_of(context, request.group_id, request.member_id)
    sessions, epoch = context.services.sharing.sessions, request.share_session_epoch
    if epoch == INITIAL_EPOCH:
        raise Refused(ErrorCode.INVALID_SHARE_SESSION_EPOCH)
    if epoch == FINAL_EPOCH:
        sessions.find(member)
    else:
        sessions.resume(member, epoch)
    outcomes = await Acknowledging(context, member, request.topics, renews=request.is_renew_ack).outcomes()
    if epoch == FINAL_EPOCH:
        sessions.end(member)
    return _response(context, member, outcomes)


def _response(context: Context, member: Member, outcomes: Outcomes) -> ShareAcknowledgeResponse:
    by_topic: dict[Uuid, list[PartitionData]] = {}
    for (topic_id, index), outcome in outcomes.items():
        by_topic.setdefault(topic_id, []).append(_data(context, (topic_id, index), outcome))
    return ShareAcknowledgeResponse(
        acquisition_lock_timeout_ms=record_lock_ms(context, member.group_id),
        responses=tuple(
            ShareAcknowledgeTopicResponse(topic_id=topic_id, partitions=tuple(parts))
            for topic_id, parts in by_topic.items()
        ),
        node_endpoints=node_endpoints(context, outcomes.values(), NodeEndpoint),
    )


def _data(context: Context, partition: Partition, outcome: Refusal | None) -> PartitionData:
    _, index = partition
    if outcome is None:
        return PartitionData(partition_index=index)
    leader = LeaderIdAndEpoch()
    if outcome.code is ErrorCode.NOT_LEADER_OR_FOLLOWER:
        leader = LeaderIdAndEpoch(leader_id=context.services.node_id, leader_epoch=epoch_of_leader(context, partition))
    return PartitionData(
        partition_index=index, error_code=outcome.code, error_message=outcome.message, current_leader=leader
    )
