"""Fetch: records of many partitions, at once or as soon as there are any.

request (and its session) -> partitions to read -> read within limits, wait for more -> what is news to the client
"""

import asyncio
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from msgspec.structs import replace

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.fetch.asked import Answer, Asked, Key, key_of, refused
from headwater.broker.fetch.polling import poll
from headwater.broker.fetch.reading import Order, Target
from headwater.broker.fetch.session import NO_SESSION, FetchSession
from headwater.broker.fetch.sessions import FINAL_EPOCH, INITIAL_EPOCH
from headwater.broker.needs import Within
from headwater.broker.settings import FETCH_MAX_BYTES
from headwater.log.port import Isolation, Log
from headwater.security.access import Operation, topic as the_topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.fetch_request import FetchRequest
from headwater.wire.messages.fetch_response import (
    FetchableTopicResponse,
    FetchResponse,
    NodeEndpoint,
    PartitionData,
)
from headwater.wire.types import TopicName

_IDS_FROM: Final = 13
_UNKNOWN: Final = -1


def refuse(request: FetchRequest, code: ErrorCode) -> FetchResponse:
    """Old clients look for an error in the partitions. Those that give topic ids look only above them."""
    return FetchResponse(
        error_code=code,
        session_id=request.session_id,
        responses=tuple(
            FetchableTopicResponse(
                topic=topic.topic,
                partitions=tuple(
                    PartitionData(partition_index=each.partition, error_code=code, high_watermark=_UNKNOWN, records=b"")
                    for each in topic.partitions
                ),
            )
            for topic in request.topics
            if topic.topic
        ),
    )


API = Api(
    FetchRequest,
    versions=between(4, 18),
    refuse=refuse,
    needs=(Within(operation=Operation.READ, why="most partitions are those of a session, and topics may have ids"),),
    waits=True,
)


async def handle(context: Context, request: FetchRequest) -> FetchResponse:
    sessions = context.services.fetch_sessions
    asked = _asked(context, request)
    by_id = context.api_version >= _IDS_FROM
    if request.session_epoch in (INITIAL_EPOCH, FINAL_EPOCH):
        sessions.end(request.session_id)
        answers = await _answers(context, request, asked)
        if throttle_ms := _throttle_ms(context, answers):
            return FetchResponse(throttle_time_ms=throttle_ms)
        begins = request.session_epoch == INITIAL_EPOCH
        session_id = sessions.begin(answers, by_id=by_id, now=_now()) if begins else NO_SESSION
        return _response(context, session_id, answers)
    session = sessions.resume(
        request.session_id, request.session_epoch, asked, _forgotten(request), by_id=by_id, now=_now()
    )
    if isinstance(session, ErrorCode):
        return FetchResponse(error_code=session)
    return await _resumed(context, request, session)


async def _resumed(context: Context, request: FetchRequest, session: FetchSession) -> FetchResponse:
    epoch = session.epoch
    answers = await _answers(context, request, [_named(context, each) for each in session.asked])
    if session.epoch != epoch:  # the client gave up on this request and went on with another
        return FetchResponse(error_code=ErrorCode.INVALID_FETCH_SESSION_EPOCH, session_id=session.id)
    if throttle_ms := _throttle_ms(context, answers):
        return FetchResponse(throttle_time_ms=throttle_ms, session_id=session.id)
    return _response(context, session.id if len(session) else NO_SESSION, session.news(answers))


def _throttle_ms(context: Context, answers: Sequence[Answer]) -> int:
    """What is too much is not sent: the client asks for it again when it may have it (KIP-219)."""
    quotas = context.services.quotas
    if not quotas.limits_fetches:
        return 0
    size = sum([each.size for each in answers])
    return quotas.fetch(context.principal, context.client_id, size=size, now=_now())


def _bytes_max(context: Context, request: FetchRequest) -> int:
    services = context.services
    most = max(min(request.max_bytes, services.settings.broker[FETCH_MAX_BYTES]), 0)
    if not services.quotas.limits_fetches:
        return most
    return min(most, services.quotas.fetch_bytes_max(context.principal, context.client_id, now=_now()))


def _now() -> int:
    return int(asyncio.get_running_loop().time() * 1000)


def _asked(context: Context, request: FetchRequest) -> list[Asked]:
    by_id = context.api_version >= _IDS_FROM
    asked: list[Asked] = []
    for topic in request.topics:
        name = context.services.partitions.name_of(topic.topic_id) if by_id else TopicName(topic.topic)
        asked.extend(
            Asked(
                key=key_of(topic.topic, topic.topic_id, each.partition),
                name=name,
                topic_id=topic.topic_id,
                partition=each,
            )
            for each in topic.partitions
        )
    return asked


def _forgotten(request: FetchRequest) -> list[Key]:
    return [
        key_of(topic.topic, topic.topic_id, index)
        for topic in request.forgotten_topics_data
        for index in topic.partitions
    ]


def _named(context: Context, asked: Asked) -> Asked:
    """A session may have begun before its topic was known."""
    if asked.name is not None:
        return asked
    name = context.services.partitions.name_of(asked.topic_id)
    return asked if name is None else replace(asked, name=name)


async def _answers(context: Context, request: FetchRequest, asked: Sequence[Asked]) -> list[Answer]:
    services = context.services
    rights: dict[TopicName, bool] = {}
    targets = [_target(context, each, rights) for each in asked]
    max_bytes = _bytes_max(context, request)
    order = Order(
        version=context.api_version,
        leader=services.node_id,
        isolation=Isolation.READ_COMMITTED if request.isolation_level else Isolation.READ_UNCOMMITTED,
        min_bytes=min(request.min_bytes, max_bytes),
        max_bytes=max_bytes,
        wait_ms=request.max_wait_ms,
    )
    return await poll(targets, order, memory=services.fetch_memory, borrower=context.session)


def _target(context: Context, asked: Asked, rights: dict[TopicName, bool]) -> Target:
    name = asked.name
    if name is None:
        return refused(asked, ErrorCode.UNKNOWN_TOPIC_ID, is_urgent=False)
    if name not in rights:
        rights[name] = context.allows(Operation.READ, the_topic(name))
    if not rights[name]:
        return refused(asked, ErrorCode.TOPIC_AUTHORIZATION_FAILED, is_urgent=False)
    log = _find(context, asked, name)
    if isinstance(log, ErrorCode):
        return refused(asked, log, is_urgent=log is not ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    return log, asked


def _find(context: Context, asked: Asked, name: TopicName) -> Log | ErrorCode:
    """A session outlives its topics: the id of one that was made again is inconsistent with the name that we know."""
    partitions = context.services.partitions
    if context.api_version < _IDS_FROM:
        return partitions.find(name, asked.partition.partition)
    found = partitions.find_by_id(asked.topic_id, asked.partition.partition)
    if found is not ErrorCode.UNKNOWN_TOPIC_ID:
        return found
    is_made_again = partitions.id_of(name) is not None
    return ErrorCode.INCONSISTENT_TOPIC_ID if is_made_again else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def _response(context: Context, session_id: int, answers: Sequence[Answer]) -> FetchResponse:
    responses = []
    for _, group in groupby(answers, key=lambda answer: answer.asked.key[0]):
        parts = list(group)
        asked = parts[0].asked
        responses.append(
            FetchableTopicResponse(
                topic=asked.name or "", topic_id=asked.topic_id, partitions=tuple([each.data for each in parts])
            )
        )
    return FetchResponse(session_id=session_id, responses=tuple(responses), node_endpoints=_leaders(context, answers))


def _leaders(context: Context, answers: Sequence[Answer]) -> tuple[NodeEndpoint, ...]:
    """Where the leader is that an answer names."""
    if all(answer.data.current_leader.leader_id == _UNKNOWN for answer in answers):
        return ()
    services, endpoint = context.services, context.session.advertised
    return (NodeEndpoint(node_id=services.node_id, host=endpoint.host, port=endpoint.port),)
