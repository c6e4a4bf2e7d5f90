"""ReadShareGroupState: a leader loads what is remembered of share partitions, and fences the leaders before it."""

from typing import Any, Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import the_cluster
from headwater.broker.share.refusal import Refusal
from headwater.broker.share.states import all_refused, ask_each
from headwater.control.share.key import SharePartitionKey
from headwater.control.share.requests import ReadState
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.read_share_group_state_request import PartitionData, ReadShareGroupStateRequest
from headwater.wire.messages.read_share_group_state_response import (
    PartitionResult,
    ReadShareGroupStateResponse,
    ReadStateResult,
    StateBatch,
)


def refuse(request: ReadShareGroupStateRequest, code: ErrorCode) -> ReadShareGroupStateResponse:
    refused = all_refused(request.topics, code, _result)
    return ReadShareGroupStateResponse(
        results=tuple(ReadStateResult(topic_id=each, partitions=parts) for each, parts in refused)
    )


API: Final = Api(
    ReadShareGroupStateRequest,
    versions=between(0, 0),
    refuse=refuse,
    needs=(the_cluster(Operation.CLUSTER_ACTION),),
)


async def handle(context: Context, request: ReadShareGroupStateRequest) -> ReadShareGroupStateResponse:
    answers = await ask_each(context, request.group_id, request.topics, _ask)
    return ReadShareGroupStateResponse(
        results=tuple(
            ReadStateResult(
                topic_id=topic.topic_id,
                partitions=tuple(map(_result, (each.partition for each in topic.partitions), told)),
            )
            for topic, told in zip(request.topics, answers, strict=False)
        )
    )


async def _ask(context: Context, key: SharePartitionKey, partition: PartitionData) -> Any:
    read = ReadState(key=key, leader_epoch=partition.leader_epoch)
    return await context.services.share_states.ask(str(key), read)


def _result(partition: int, answer: Any) -> PartitionResult:
    if isinstance(answer, Refusal):
        return PartitionResult(partition=partition, error_code=answer.code, error_message=answer.message)
    return PartitionResult(
        partition=partition,
        state_epoch=answer.state_epoch,
        start_offset=answer.start_offset,
        state_batches=tuple(
            StateBatch(
                first_offset=each.first,
                last_offset=each.last,
                delivery_state=each.state,
                delivery_count=each.delivery_count,
            )
            for each in answer.batches
        ),
    )
