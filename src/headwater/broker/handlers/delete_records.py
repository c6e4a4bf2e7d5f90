"""DeleteRecords: move the start of logs up, so that what is before it is gone for good."""

from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import Each
from headwater.control.cluster.names import INTERNAL
from headwater.log.errors import LogError
from headwater.log.port import Log
from headwater.security.access import Operation, topic as the_topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.delete_records_request import (
    DeleteRecordsPartition,
    DeleteRecordsRequest,
    DeleteRecordsTopic,
)
from headwater.wire.messages.delete_records_response import (
    DeleteRecordsPartitionResult,
    DeleteRecordsResponse,
    DeleteRecordsTopicResult,
)
from headwater.wire.types import Offset, TopicName

_HIGH_WATERMARK: Final = -1
"""Asks for everything that can be read now to go."""
_UNKNOWN: Final = -1


def _refused_topic(topic: DeleteRecordsTopic, code: ErrorCode) -> DeleteRecordsTopicResult:
    return DeleteRecordsTopicResult(
        name=topic.name, partitions=tuple(_refused(each, code) for each in topic.partitions)
    )


def refuse(request: DeleteRecordsRequest, code: ErrorCode) -> DeleteRecordsResponse:
    return DeleteRecordsResponse(topics=tuple(_refused_topic(topic, code) for topic in request.topics))


API: Final = Api(
    DeleteRecordsRequest,
    versions=between(0, 2),
    refuse=refuse,
    needs=(
        Each(
            operation=Operation.DELETE,
            items="topics",
            of=lambda topic: the_topic(topic.name),
            refused=_refused_topic,
            into="topics",
        ),
    ),
)


async def handle(context: Context, request: DeleteRecordsRequest) -> DeleteRecordsResponse:
    topics = []
    for topic in request.topics:
        name = TopicName(topic.name)
        if name in INTERNAL:
            topics.append(_refused_topic(topic, ErrorCode.INVALID_TOPIC_EXCEPTION))
        else:
            parts = [await _delete(context, name, asked) for asked in topic.partitions]
            topics.append(DeleteRecordsTopicResult(name=topic.name, partitions=tuple(parts)))
    return DeleteRecordsResponse(topics=tuple(topics))


async def _delete(context: Context, topic: TopicName, asked: DeleteRecordsPartition) -> DeleteRecordsPartitionResult:
    log = context.services.partitions.find(topic, asked.partition_index)
    if isinstance(log, ErrorCode):
        return _refused(asked, log)
    if not log.settings.delete_policy:  # a compacted topic keeps the last record of every key
        return _refused(asked, ErrorCode.POLICY_VIOLATION)
    return await _trim(log, asked)


async def _trim(log: Log, asked: DeleteRecordsPartition) -> DeleteRecordsPartitionResult:
    before = log.bounds.high_watermark if asked.offset == _HIGH_WATERMARK else Offset(asked.offset)
    if before < 0:
        return _refused(asked, ErrorCode.OFFSET_OUT_OF_RANGE)
    try:
        await log.trim(before)
    except LogError as error:
        return _refused(asked, error.code)
    return DeleteRecordsPartitionResult(partition_index=asked.partition_index, low_watermark=log.bounds.start)


def _refused(asked: DeleteRecordsPartition, code: ErrorCode) -> DeleteRecordsPartitionResult:
    return DeleteRecordsPartitionResult(partition_index=asked.partition_index, low_watermark=_UNKNOWN, error_code=code)
