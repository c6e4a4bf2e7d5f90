"""InitProducerId: an id by which a producer's retries are known, and by which whoever had its transactional id is fenced (KIP-98)."""

from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import Whole
from headwater.broker.transactional_ids import ask_with_new_id, fenced_code
from headwater.control.errors import ControlError
from headwater.control.transactions.requests import InitProducer, ProducerIdentity
from headwater.security.access import THE_CLUSTER, Operation, Resource, transactional_id
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.init_producer_id_request import InitProducerIdRequest
from headwater.wire.messages.init_producer_id_response import InitProducerIdResponse
from headwater.wire.types import ProducerEpoch, ProducerId

_NONE: Final = -1
_FENCED_FROM: Final = 4


def refuse(request: InitProducerIdRequest, code: ErrorCode) -> InitProducerIdResponse:
    del request
    return InitProducerIdResponse(error_code=code, producer_id=_NONE, producer_epoch=_NONE)


def _transaction(request: InitProducerIdRequest) -> Resource | None:
    return transactional_id(request.transactional_id) if request.transactional_id else None


def _cluster(request: InitProducerIdRequest) -> Resource | None:
    return None if request.transactional_id else THE_CLUSTER


API = Api(
    InitProducerIdRequest,
    versions=between(0, 5),
    refuse=refuse,
    needs=(
        Whole(operation=Operation.WRITE, of=_transaction),
        Whole(operation=Operation.IDEMPOTENT_WRITE, of=_cluster),
    ),
)


async def handle(context: Context, request: InitProducerIdRequest) -> InitProducerIdResponse:
    if (request.producer_id == _NONE) != (request.producer_epoch == _NONE) or request.transactional_id == "":
        return refuse(request, ErrorCode.INVALID_REQUEST)
    if request.transactional_id is None:
        return InitProducerIdResponse(producer_id=await context.services.producer_ids.next(), producer_epoch=0)
    answer = await ask_with_new_id(context, _init(request.transactional_id, request))
    if isinstance(answer, ControlError):
        return refuse(request, fenced_code(context, answer.code, known_from=_FENCED_FROM))
    return InitProducerIdResponse(producer_id=answer.producer_id, producer_epoch=answer.epoch)


def _init(transactional_id: str, request: InitProducerIdRequest) -> InitProducer:
    goes_on = request.producer_id != _NONE
    return InitProducer(
        transactional_id=transactional_id,
        timeout_ms=request.transaction_timeout_ms,
        expected=ProducerIdentity(
            producer_id=ProducerId(request.producer_id), epoch=ProducerEpoch(request.producer_epoch)
        )
        if goes_on
        else None,
    )
