"""WriteTxnMarkers: end a producer's transaction in partitions, whatever its coordinator knows; administrators end hanging ones so."""

from asyncio import Future
from typing import Any

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import Within
from headwater.broker.refusals import code_of
from headwater.broker.turns import Turns
from headwater.control.transactions.transaction import TopicPartition
from headwater.kernel.errors import HeadwaterError
from headwater.machine.transactional import TransactionEnd
from headwater.security.access import THE_CLUSTER, Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.write_txn_markers_request import WritableTxnMarker, WriteTxnMarkersRequest
from headwater.wire.messages.write_txn_markers_response import (
    WritableTxnMarkerPartitionResult,
    WritableTxnMarkerResult,
    WritableTxnMarkerTopicResult,
    WriteTxnMarkersResponse,
)
from headwater.wire.types import ProducerEpoch, ProducerId, TopicName

Written = dict[TopicPartition, "Future[Any] | ErrorCode"]
_NOT_READY = (
    ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
    ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.NOT_COORDINATOR,
)


def refuse(request: WriteTxnMarkersRequest, code: ErrorCode) -> WriteTxnMarkersResponse:
    return WriteTxnMarkersResponse(
        markers=tuple(_result(each, dict.fromkeys(_partitions(each), code)) for each in request.markers)
    )


API = Api(
    WriteTxnMarkersRequest,
    versions=between(1, 2),
    refuse=refuse,
    needs=(Within(operation=Operation.ALTER, why="who may not alter the cluster may still act for it"),),
)


async def handle(context: Context, request: WriteTxnMarkersRequest) -> WriteTxnMarkersResponse:
    if not any(context.allows(each, THE_CLUSTER) for each in (Operation.ALTER, Operation.CLUSTER_ACTION)):
        raise Refused(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
    turns = Turns()
    begun = [(each, await _begin(context, each, turns)) for each in request.markers]
    return WriteTxnMarkersResponse(markers=tuple([_result(marker, await _codes(written)) for marker, written in begun]))


async def _begin(context: Context, marker: WritableTxnMarker, turns: Turns) -> Written:
    end = TransactionEnd(
        producer_id=ProducerId(marker.producer_id),
        producer_epoch=ProducerEpoch(marker.producer_epoch),
        committed=marker.transaction_result,
        coordinator_epoch=marker.coordinator_epoch,
    )
    written: Written = {}
    for partition in _partitions(marker):
        await turns.next()
        try:
            written[partition] = context.services.markers.write(partition, end)
        except HeadwaterError as error:
            written[partition] = _code(error)
    return written


async def _codes(written: Written) -> dict[TopicPartition, ErrorCode]:
    codes: dict[TopicPartition, ErrorCode] = {}
    for partition, outcome in written.items():
        try:
            codes[partition] = outcome if isinstance(outcome, ErrorCode) else await _done(outcome)
        except HeadwaterError as error:
            codes[partition] = _code(error)
    return codes


async def _done(written: "Future[Any]") -> ErrorCode:
    await written
    return ErrorCode.NONE


def _code(error: HeadwaterError) -> ErrorCode:
    """A group machine that is not there yet is told as a log that is not: whoever writes markers comes again for that."""
    code = code_of(error)
    return ErrorCode.NOT_LEADER_OR_FOLLOWER if code in _NOT_READY else code


def _partitions(marker: WritableTxnMarker) -> list[TopicPartition]:
    return [(TopicName(each.name), index) for each in marker.topics for index in each.partition_indexes]


def _result(marker: WritableTxnMarker, codes: dict[TopicPartition, ErrorCode]) -> WritableTxnMarkerResult:
    return WritableTxnMarkerResult(
        producer_id=marker.producer_id,
        topics=tuple(
            WritableTxnMarkerTopicResult(
                name=each.name,
                partitions=tuple(
                    WritableTxnMarkerPartitionResult(
                        partition_index=index, error_code=codes[TopicName(each.name), index]
                    )
                    for index in each.partition_indexes
                ),
            )
            for each in marker.topics
        ),
    )
