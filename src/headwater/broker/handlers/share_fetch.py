"""ShareFetch: records of a share group's partitions, each lent to one member for a time (KIP-932).

request -> session -> acknowledgements on their way -> lend, wait for more -> both outcomes together
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import Whole
from headwater.broker.settings import FETCH_MAX_BYTES
from headwater.broker.share.acknowledging import Acknowledging, Outcomes, readable
from headwater.broker.share.answering import epoch_of_leader, member_of, node_endpoints, record_lock_ms
from headwater.broker.share.fetching import Lent, ShareFetch, ShareOrder
from headwater.broker.share.refusal import Refusal
from headwater.broker.share.sessions import FINAL_EPOCH, INITIAL_EPOCH, Member, Partition, ShareSession
from headwater.control.share.acquiring import Wish
from headwater.control.share.key import SharePartitionKey
from headwater.log.port import Isolation
from headwater.security.access import Operation, group
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.share_fetch_request import ShareFetchRequest
from headwater.wire.messages.share_fetch_response import (
    AcquiredRecords,
    LeaderIdAndEpoch,
    NodeEndpoint,
    PartitionData,
    ShareFetchableTopicResponse,
    ShareFetchResponse,
)
from headwater.wire.types import Uuid

_STRICT: Final = 1
"""`ShareAcquireMode.RECORD_LIMIT` (KIP-1206)."""


def refuse(request: ShareFetchRequest, code: ErrorCode, message: str | None = None) -> ShareFetchResponse:
    del request
    return ShareFetchResponse(error_code=code, error_message=message or code.name)


API: Final = Api(
    ShareFetchRequest,
    versions=between(1, 2),
    refuse=refuse,
    needs=(Whole(operation=Operation.READ, of=lambda request: group(request.group_id or "")),),
    waits=True,
)


async def handle(context: Context, request: ShareFetchRequest) -> ShareFetchResponse:
    member = member_of(context, request.group_id, request.member_id)
    if refusal := _invalid(request):
        return refuse(request, ErrorCode.INVALID_REQUEST, refusal)
    try:
        session = _session(context, request, member)
    except Refused as refused:
        if refused.code is ErrorCode.SHARE_SESSION_LIMIT_REACHED:
            await asyncio.sleep(request.max_wait_ms / 1000)  # or its client would ask without a pause
        return refuse(request, refused.code)
    acknowledging = Acknowledging(context, member, request.topics, renews=request.is_renew_ack)
    lent = await _lend(context, request, session)
    outcomes = await acknowledging.outcomes()
    if request.share_session_epoch == FINAL_EPOCH:
        context.services.sharing.sessions.end(member)
    return replace(_response(context, member, lent, outcomes), throttle_time_ms=_throttle_ms(context, lent))


def _throttle_ms(context: Context, lent: Mapping[Partition, Lent]) -> int:
    quotas = context.services.quotas
    if not quotas.limits_fetches:
        return 0
    size = sum([each.size for each in lent.values()])
    return quotas.lend(context.principal, context.client_id, size=size, now=_now())


def _bytes_max(context: Context, request: ShareFetchRequest) -> int:
    services = context.services
    most = max(min(request.max_bytes, services.settings.broker[FETCH_MAX_BYTES]), 0)
    if not services.quotas.limits_fetches:
        return most
    return min(most, services.quotas.fetch_bytes_max(context.principal, context.client_id, now=_now()))


def _now() -> int:
    return int(asyncio.get_running_loop().time() * 1000)


def _invalid(request: ShareFetchRequest) -> str | None:
    if request.is_renew_ack and any((request.max_bytes, request.min_bytes, request.max_records, request.max_wait_ms)):
        return "Who renews locks fetches nothing: max bytes, min bytes, max records and max wait must be 0."
    if request.share_session_epoch == INITIAL_EPOCH and _acknowledges(request):
        return "Nothing can be acknowledged in the request that begins a session."
    return None


def _acknowledges(request: ShareFetchRequest) -> bool:
    return any(each.acknowledgement_batches for topic in request.topics for each in topic.partitions)


def _session(context: Context, request: ShareFetchRequest, member: Member) -> ShareSession:
    """As the request has changed it. Raises Refused."""
    sessions, epoch = context.services.sharing.sessions, request.share_session_epoch
    asked = [(topic.topic_id, each.partition_index) for topic in request.topics for each in topic.partitions]
    if epoch == FINAL_EPOCH:
        return sessions.find(member)
    if epoch == INITIAL_EPOCH:
        return sessions.begin(member, asked, context.session)
    forgotten = [(topic.topic_id, index) for topic in request.forgotten_topics_data for index in topic.partitions]
    return sessions.resume(member, epoch, asked, forgotten)


def _in_turn(session: ShareSession) -> list[Partition]:
    """Each request begins with another partition, so that none is always served last."""
    partitions = list(session.partitions)
    turn = session.epoch % len(partitions) if partitions else 0
    return partitions[turn:] + partitions[:turn]


async def _lend(context: Context, request: ShareFetchRequest, session: ShareSession) -> Mapping[Partition, Lent]:
    """Nothing in the request that ends the session, or only renews locks."""
    ends = request.share_session_epoch == FINAL_EPOCH
    if ends or request.is_renew_ack or not request.max_records or not request.max_bytes:
        return {}
    services, member, partitions = context.services, session.member, _in_turn(session)
    refused = {topic_id: readable(context, topic_id) for topic_id in dict.fromkeys(each for each, _ in partitions)}
    keys = [
        SharePartitionKey(group_id=member.group_id, topic_id=topic_id, partition=index)
        for topic_id, index in partitions
    ]
    fetch = ShareFetch(
        [key for key in keys if refused[key.topic_id] is None],
        _order(context, request, member),
        leaders=services.sharing.leaders,
        memory=services.fetch_memory,
        borrower=context.session,
        is_over=lambda: session.is_over,
    )
    lent = {(each.key.topic_id, each.key.partition): each for each in await fetch.run()}
    for key in keys:
        if refusal := refused[key.topic_id]:
            lent[key.topic_id, key.partition] = Lent(key=key, refusal=refusal)
    return lent


def _order(context: Context, request: ShareFetchRequest, member: Member) -> ShareOrder:
    services = context.services
    max_bytes = _bytes_max(context, request)
    committed = services.sharing.leaders.settings_of(member.group_id).committed_only
    return ShareOrder(
        wish=Wish(
            member=member.member_id,
            records_max=request.max_records,
            batch_size=request.batch_size,
            strict=request.share_acquire_mode == _STRICT,
        ),
        isolation=Isolation.READ_COMMITTED if committed else Isolation.READ_UNCOMMITTED,
        min_bytes=min(request.min_bytes, max_bytes),
        max_bytes=max_bytes,
        wait_ms=request.max_wait_ms,
    )


def _response(
    context: Context, member: Member, lent: Mapping[Partition, Lent], outcomes: Outcomes
) -> ShareFetchResponse:
    by_topic: dict[Uuid, list[PartitionData]] = {}
    for topic_id, index in dict.fromkeys((*lent, *outcomes)):
        data = _data(index, lent.get((topic_id, index)), outcomes.get((topic_id, index)))
        by_topic.setdefault(topic_id, []).append(_led(context, topic_id, data))
    refusals = [each.refusal for each in lent.values()] + list(outcomes.values())
    return ShareFetchResponse(
        acquisition_lock_timeout_ms=record_lock_ms(context, member.group_id),
        responses=tuple(
            ShareFetchableTopicResponse(topic_id=topic_id, partitions=tuple(parts))
            for topic_id, parts in by_topic.items()
        ),
        node_endpoints=node_endpoints(context, refusals, NodeEndpoint),
    )


def _data(index: int, lent: Lent | None, outcome: Refusal | None) -> PartitionData:
    data = PartitionData(partition_index=index, records=b"")
    if lent is not None and lent.refusal is not None:
        data = replace(data, error_code=lent.refusal.code, error_message=lent.refusal.message)
    elif lent is not None:
        acquired = tuple(
            AcquiredRecords(first_offset=each.first, last_offset=each.last, delivery_count=each.delivery_count)
            for each in lent.acquired
        )
        data = replace(data, records=lent.data, acquired_records=acquired)
    if outcome is not None:
        data = replace(data, acknowledge_error_code=outcome.code, acknowledge_error_message=outcome.message)
    return data


def _led(context: Context, topic_id: Uuid, data: PartitionData) -> PartitionData:
    """Who leads it now, where the client has to look for the leader."""
    if ErrorCode.NOT_LEADER_OR_FOLLOWER not in (data.error_code, data.acknowledge_error_code):
        return data
    epoch = epoch_of_leader(context, (topic_id, data.partition_index))
    return replace(data, current_leader=LeaderIdAndEpoch(leader_id=context.services.node_id, leader_epoch=epoch))
