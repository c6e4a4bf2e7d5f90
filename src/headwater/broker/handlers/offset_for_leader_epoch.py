"""OffsetForLeaderEpoch: where a leader epoch ended here, so that a client finds out what it saw and we lost (KIP-101, KIP-320)."""

from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.leader_epochs import epoch_refusal
from headwater.broker.needs import Each
from headwater.security.access import Operation, topic as the_topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.offset_for_leader_epoch_request import (
    OffsetForLeaderEpochRequest,
    OffsetForLeaderPartition,
    OffsetForLeaderTopic,
)
from headwater.wire.messages.offset_for_leader_epoch_response import (
    EpochEndOffset,
    OffsetForLeaderEpochResponse,
    OffsetForLeaderTopicResult,
)
from headwater.wire.types import LeaderEpoch, TopicName


def _refused_topic(topic: OffsetForLeaderTopic, code: ErrorCode) -> OffsetForLeaderTopicResult:
    refused = tuple(EpochEndOffset(partition=each.partition, error_code=code) for each in topic.partitions)
    return OffsetForLeaderTopicResult(topic=topic.topic, partitions=refused)


def refuse(request: OffsetForLeaderEpochRequest, code: ErrorCode) -> OffsetForLeaderEpochResponse:
    return OffsetForLeaderEpochResponse(topics=tuple(_refused_topic(topic, code) for topic in request.topics))


API: Final = Api(
    OffsetForLeaderEpochRequest,
    versions=between(2, 4),
    refuse=refuse,
    needs=(
        Each(
            operation=Operation.DESCRIBE,
            items="topics",
            of=lambda topic: the_topic(topic.topic),
            refused=_refused_topic,
            into="topics",
            unless=Operation.CLUSTER_ACTION,
        ),
    ),
)


async def handle(context: Context, request: OffsetForLeaderEpochRequest) -> OffsetForLeaderEpochResponse:
    return OffsetForLeaderEpochResponse(
        topics=tuple(
            OffsetForLeaderTopicResult(
                topic=topic.topic,
                partitions=tuple(_end(context, TopicName(topic.topic), each) for each in topic.partitions),
            )
            for topic in request.topics
        )
    )


def _end(context: Context, topic: TopicName, asked: OffsetForLeaderPartition) -> EpochEndOffset:
    log = context.services.partitions.find(topic, asked.partition)
    if isinstance(log, ErrorCode):
        return EpochEndOffset(partition=asked.partition, error_code=log)
    if code := epoch_refusal(asked.current_leader_epoch, log.bounds):
        return EpochEndOffset(partition=asked.partition, error_code=code)
    ended = log.end_of_epoch(LeaderEpoch(asked.leader_epoch))
    if ended is None:
        return EpochEndOffset(partition=asked.partition)
    return EpochEndOffset(partition=asked.partition, leader_epoch=ended.epoch, end_offset=ended.end)
