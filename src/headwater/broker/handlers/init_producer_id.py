"""InitProducerId: an id by which a producer's retries are known (KIP-98).

Transactions are not built yet, which is said by a code that no client retries.
"""

from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import Whole
from headwater.security.access import THE_CLUSTER, Operation, Resource, transactional_id
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.init_producer_id_request import InitProducerIdRequest
from headwater.wire.messages.init_producer_id_response import InitProducerIdResponse

_NONE: Final = -1


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
    if request.transactional_id is not None:
        return refuse(request, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    return InitProducerIdResponse(producer_id=await context.services.producer_ids.next(), producer_epoch=0)
