"""DeleteShareGroupOffsets: forget how far a share group without members has come in topics."""

from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import Each, Whole
from headwater.broker.share.served import check_served
from headwater.control.errors import ControlError
from headwater.control.groups.share.requests import DeleteShareStarts
from headwater.security.access import Operation, group, topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.delete_share_group_offsets_request import (
    DeleteShareGroupOffsetsRequest,
    DeleteShareGroupOffsetsRequestTopic,
)
from headwater.wire.messages.delete_share_group_offsets_response import (
    DeleteShareGroupOffsetsResponse,
    DeleteShareGroupOffsetsResponseTopic,
)
from headwater.wire.types import ZERO_UUID, TopicName


def refuse(request: DeleteShareGroupOffsetsRequest, code: ErrorCode) -> DeleteShareGroupOffsetsResponse:
    del request
    return DeleteShareGroupOffsetsResponse(error_code=code, error_message=code.name)


def _refused(asked: DeleteShareGroupOffsetsRequestTopic, code: ErrorCode) -> DeleteShareGroupOffsetsResponseTopic:
    return DeleteShareGroupOffsetsResponseTopic(topic_name=asked.topic_name, error_code=code, error_message=code.name)


API: Final = Api(
    DeleteShareGroupOffsetsRequest,
    versions=between(0, 0),
    refuse=refuse,
    needs=(
        Whole(operation=Operation.DELETE, of=lambda request: group(request.group_id)),
        Each(
            operation=Operation.READ,
            items="topics",
            of=lambda asked: topic(asked.topic_name),
            refused=_refused,
            into="responses",
        ),
    ),
    waits=True,
)


async def handle(context: Context, request: DeleteShareGroupOffsetsRequest) -> DeleteShareGroupOffsetsResponse:
    check_served(context)
    names = tuple(TopicName(each.topic_name) for each in request.topics)
    answer = await context.services.coordinators.ask(
        request.group_id, DeleteShareStarts(group_id=request.group_id, topics=names)
    )
    if isinstance(answer, ControlError):
        return DeleteShareGroupOffsetsResponse(error_code=answer.code, error_message=str(answer))
    return DeleteShareGroupOffsetsResponse(
        responses=tuple(_topic(context, name, code) for name, code in zip(names, answer, strict=True))
    )


def _topic(context: Context, name: TopicName, code: ErrorCode) -> DeleteShareGroupOffsetsResponseTopic:
    if code is not ErrorCode.NONE:
        return DeleteShareGroupOffsetsResponseTopic(topic_name=name, error_code=code, error_message=code.name)
    topic_id = context.services.partitions.id_of(name) or ZERO_UUID
    return DeleteShareGroupOffsetsResponseTopic(topic_name=name, topic_id=topic_id)
