"""ListTransactions: every transactional id that this broker coordinates, by state, producer, age and name (KIP-664, KIP-1152)."""

from collections.abc import Callable

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.expressions import matcher
from headwater.broker.needs import Within
from headwater.control.transactions.transaction import State, Transaction
from headwater.security.access import Operation, transactional_id
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.list_transactions_request import ListTransactionsRequest
from headwater.wire.messages.list_transactions_response import ListTransactionsResponse, TransactionState

_STATES = {each.text for each in State}


def refuse(request: ListTransactionsRequest, code: ErrorCode) -> ListTransactionsResponse:
    del request
    return ListTransactionsResponse(error_code=code)


API = Api(
    ListTransactionsRequest,
    versions=between(0, 2),
    refuse=refuse,
    needs=(Within(operation=Operation.DESCRIBE, why="only transactional ids that may be described are listed"),),
)


async def handle(context: Context, request: ListTransactionsRequest) -> ListTransactionsResponse:
    matches = matcher(request.transactional_id_pattern) if request.transactional_id_pattern else None
    found = await context.services.transactions.read_all(lambda machine: machine.all())
    wanted = _wanted(context, request)
    return ListTransactionsResponse(
        unknown_state_filters=tuple(each for each in request.state_filters if each not in _STATES),
        transaction_states=tuple(
            TransactionState(
                transactional_id=each.transactional_id,
                producer_id=each.producer_id,
                transaction_state=each.state.text,
            )
            for machine in found
            for each in machine
            if wanted(each) and (matches is None or matches(each.transactional_id))
        ),
    )


def _wanted(context: Context, request: ListTransactionsRequest) -> Callable[[Transaction], bool]:
    began_before = context.services.clock.now() - request.duration_filter

    def wanted(each: Transaction) -> bool:
        return (
            (not request.state_filters or each.state.text in request.state_filters)
            and (not request.producer_id_filters or each.producer_id in request.producer_id_filters)
            and (request.duration_filter < 0 or 0 <= each.started < began_before)
            and context.allows(Operation.DESCRIBE, transactional_id(each.transactional_id))
        )

    return wanted
