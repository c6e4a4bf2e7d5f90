"""AddPartitionsToTxn: what a transaction will write to; from version 4 on brokers ask, for many transactions at once (KIP-890).

All partitions of a transaction are added, or none.
"""

from asyncio import gather
from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import Within
from headwater.broker.transactional_ids import fenced_code
from headwater.control.cluster.names import INTERNAL
from headwater.control.transactions.adding import verified
from headwater.control.transactions.requests import AddPartitions, ProducerIdentity, VerifyPartitions
from headwater.control.transactions.transaction import TopicPartition, Transaction
from headwater.security.access import THE_CLUSTER, Operation, topic, transactional_id
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.add_partitions_to_txn_request import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
)
from headwater.wire.messages.add_partitions_to_txn_response import (
    AddPartitionsToTxnPartitionResult,
    AddPartitionsToTxnResponse,
    AddPartitionsToTxnResult,
    AddPartitionsToTxnTopicResult,
)
from headwater.wire.types import ProducerEpoch, ProducerId, TopicName

_OF_BROKERS_FROM: Final = 4
_FENCED_FROM: Final = 2

Codes = dict[TopicPartition, ErrorCode]


def refuse(request: AddPartitionsToTxnRequest, code: ErrorCode) -> AddPartitionsToTxnResponse:
    if request.transactions:
        return AddPartitionsToTxnResponse(error_code=code)
    topics = request.v3_and_below_topics
    return AddPartitionsToTxnResponse(
        error_code=code, results_by_topic_v3_and_below=_results(topics, dict.fromkeys(_partitions(topics), code))
    )


API = Api(
    AddPartitionsToTxnRequest,
    versions=between(0, 5),
    refuse=refuse,
    needs=(Within(operation=Operation.WRITE, why="clients need the id and its topics, brokers the cluster"),),
)


async def handle(context: Context, request: AddPartitionsToTxnRequest) -> AddPartitionsToTxnResponse:
    if context.api_version >= _OF_BROKERS_FROM:
        if not context.allows(Operation.CLUSTER_ACTION, THE_CLUSTER):
            raise Refused(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
        found = await gather(*(_result(context, each) for each in request.transactions))
        return AddPartitionsToTxnResponse(results_by_transaction=tuple(found))
    only = await _result(
        context,
        AddPartitionsToTxnTransaction(
            transactional_id=request.v3_and_below_transactional_id,
            producer_id=request.v3_and_below_producer_id,
            producer_epoch=request.v3_and_below_producer_epoch,
            topics=request.v3_and_below_topics,
        ),
    )
    return AddPartitionsToTxnResponse(results_by_topic_v3_and_below=only.topic_results)


async def _result(context: Context, asked: AddPartitionsToTxnTransaction) -> AddPartitionsToTxnResult:
    codes = _checked(context, asked)
    if not any(codes.values()):
        codes = await _verify(context, asked) if asked.verify_only else await _add(context, asked)
    else:
        codes = {each: code or ErrorCode.OPERATION_NOT_ATTEMPTED for each, code in codes.items()}
    return AddPartitionsToTxnResult(
        transactional_id=asked.transactional_id, topic_results=_results(asked.topics, codes)
    )


def _checked(context: Context, asked: AddPartitionsToTxnTransaction) -> Codes:
    """Why a partition can't be written to by this client."""
    partitions = _partitions(asked.topics)
    is_client = context.api_version < _OF_BROKERS_FROM
    if not asked.transactional_id:
        return dict.fromkeys(partitions, ErrorCode.INVALID_REQUEST)
    if is_client and not context.allows(Operation.WRITE, transactional_id(asked.transactional_id)):
        return dict.fromkeys(partitions, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    return {each: _checked_partition(context, each, is_client=is_client) for each in partitions}


def _checked_partition(context: Context, partition: TopicPartition, *, is_client: bool) -> ErrorCode:
    name, index = partition
    if is_client and (name in INTERNAL or not context.allows(Operation.WRITE, topic(name))):
        return ErrorCode.TOPIC_AUTHORIZATION_FAILED
    if not context.services.partitions.has(name, index):
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return ErrorCode.NONE


async def _add(context: Context, asked: AddPartitionsToTxnTransaction) -> Codes:
    partitions = _partitions(asked.topics)
    request = AddPartitions(
        transactional_id=asked.transactional_id, producer=_producer(asked), partitions=tuple(partitions)
    )
    try:
        refusal = await context.services.transactions.ask(asked.transactional_id, request)
    except Refused as refused:
        return dict.fromkeys(partitions, refused.code)
    code = ErrorCode.NONE if refusal is None else refusal.code
    return dict.fromkeys(partitions, fenced_code(context, code, known_from=_FENCED_FROM))


async def _verify(context: Context, asked: AddPartitionsToTxnTransaction) -> Codes:
    """Each partition by itself: some may be part of the transaction, and some not."""

    def code(found: Transaction | None, partition: TopicPartition) -> ErrorCode:
        request = VerifyPartitions(
            transactional_id=asked.transactional_id, producer=_producer(asked), partitions=(partition,)
        )
        refusal = verified(found, request)
        return ErrorCode.NONE if refusal is None else refusal.code

    partitions = _partitions(asked.topics)
    try:
        return await context.services.transactions.read(
            asked.transactional_id,
            lambda machine: {each: code(machine.get(asked.transactional_id), each) for each in partitions},
        )
    except Refused as refused:
        return dict.fromkeys(partitions, refused.code)


def _producer(asked: AddPartitionsToTxnTransaction) -> ProducerIdentity:
    return ProducerIdentity(producer_id=ProducerId(asked.producer_id), epoch=ProducerEpoch(asked.producer_epoch))


def _partitions(topics: tuple[AddPartitionsToTxnTopic, ...]) -> list[TopicPartition]:
    return [(TopicName(each.name), index) for each in topics for index in each.partitions]


def _results(topics: tuple[AddPartitionsToTxnTopic, ...], codes: Codes) -> tuple[AddPartitionsToTxnTopicResult, ...]:
    return tuple(
        AddPartitionsToTxnTopicResult(
            name=each.name,
            results_by_partition=tuple(
                AddPartitionsToTxnPartitionResult(
                    partition_index=index, partition_error_code=codes[TopicName(each.name), index]
                )
                for index in each.partitions
            ),
        )
        for each in topics
    )
