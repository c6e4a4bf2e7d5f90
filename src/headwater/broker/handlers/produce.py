"""Produce: append batches to partitions, in the order in which the requests of a connection came.

Every batch of a request takes its place in its log before the first `await`. So two requests of one connection can't
overtake each other, and all that begins in one turn of the loop shares one commit. Then the futures are awaited one after
the other: they mostly end together, and to await one that has ended costs nothing.

`timeout_ms` is not looked at. In Kafka it bounds the wait for other replicas, and there are none: an append ends with its
commit or with the failure of its storage, and either answers at once. For the same reason acks=1 and acks=all are one.

Batches of transactions wait where their partition is not known to be part of the transaction yet, and those of topics that validate
schemas where one of them is not known yet; `transactional_appends` and `schemas/validation` keep their order meanwhile.

With acks=0 nothing is answered, but the append is awaited all the same: that bounds how much a client can have under way, and
whatever goes wrong closes the connection, which is how such a producer learns of it.
"""

from asyncio import Future
from contextlib import suppress
from functools import partial
from typing import Final

from msgspec import Struct

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import NotAnswered, Refused
from headwater.broker.needs import Whole, Within
from headwater.broker.schemas.validation import Check
from headwater.broker.settings import TRANSACTION_VERIFICATION
from headwater.broker.transactional_appends import Admission
from headwater.control.cluster.names import INTERNAL
from headwater.log.errors import BatchRefused, LogError
from headwater.log.port import Appended, Log
from headwater.security.access import Operation, Resource, topic as the_topic, transactional_id
from headwater.wire.batch.attributes import CODEC_MASK, TRANSACTIONAL_BIT, Compression
from headwater.wire.batch.header import ATTRIBUTES_AT
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.produce_request import PartitionProduceData, ProduceRequest, TopicProduceData
from headwater.wire.messages.produce_response import (
    BatchIndexAndErrorMessage,
    PartitionProduceResponse,
    ProduceResponse,
    TopicProduceResponse,
)
from headwater.wire.types import TopicName

_ACKS: Final = (-1, 1, 0)
_IDS_FROM: Final = 13
_ZSTD_FROM: Final = 7
_ABORTABLE_FROM: Final = 11
_ADDS_PARTITIONS_FROM: Final = 12
_COME_AGAIN: Final = (
    ErrorCode.CONCURRENT_TRANSACTIONS,
    ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
    ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_COORDINATOR,
    ErrorCode.REQUEST_TIMED_OUT,
)
"""Every producer sends again what it is told NOT_ENOUGH_REPLICAS for, but not what it is told these for."""
_NO_ID: Final = "a batch of a transaction needs the transactional id in its request"
_NO_OFFSET: Final = -1
_NO_TIMESTAMP: Final = -1
_LOW_ATTRIBUTES_AT: Final = ATTRIBUTES_AT + 1
"""The byte that holds the codec and the transactional bit."""


def refuse(request: ProduceRequest, code: ErrorCode) -> ProduceResponse | None:
    if not request.acks:
        return None
    return ProduceResponse(
        responses=tuple(
            _topic_response(topic, [_refused(each, code) for each in topic.partition_data])
            for topic in request.topic_data
        )
    )


def _transactional_id(request: ProduceRequest) -> Resource | None:
    return None if request.transactional_id is None else transactional_id(request.transactional_id)


API = Api(
    ProduceRequest,
    versions=between(3, 13),
    lists=between(0, 13),  # librdkafka stops compressing, without a word, where it doesn't see the oldest versions
    refuse=refuse,
    needs=(
        Whole(operation=Operation.WRITE, of=_transactional_id),
        Within(
            operation=Operation.WRITE, why="topics may have ids, and with acks=0 a refused one closes the connection"
        ),
    ),
)


class Begun(Struct, frozen=True, gc=False):
    """An append that has its place in the log and may not be durable yet."""

    asked: PartitionProduceData
    log: Log
    appended: Future[Appended]


async def handle(context: Context, request: ProduceRequest) -> ProduceResponse | None:
    if request.acks not in _ACKS:
        return refuse(request, ErrorCode.INVALID_REQUIRED_ACKS)
    admission = _admission(context, request)
    begun = [(topic, _begin_topic(context, admission, topic)) for topic in request.topic_data]
    if admission is not None:
        admission.ask()
    for _, parts in begun:
        for each in parts:
            if type(each) is Begun and not each.appended.done():
                await _settled(each.appended)
    version = context.api_version
    responses = [_topic_response(topic, [_ended(each, version) for each in parts]) for topic, parts in begun]
    if request.acks:
        return ProduceResponse(responses=tuple(responses))
    _close_where_refused(responses)
    return None


def _admission(context: Context, request: ProduceRequest) -> Admission | None:
    """None where the request is not a transactional producer's."""
    if request.transactional_id is None:
        return None
    return context.services.transactional_appends.of(
        request.transactional_id,
        adds=context.api_version >= _ADDS_PARTITIONS_FROM,
        verifies=context.services.settings.broker[TRANSACTION_VERIFICATION],
    )


def _begin_topic(
    context: Context, admission: Admission | None, topic: TopicProduceData
) -> list[Begun | PartitionProduceResponse]:
    partitions = context.services.partitions
    by_id = context.api_version >= _IDS_FROM
    name = partitions.name_of(topic.topic_id) if by_id else TopicName(topic.name)
    code, why = _check_topic(context, name)
    if code or name is None:
        return [_refused(each, code, why) for each in topic.partition_data]
    checks = context.services.schema_validation.of(name)
    begun = []
    for each in topic.partition_data:
        log = partitions.find_by_id(topic.topic_id, each.index) if by_id else partitions.find(name, each.index)
        begun.append(
            _refused(each, log) if isinstance(log, ErrorCode) else _begin(context, admission, checks, log, each)
        )
    return begun


def _check_topic(context: Context, name: TopicName | None) -> tuple[ErrorCode, str | None]:
    if name is None:
        return ErrorCode.UNKNOWN_TOPIC_ID, None
    if not context.allows(Operation.WRITE, the_topic(name)):
        return ErrorCode.TOPIC_AUTHORIZATION_FAILED, None
    if name in INTERNAL:
        return ErrorCode.INVALID_TOPIC_EXCEPTION, f"only the broker writes to the internal topic {name}"
    return ErrorCode.NONE, None


def _begin(
    context: Context, admission: Admission | None, checks: tuple[Check, ...], log: Log, asked: PartitionProduceData
) -> Begun | PartitionProduceResponse:
    batch = asked.records
    if not batch:
        return _refused(asked, ErrorCode.INVALID_RECORD, "a produced partition needs a record batch", log=log)
    attributes = batch[_LOW_ATTRIBUTES_AT] if len(batch) > _LOW_ATTRIBUTES_AT else 0
    if attributes & CODEC_MASK == Compression.ZSTD and context.api_version < _ZSTD_FROM:
        return _refused(asked, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, "zstd needs version 7", log=log)
    transactional = admission if attributes & TRANSACTIONAL_BIT else None
    if attributes & TRANSACTIONAL_BIT and transactional is None:
        return _refused(asked, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, _NO_ID, log=log)
    try:
        if checks:
            into = transactional.append_alone if transactional else _append
            validation = context.services.schema_validation
            return Begun(asked, log, validation.append(log, batch, checks, partial(into, log, batch)))
        return Begun(asked, log, transactional.append(log, batch) if transactional else log.append((batch,)))
    except LogError as refusal:
        return _refused_by(refusal, asked, log)


def _append(log: Log, batch: memoryview) -> Future[Appended]:
    return log.append((batch,))


async def _settled(appended: Future[Appended]) -> None:
    """Whatever became of it is looked at later."""
    with suppress(LogError, Refused):
        await appended


def _ended(begun: Begun | PartitionProduceResponse, version: int) -> PartitionProduceResponse:
    if isinstance(begun, PartitionProduceResponse):
        return begun
    try:
        appended = begun.appended.result()
    except LogError as failure:
        return _refused_by(failure, begun.asked, begun.log)
    except Refused as refusal:
        return _refused(begun.asked, _not_in_transaction(refusal.code, version), str(refusal), log=begun.log)
    append_time = appended.append_time
    return PartitionProduceResponse(
        index=begun.asked.index,
        base_offset=appended.base_offset,
        log_append_time_ms=_NO_TIMESTAMP if append_time is None else append_time,
        log_start_offset=appended.start,
    )


def _not_in_transaction(code: ErrorCode, version: int) -> ErrorCode:
    """Why a batch is not part of its transaction, in words that producers of this version act on."""
    if code is ErrorCode.PRODUCER_FENCED:
        return ErrorCode.INVALID_PRODUCER_EPOCH
    if code is ErrorCode.TRANSACTION_ABORTABLE and version < _ABORTABLE_FROM:
        return ErrorCode.INVALID_TXN_STATE
    return ErrorCode.NOT_ENOUGH_REPLICAS if code in _COME_AGAIN else code


def _topic_response(topic: TopicProduceData, parts: list[PartitionProduceResponse]) -> TopicProduceResponse:
    return TopicProduceResponse(name=topic.name, topic_id=topic.topic_id, partition_responses=tuple(parts))


def _refused_by(error: LogError, asked: PartitionProduceData, log: Log) -> PartitionProduceResponse:
    faults = error.record_errors if isinstance(error, BatchRefused) else ()
    return _refused(asked, error.code, str(error), log=log, faults=faults)


def _refused(
    asked: PartitionProduceData,
    code: ErrorCode,
    why: str | None = None,
    *,
    log: Log | None = None,
    faults: tuple[tuple[int, str], ...] = (),
) -> PartitionProduceResponse:
    return PartitionProduceResponse(
        index=asked.index,
        error_code=code,
        base_offset=_NO_OFFSET,
        log_start_offset=_NO_OFFSET if log is None else log.bounds.start,
        record_errors=tuple(
            BatchIndexAndErrorMessage(batch_index=index, batch_index_error_message=text) for index, text in faults
        ),
        error_message=why,
    )


def _close_where_refused(responses: list[TopicProduceResponse]) -> None:
    for topic in responses:
        for each in topic.partition_responses:
            if each.error_code:
                raise NotAnswered(ErrorCode(each.error_code))
