"""AlterShareGroupOffsets: where a share group without members begins to read."""

from collections.abc import Sequence
from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.internal_topics import ensure_share_state
from headwater.broker.needs import Each, Whole
from headwater.broker.share.served import check_served
from headwater.control.errors import ControlError
from headwater.control.groups.share.requests import AlterShareStarts, ShareStart
from headwater.security.access import Operation, group, topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.alter_share_group_offsets_request import (
    AlterShareGroupOffsetsRequest,
    AlterShareGroupOffsetsRequestTopic,
)
from headwater.wire.messages.alter_share_group_offsets_response import (
    AlterShareGroupOffsetsResponse,
    AlterShareGroupOffsetsResponsePartition,
    AlterShareGroupOffsetsResponseTopic,
)
from headwater.wire.types import ZERO_UUID, Offset, TopicName


def refuse(request: AlterShareGroupOffsetsRequest, code: ErrorCode) -> AlterShareGroupOffsetsResponse:
    del request
    return AlterShareGroupOffsetsResponse(error_code=code, error_message=code.name)


def _refused(asked: AlterShareGroupOffsetsRequestTopic, code: ErrorCode) -> AlterShareGroupOffsetsResponseTopic:
    return AlterShareGroupOffsetsResponseTopic(
        topic_name=asked.topic_name,
        partitions=tuple(_partition(each.partition_index, code) for each in asked.partitions),
    )


API: Final = Api(
    AlterShareGroupOffsetsRequest,
    versions=between(0, 0),
    refuse=refuse,
    needs=(
        Whole(operation=Operation.READ, of=lambda request: group(request.group_id)),
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


async def handle(context: Context, request: AlterShareGroupOffsetsRequest) -> AlterShareGroupOffsetsResponse:
    check_served(context)
    await ensure_share_state(context)
    starts = tuple(
        ShareStart(topic=TopicName(asked.topic_name), partition=each.partition_index, offset=Offset(each.start_offset))
        for asked in request.topics
        for each in asked.partitions
    )
    answer = await context.services.coordinators.ask(
        request.group_id, AlterShareStarts(group_id=request.group_id, starts=starts)
    )
    if isinstance(answer, ControlError):
        return AlterShareGroupOffsetsResponse(error_code=answer.code, error_message=str(answer))
    return AlterShareGroupOffsetsResponse(responses=tuple(_topics(context, request.topics, answer)))


def _topics(
    context: Context, topics: Sequence[AlterShareGroupOffsetsRequestTopic], codes: Sequence[ErrorCode]
) -> list[AlterShareGroupOffsetsResponseTopic]:
    """`codes` has one for each partition, in order."""
    told = iter(codes)
    return [
        AlterShareGroupOffsetsResponseTopic(
            topic_name=asked.topic_name,
            topic_id=context.services.partitions.id_of(TopicName(asked.topic_name)) or ZERO_UUID,
            partitions=tuple(_partition(each.partition_index, next(told)) for each in asked.partitions),
        )
        for asked in topics
    ]


def _partition(index: int, code: ErrorCode) -> AlterShareGroupOffsetsResponsePartition:
    if code is ErrorCode.NONE:
        return AlterShareGroupOffsetsResponsePartition(partition_index=index)
    return AlterShareGroupOffsetsResponsePartition(partition_index=index, error_code=code, error_message=code.name)
