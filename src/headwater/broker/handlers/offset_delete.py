"""OffsetDelete: forget a group's offsets in topics that it is not subscribed to (KIP-496)."""

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import Each, Whole
from headwater.control.errors import ControlError
from headwater.control.groups.requests import DeleteOffsets
from headwater.security.access import Operation, group, topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.offset_delete_request import OffsetDeleteRequest, OffsetDeleteRequestTopic
from headwater.wire.messages.offset_delete_response import (
    OffsetDeleteResponse,
    OffsetDeleteResponsePartition,
    OffsetDeleteResponseTopic,
)
from headwater.wire.types import TopicName


def _refused(item: OffsetDeleteRequestTopic, code: ErrorCode) -> OffsetDeleteResponseTopic:
    return OffsetDeleteResponseTopic(
        name=item.name,
        partitions=tuple(
            OffsetDeleteResponsePartition(partition_index=each.partition_index, error_code=code)
            for each in item.partitions
        ),
    )


def refuse(request: OffsetDeleteRequest, code: ErrorCode) -> OffsetDeleteResponse:
    del request
    return OffsetDeleteResponse(error_code=code)


API = Api(
    OffsetDeleteRequest,
    versions=between(0, 0),
    refuse=refuse,
    needs=(
        Whole(operation=Operation.DELETE, of=lambda request: group(request.group_id)),
        Each(
            operation=Operation.READ,
            items="topics",
            of=lambda item: topic(item.name),
            refused=_refused,
            into="topics",
        ),
    ),
)


async def handle(context: Context, request: OffsetDeleteRequest) -> OffsetDeleteResponse:
    wanted = tuple(
        (TopicName(each.name), partition.partition_index) for each in request.topics for partition in each.partitions
    )
    answer = await context.services.coordinators.ask(
        request.group_id, DeleteOffsets(group_id=request.group_id, partitions=wanted)
    )
    if isinstance(answer, ControlError):
        return refuse(request, answer.code)
    codes = dict(zip(wanted, (each.code if each else ErrorCode.NONE for each in answer), strict=True))
    return OffsetDeleteResponse(
        topics=tuple(
            OffsetDeleteResponseTopic(
                name=each.name,
                partitions=tuple(
                    OffsetDeleteResponsePartition(
                        partition_index=partition.partition_index,
                        error_code=_code(context, each.name, partition.partition_index, codes),
                    )
                    for partition in each.partitions
                ),
            )
            for each in request.topics
        )
    )


def _code(context: Context, name: str, index: int, codes: dict[tuple[TopicName, int], ErrorCode]) -> ErrorCode:
    if not context.services.partitions.has(TopicName(name), index):
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return codes[TopicName(name), index]
