"""What handlers of transactional producers share: new producer ids where one is needed, and codes that old clients know."""

from typing import Any

from msgspec.structs import replace

from headwater.broker.context import Context
from headwater.control.transactions.requests import EndTransaction, InitProducer, NewProducerIdNeeded
from headwater.wire.error_codes import ErrorCode


async def ask_with_new_id(context: Context, request: InitProducer | EndTransaction) -> Any:
    """The machine's answer; it draws no ids itself, and says when it needs one. Raises Refused."""
    services = context.services
    answer = await services.transactions.ask(request.transactional_id, request)
    if isinstance(answer, NewProducerIdNeeded):
        request = replace(request, new_producer_id=await services.producer_ids.next())
        answer = await services.transactions.ask(request.transactional_id, request)
    return answer


def fenced_code(context: Context, code: ErrorCode, *, known_from: int) -> ErrorCode:
    """Clients of older versions know INVALID_PRODUCER_EPOCH only (KIP-588)."""
    is_new = code is ErrorCode.PRODUCER_FENCED and context.api_version < known_from
    return ErrorCode.INVALID_PRODUCER_EPOCH if is_new else code
