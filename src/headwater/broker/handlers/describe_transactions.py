"""DescribeTransactions: what transactional ids have open, and since when (KIP-664)."""

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import Each
from headwater.control.transactions.transaction import Transaction
from headwater.security.access import Operation, topic, transactional_id
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.describe_transactions_request import DescribeTransactionsRequest
from headwater.wire.messages.describe_transactions_response import (
    DescribeTransactionsResponse,
    TopicData,
    TransactionState,
)
from headwater.wire.types import TopicName


def _refused(name: str, code: ErrorCode) -> TransactionState:
    return TransactionState(transactional_id=name, error_code=code)


def refuse(request: DescribeTransactionsRequest, code: ErrorCode) -> DescribeTransactionsResponse:
    return DescribeTransactionsResponse(
        transaction_states=tuple(_refused(each, code) for each in request.transactional_ids)
    )


API = Api(
    DescribeTransactionsRequest,
    versions=between(0, 0),
    refuse=refuse,
    needs=(
        Each(
            operation=Operation.DESCRIBE,
            items="transactional_ids",
            of=transactional_id,
            refused=_refused,
            into="transaction_states",
        ),
    ),
)


async def handle(context: Context, request: DescribeTransactionsRequest) -> DescribeTransactionsResponse:
    return DescribeTransactionsResponse(
        transaction_states=tuple([await _describe(context, each) for each in request.transactional_ids])
    )


async def _describe(context: Context, name: str) -> TransactionState:
    if not name:
        return _refused(name, ErrorCode.INVALID_REQUEST)
    try:
        found = await context.services.transactions.read(name, lambda machine: machine.get(name))
    except Refused as refusal:
        return _refused(name, refusal.code)
    return _refused(name, ErrorCode.TRANSACTIONAL_ID_NOT_FOUND) if found is None else _described(context, found)


def _described(context: Context, found: Transaction) -> TransactionState:
    """Topics that the client may not see are left out."""
    by_topic: dict[TopicName, list[int]] = {}
    for name, index in found.partitions:
        by_topic.setdefault(name, []).append(index)
    return TransactionState(
        transactional_id=found.transactional_id,
        transaction_state=found.state.text,
        transaction_timeout_ms=found.timeout_ms,
        transaction_start_time_ms=found.started,
        producer_id=found.producer_id,
        producer_epoch=found.epoch,
        topics=tuple(
            TopicData(topic=name, partitions=tuple(indexes))
            for name, indexes in by_topic.items()
            if context.allows(Operation.DESCRIBE, topic(name))
        ),
    )
