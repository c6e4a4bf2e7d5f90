"""DeleteShareGroupState: groups read these partitions no more."""

from typing import Any, Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import the_cluster
from headwater.broker.share.refusal import Refusal
from headwater.broker.share.states import all_refused, ask_each
from headwater.control.share.key import SharePartitionKey
from headwater.control.share.requests import DeleteState
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.delete_share_group_state_request import DeleteShareGroupStateRequest, PartitionData
from headwater.wire.messages.delete_share_group_state_response import (
    DeleteShareGroupStateResponse,
    DeleteStateResult,
    PartitionResult,
)


def refuse(request: DeleteShareGroupStateRequest, code: ErrorCode) -> DeleteShareGroupStateResponse:
    refused = all_refused(request.topics, code, _result)
    return DeleteShareGroupStateResponse(
        results=tuple(DeleteStateResult(topic_id=each, partitions=parts) for each, parts in refused)
    )


API: Final = Api(
    DeleteShareGroupStateRequest,
    versions=between(0, 0),
    refuse=refuse,
    needs=(the_cluster(Operation.CLUSTER_ACTION),),
)


async def handle(context: Context, request: DeleteShareGroupStateRequest) -> DeleteShareGroupStateResponse:
    answers = await ask_each(context, request.group_id, request.topics, _ask)
    return DeleteShareGroupStateResponse(
        results=tuple(
            DeleteStateResult(
                topic_id=topic.topic_id,
                partitions=tuple(map(_result, (each.partition for each in topic.partitions), told)),
            )
            for topic, told in zip(request.topics, answers, strict=False)
        )
    )


async def _ask(context: Context, key: SharePartitionKey, partition: PartitionData) -> Any:
    del partition
    return await context.services.share_states.ask(str(key), DeleteState(key=key))


def _result(partition: int, answer: Any) -> PartitionResult:
    if isinstance(answer, Refusal):
        return PartitionResult(partition=partition, error_code=answer.code, error_message=answer.message)
    return PartitionResult(partition=partition)
