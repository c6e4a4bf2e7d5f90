"""TxnOffsetCommit: offsets that count if the transaction does (KIP-98), of consumers that still belong to the group (KIP-447).

The coordinator of the transaction must know of the group's partition first, or the offsets would wait for a marker for ever.
From version 5 on they become part of the transaction by being committed (KIP-890).
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import Whole, Within
from headwater.broker.offset_commits import OffsetCommits
from headwater.broker.refusals import code_of
from headwater.broker.settings import TRANSACTION_VERIFICATION
from headwater.control.cluster.names import GROUP_OFFSETS
from headwater.control.errors import ControlError
from headwater.control.groups.requests import CommitInTransaction, CommitOffsets
from headwater.control.transactions.requests import AddPartitions, ProducerIdentity, VerifyPartitions
from headwater.control.transactions.transaction import TopicPartition
from headwater.kernel.errors import HeadwaterError
from headwater.security.access import Operation, group, transactional_id
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.txn_offset_commit_request import TxnOffsetCommitRequest, TxnOffsetCommitRequestTopic
from headwater.wire.messages.txn_offset_commit_response import (
    TxnOffsetCommitResponse,
    TxnOffsetCommitResponsePartition,
    TxnOffsetCommitResponseTopic,
)
from headwater.wire.types import ProducerEpoch, ProducerId

_LOADING_FROM: Final = 2
_ABORTABLE_FROM: Final = 4
_ADDS_PARTITION_FROM: Final = 5
_TOPIC_IDS_FROM: Final = 6
_MEMBER_EPOCHS_FROM: Final = 6


def refuse(request: TxnOffsetCommitRequest, code: ErrorCode) -> TxnOffsetCommitResponse:
    return TxnOffsetCommitResponse(topics=tuple(_topic(each, lambda _: code) for each in request.topics))


API = Api(
    TxnOffsetCommitRequest,
    versions=between(0, 6),
    refuse=refuse,
    needs=(
        Whole(operation=Operation.WRITE, of=lambda request: transactional_id(request.transactional_id)),
        Whole(operation=Operation.READ, of=lambda request: group(request.group_id)),
        Within(operation=Operation.READ, why="topics may be named by their ids"),
    ),
)


async def handle(context: Context, request: TxnOffsetCommitRequest) -> TxnOffsetCommitResponse:
    commits = OffsetCommits(context, request.topics, by_id=context.api_version >= _TOPIC_IDS_FROM)
    if commits.offsets:
        try:
            answer = await _commit(context, request, commits)
        except HeadwaterError as error:
            commits.refuse(_code(context, code_of(error)))
        else:
            if isinstance(answer, ControlError):
                commits.refuse(_code(context, answer.code))
            else:
                commits.take(answer)
    return TxnOffsetCommitResponse(topics=tuple(_topic(each, partial(commits.code, each)) for each in request.topics))


async def _commit(context: Context, request: TxnOffsetCommitRequest, commits: OffsetCommits) -> Any:
    """The group machine's answer, or the transaction machine's refusal. Between the last look and the group's decision
    nothing waits, so no marker can come in between."""
    services = context.services
    producer = ProducerIdentity(
        producer_id=ProducerId(request.producer_id), epoch=ProducerEpoch(request.producer_epoch)
    )
    if refusal := await _enter(context, request, producer):
        return refusal
    _check_fence(context, request.group_id, producer)
    return await services.coordinators.ask(
        request.group_id,
        CommitInTransaction(
            producer_id=producer.producer_id,
            producer_epoch=producer.epoch,
            commit=CommitOffsets(
                group_id=request.group_id,
                member_id=request.member_id,
                instance_id=request.group_instance_id,
                generation=request.generation_id_or_member_epoch,
                offsets=commits.offsets,
            ),
        ),
    )


async def _enter(context: Context, request: TxnOffsetCommitRequest, producer: ProducerIdentity) -> ControlError | None:
    """Until the group's partition is part of the transaction."""
    services, name = context.services, request.transactional_id
    adds = context.api_version >= _ADDS_PARTITION_FROM
    if not adds and not services.settings.broker[TRANSACTION_VERIFICATION]:
        return None
    partition: TopicPartition = (GROUP_OFFSETS, services.coordinators.partition_of(request.group_id))
    kind: Callable[..., AddPartitions | VerifyPartitions] = AddPartitions if adds else VerifyPartitions
    asked = kind(transactional_id=name, producer=producer, partitions=(partition,))
    refusal: ControlError | None = await services.transactions.ask(name, asked)
    return refusal or services.transactions.head(name).refusal(name, producer, partition)


def _check_fence(context: Context, group_id: str, producer: ProducerIdentity) -> None:
    """A batch that the log refuses would have the whole machine loaded anew. Raises Refused."""
    log = context.services.partitions.find(GROUP_OFFSETS, context.services.coordinators.partition_of(group_id))
    if isinstance(log, ErrorCode):
        raise Refused(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
    known = log.producer(producer.producer_id)
    if known is not None and producer.epoch < known.epoch:
        raise Refused(ErrorCode.INVALID_PRODUCER_EPOCH)


def _code(context: Context, code: ErrorCode) -> ErrorCode:
    """In words that producers of this version act on."""
    version = context.api_version
    if code is ErrorCode.PRODUCER_FENCED:
        return ErrorCode.INVALID_PRODUCER_EPOCH
    if code is ErrorCode.TRANSACTION_ABORTABLE and version < _ABORTABLE_FROM:
        return ErrorCode.INVALID_TXN_STATE
    if code is ErrorCode.STALE_MEMBER_EPOCH and version < _MEMBER_EPOCHS_FROM:
        return ErrorCode.ILLEGAL_GENERATION
    if code is ErrorCode.CONCURRENT_TRANSACTIONS:
        code = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    if code is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS and version < _LOADING_FROM:
        return ErrorCode.COORDINATOR_NOT_AVAILABLE
    return code


def _topic(item: TxnOffsetCommitRequestTopic, code: Callable[[int], ErrorCode]) -> TxnOffsetCommitResponseTopic:
    return TxnOffsetCommitResponseTopic(
        name=item.name,
        topic_id=item.topic_id,
        partitions=tuple(
            TxnOffsetCommitResponsePartition(
                partition_index=each.partition_index, error_code=code(each.partition_index)
            )
            for each in item.partitions
        ),
    )
