"""AddOffsetsToTxn: the offsets of a group will be committed in a transaction."""

from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.internal_topics import ensure_group_offsets
from headwater.broker.needs import Whole
from headwater.broker.transactional_ids import fenced_code
from headwater.control.cluster.names import GROUP_OFFSETS
from headwater.control.transactions.requests import AddPartitions, ProducerIdentity
from headwater.security.access import Operation, group, transactional_id
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.add_offsets_to_txn_request import AddOffsetsToTxnRequest
from headwater.wire.messages.add_offsets_to_txn_response import AddOffsetsToTxnResponse
from headwater.wire.types import ProducerEpoch, ProducerId

_FENCED_FROM: Final = 2


def refuse(request: AddOffsetsToTxnRequest, code: ErrorCode) -> AddOffsetsToTxnResponse:
    del request
    return AddOffsetsToTxnResponse(error_code=code)


API = Api(
    AddOffsetsToTxnRequest,
    versions=between(0, 4),
    refuse=refuse,
    needs=(
        Whole(operation=Operation.WRITE, of=lambda request: transactional_id(request.transactional_id)),
        Whole(operation=Operation.READ, of=lambda request: group(request.group_id)),
    ),
)


async def handle(context: Context, request: AddOffsetsToTxnRequest) -> AddOffsetsToTxnResponse:
    if not request.transactional_id:
        return refuse(request, ErrorCode.INVALID_REQUEST)
    services = context.services
    await ensure_group_offsets(context)
    refusal = await services.transactions.ask(
        request.transactional_id,
        AddPartitions(
            transactional_id=request.transactional_id,
            producer=ProducerIdentity(
                producer_id=ProducerId(request.producer_id), epoch=ProducerEpoch(request.producer_epoch)
            ),
            partitions=((GROUP_OFFSETS, services.coordinators.partition_of(request.group_id)),),
        ),
    )
    code = ErrorCode.NONE if refusal is None else refusal.code
    return refuse(request, fenced_code(context, code, known_from=_FENCED_FROM))
