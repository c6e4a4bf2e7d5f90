"""ListOffsets: the offset at a moment, or at one of the log's edges that negative timestamps name.

    -1 latest    -2 earliest    -3 of the largest timestamp    -4 earliest local    -5 latest tiered    -6 earliest pending upload

Nothing is answered that a consumer of the same isolation could not fetch. What is not found has offset -1 and no error.
"""

from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.leader_epochs import epoch_refusal
from headwater.broker.needs import Each
from headwater.broker.turns import Turns
from headwater.kernel.units import Timestamp
from headwater.log.epochs import Epochs
from headwater.log.errors import LogError
from headwater.log.port import Bounds, Found, Log
from headwater.security.access import Operation, topic as the_topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.list_offsets_request import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from headwater.wire.messages.list_offsets_response import (
    ListOffsetsPartitionResponse,
    ListOffsetsResponse,
    ListOffsetsTopicResponse,
)
from headwater.wire.types import NO_EPOCH, LeaderEpoch, Offset, TopicName

LATEST: Final = -1
EARLIEST: Final = -2
MAX_TIMESTAMP: Final = -3
EARLIEST_LOCAL: Final = -4
LATEST_TIERED: Final = -5
EARLIEST_PENDING_UPLOAD: Final = -6

_SERVED_FROM: Final = {
    LATEST: 1,
    EARLIEST: 1,
    MAX_TIMESTAMP: 7,
    EARLIEST_LOCAL: 8,
    LATEST_TIERED: 9,
    EARLIEST_PENDING_UPLOAD: 11,
}
"""The first version in which each of the special timestamps means something."""
_EPOCHS_FROM: Final = 4
_UNKNOWN: Final = -1


def _refused_topic(topic: ListOffsetsTopic, code: ErrorCode) -> ListOffsetsTopicResponse:
    return ListOffsetsTopicResponse(
        name=topic.name, partitions=tuple(_refused(each, code) for each in topic.partitions)
    )


def refuse(request: ListOffsetsRequest, code: ErrorCode) -> ListOffsetsResponse:
    return ListOffsetsResponse(topics=tuple(_refused_topic(topic, code) for topic in request.topics))


API = Api(
    ListOffsetsRequest,
    versions=between(1, 11),
    refuse=refuse,
    needs=(
        Each(
            operation=Operation.DESCRIBE,
            items="topics",
            of=lambda topic: the_topic(topic.name),
            refused=_refused_topic,
            into="topics",
        ),
    ),
)


async def handle(context: Context, request: ListOffsetsRequest) -> ListOffsetsResponse:
    twice = _named_twice(request)
    topics = []
    turns = Turns()  # to search for a time takes no wait, but reads
    for topic in request.topics:
        parts = []
        for asked in topic.partitions:
            await turns.next()
            if (topic.name, asked.partition_index) in twice:
                parts.append(_refused(asked, ErrorCode.INVALID_REQUEST))
            else:
                parts.append(await _answer(context, request, TopicName(topic.name), asked))
        topics.append(ListOffsetsTopicResponse(name=topic.name, partitions=tuple(parts)))
    return ListOffsetsResponse(topics=tuple(topics))


def _named_twice(request: ListOffsetsRequest) -> frozenset[tuple[str, int]]:
    once: set[tuple[str, int]] = set()
    twice: set[tuple[str, int]] = set()
    for topic in request.topics:
        for each in topic.partitions:
            name = (topic.name, each.partition_index)
            (twice if name in once else once).add(name)
    return frozenset(twice)


async def _answer(
    context: Context, request: ListOffsetsRequest, topic: TopicName, asked: ListOffsetsPartition
) -> ListOffsetsPartitionResponse:
    version, timestamp = context.api_version, asked.timestamp
    if timestamp < 0 and version < _SERVED_FROM.get(timestamp, version + 1):
        return _refused(asked, ErrorCode.UNSUPPORTED_VERSION)
    log = context.services.partitions.find(topic, asked.partition_index)
    if isinstance(log, ErrorCode):
        return _refused(asked, log)
    if code := epoch_refusal(asked.current_leader_epoch, log.bounds):
        return _refused(asked, code)
    try:
        found = await _found(log, timestamp, committed=bool(request.isolation_level))
    except LogError as error:
        return _refused(asked, error.code)
    if found is None:
        return _refused(asked, ErrorCode.NONE)
    return ListOffsetsPartitionResponse(
        partition_index=asked.partition_index,
        timestamp=found.timestamp,
        offset=found.offset,
        leader_epoch=found.epoch if version >= _EPOCHS_FROM else _UNKNOWN,
    )


async def _found(log: Log, timestamp: int, *, committed: bool) -> Found | None:
    bounds = log.bounds
    end = bounds.last_stable if committed else bounds.high_watermark
    if timestamp == LATEST:
        return _edge(end, bounds.epoch)
    if timestamp == EARLIEST:
        return _edge(bounds.start, _epoch_at(bounds, bounds.start))
    if timestamp == EARLIEST_LOCAL:
        return _edge(bounds.local_start, _epoch_at(bounds, bounds.local_start))
    if timestamp in (LATEST_TIERED, EARLIEST_PENDING_UPLOAD):
        return _tiered(bounds, timestamp)
    searched = log.find_latest_time() if timestamp == MAX_TIMESTAMP else log.find_time(Timestamp(timestamp))
    found = await searched
    return found if found is not None and found.offset < end else None


def _tiered(bounds: Bounds, timestamp: int) -> Found | None:
    """The last record that is in remote storage, or the first that is not yet; None for a log that has none there."""
    if bounds.tiered_end is None:
        return None
    if timestamp == EARLIEST_PENDING_UPLOAD:
        pending = max(bounds.tiered_end, bounds.start)
        return _edge(pending, _epoch_at(bounds, pending))
    if not bounds.tiered_end:
        return None
    last = Offset(bounds.tiered_end - 1)
    return _edge(last, _epoch_at(bounds, last))


def _epoch_at(bounds: Bounds, offset: Offset) -> LeaderEpoch:
    """That of the record there, where it is known."""
    return Epochs(bounds.epochs).at(offset) or NO_EPOCH


def _edge(offset: Offset, epoch: LeaderEpoch) -> Found:
    """No record stands there, so there is no time."""
    return Found(offset=offset, timestamp=Timestamp(_UNKNOWN), epoch=epoch)


def _refused(asked: ListOffsetsPartition, code: ErrorCode) -> ListOffsetsPartitionResponse:
    return ListOffsetsPartitionResponse(partition_index=asked.partition_index, error_code=code)
