"""ReadShareGroupStateSummary: how far groups have come in share partitions."""

from typing import Any, Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import the_cluster
from headwater.broker.share.refusal import Refusal
from headwater.broker.share.states import all_refused, ask_each
from headwater.control.share.errors import InvalidShareRequest, UnknownSharePartition
from headwater.control.share.key import SharePartitionKey
from headwater.control.share.state import ShareState
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.read_share_group_state_summary_request import (
    PartitionData,
    ReadShareGroupStateSummaryRequest,
)
from headwater.wire.messages.read_share_group_state_summary_response import (
    PartitionResult,
    ReadShareGroupStateSummaryResponse,
    ReadStateSummaryResult,
)


def refuse(request: ReadShareGroupStateSummaryRequest, code: ErrorCode) -> ReadShareGroupStateSummaryResponse:
    refused = all_refused(request.topics, code, _result)
    return ReadShareGroupStateSummaryResponse(
        results=tuple(ReadStateSummaryResult(topic_id=each, partitions=parts) for each, parts in refused)
    )


_UNKNOWN: Final = ShareState(state_epoch=0, delivery_complete=-1)
"""What Kafka answers of a share partition that nobody has initialized."""

API: Final = Api(
    ReadShareGroupStateSummaryRequest,
    versions=between(0, 1),
    refuse=refuse,
    needs=(the_cluster(Operation.CLUSTER_ACTION),),
)


async def handle(context: Context, request: ReadShareGroupStateSummaryRequest) -> ReadShareGroupStateSummaryResponse:
    answers = await ask_each(context, request.group_id, request.topics, _ask)
    return ReadShareGroupStateSummaryResponse(
        results=tuple(
            ReadStateSummaryResult(
                topic_id=topic.topic_id,
                partitions=tuple(map(_result, (each.partition for each in topic.partitions), told)),
            )
            for topic, told in zip(request.topics, answers, strict=False)
        )
    )


async def _ask(context: Context, key: SharePartitionKey, partition: PartitionData) -> Any:
    services = context.services
    if partition.partition < 0:
        return InvalidShareRequest("A partition can't be below zero.")
    if not services.partitions.has_id(key.topic_id, key.partition):
        return UnknownSharePartition(key)
    return await services.share_states.read(str(key), lambda machine: machine.get(key)) or _UNKNOWN


def _result(partition: int, answer: Any) -> PartitionResult:
    if isinstance(answer, Refusal):
        return PartitionResult(partition=partition, error_code=answer.code, error_message=answer.message)
    return PartitionResult(
        partition=partition,
        state_epoch=answer.state_epoch,
        leader_epoch=answer.leader_epoch,
        start_offset=answer.start_offset,
        delivery_complete_count=answer.delivery_complete,
    )
