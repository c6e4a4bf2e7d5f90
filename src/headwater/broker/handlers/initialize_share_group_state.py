"""InitializeShareGroupState: a group begins to read partitions, or is to read them from other offsets on."""

from typing import Any, Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import the_cluster
from headwater.broker.share.refusal import Refusal
from headwater.broker.share.states import all_refused, ask_each
from headwater.control.share.key import SharePartitionKey
from headwater.control.share.requests import InitializeState
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.initialize_share_group_state_request import InitializeShareGroupStateRequest, PartitionData
from headwater.wire.messages.initialize_share_group_state_response import (
    InitializeShareGroupStateResponse,
    InitializeStateResult,
    PartitionResult,
)


def refuse(request: InitializeShareGroupStateRequest, code: ErrorCode) -> InitializeShareGroupStateResponse:
    refused = all_refused(request.topics, code, _result)
    return InitializeShareGroupStateResponse(
        results=tuple(InitializeStateResult(topic_id=each, partitions=parts) for each, parts in refused)
    )


API: Final = Api(
    InitializeShareGroupStateRequest,
    versions=between(0, 0),
    refuse=refuse,
    needs=(the_cluster(Operation.CLUSTER_ACTION),),
)


async def handle(context: Context, request: InitializeShareGroupStateRequest) -> InitializeShareGroupStateResponse:
    answers = await ask_each(context, request.group_id, request.topics, _ask)
    return InitializeShareGroupStateResponse(
        results=tuple(
            InitializeStateResult(
                topic_id=topic.topic_id,
                partitions=tuple(map(_result, (each.partition for each in topic.partitions), told)),
            )
            for topic, told in zip(request.topics, answers, strict=False)
        )
    )


async def _ask(context: Context, key: SharePartitionKey, partition: PartitionData) -> Any:
    state = InitializeState(key=key, state_epoch=partition.state_epoch, start_offset=partition.start_offset)
    return await context.services.share_states.ask(str(key), state)


def _result(partition: int, answer: Any) -> PartitionResult:
    if isinstance(answer, Refusal):
        return PartitionResult(partition=partition, error_code=answer.code, error_message=answer.message)
    return PartitionResult(partition=partition)
