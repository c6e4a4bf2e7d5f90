"""EndTxn: commit or abort. It is answered when the outcome stands; the markers follow."""

from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import Whole
from headwater.broker.transactional_ids import ask_with_new_id, fenced_code
from headwater.control.errors import ControlError
from headwater.control.transactions.requests import EndTransaction, ProducerIdentity
from headwater.security.access import Operation, transactional_id
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.end_txn_request import EndTxnRequest
from headwater.wire.messages.end_txn_response import EndTxnResponse
from headwater.wire.types import ProducerEpoch, ProducerId

_FENCED_FROM: Final = 2
_BUMPS_EPOCH_FROM: Final = 5


def refuse(request: EndTxnRequest, code: ErrorCode) -> EndTxnResponse:
    del request
    return EndTxnResponse(error_code=code)


API = Api(
    EndTxnRequest,
    versions=between(0, 5),
    refuse=refuse,
    needs=(Whole(operation=Operation.WRITE, of=lambda request: transactional_id(request.transactional_id)),),
)


async def handle(context: Context, request: EndTxnRequest) -> EndTxnResponse:
    if not request.transactional_id:
        return refuse(request, ErrorCode.INVALID_REQUEST)
    end = EndTransaction(
        transactional_id=request.transactional_id,
        producer=ProducerIdentity(
            producer_id=ProducerId(request.producer_id), epoch=ProducerEpoch(request.producer_epoch)
        ),
        commits=request.committed,
        bumps_epoch=context.api_version >= _BUMPS_EPOCH_FROM,
    )
    answer = await ask_with_new_id(context, end)
    if isinstance(answer, ControlError):
        return refuse(request, fenced_code(context, answer.code, known_from=_FENCED_FROM))
    return EndTxnResponse(producer_id=answer.producer_id, producer_epoch=answer.epoch)
