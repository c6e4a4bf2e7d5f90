"""WriteShareGroupState: records of share partitions have changed their state."""

from typing import Any, Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import the_cluster
from headwater.broker.share.refusal import Refusal
from headwater.broker.share.states import all_refused, ask_each
from headwater.control.share.batches import StateBatch
from headwater.control.share.key import SharePartitionKey
from headwater.control.share.requests import WriteState
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.write_share_group_state_request import PartitionData, WriteShareGroupStateRequest
from headwater.wire.messages.write_share_group_state_response import (
    PartitionResult,
    WriteShareGroupStateResponse,
    WriteStateResult,
)


def refuse(request: WriteShareGroupStateRequest, code: ErrorCode) -> WriteShareGroupStateResponse:
    refused = all_refused(request.topics, code, _result)
    return WriteShareGroupStateResponse(
        results=tuple(WriteStateResult(topic_id=each, partitions=parts) for each, parts in refused)
    )


API: Final = Api(
    WriteShareGroupStateRequest,
    versions=between(0, 1),
    refuse=refuse,
    needs=(the_cluster(Operation.CLUSTER_ACTION),),
)


async def handle(context: Context, request: WriteShareGroupStateRequest) -> WriteShareGroupStateResponse:
    answers = await ask_each(context, request.group_id, request.topics, _ask)
    return WriteShareGroupStateResponse(
        results=tuple(
            WriteStateResult(
                topic_id=topic.topic_id,
                partitions=tuple(map(_result, (each.partition for each in topic.partitions), told)),
            )
            for topic, told in zip(request.topics, answers, strict=False)
        )
    )


async def _ask(context: Context, key: SharePartitionKey, partition: PartitionData) -> Any:
    write = WriteState(
        key=key,
        state_epoch=partition.state_epoch,
        leader_epoch=partition.leader_epoch,
        start_offset=partition.start_offset,
        delivery_complete=partition.delivery_complete_count,
        batches=tuple(
            StateBatch(
                first=each.first_offset,
                last=each.last_offset,
                state=each.delivery_state,
                delivery_count=each.delivery_count,
            )
            for each in partition.state_batches
        ),
    )
    return await context.services.share_states.ask(str(key), write)


def _result(partition: int, answer: Any) -> PartitionResult:
    if isinstance(answer, Refusal):
        return PartitionResult(partition=partition, error_code=answer.code, error_message=answer.message)
    return PartitionResult(partition=partition)
