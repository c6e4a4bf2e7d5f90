"""DescribeTopicPartitions: topics by name, a page of partitions at a time (KIP-966).

Topics come in the order of their names, and a cursor says where the next page begins: so a client can walk through any
number of partitions, and no answer is larger than a page.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import Within
from headwater.broker.nodes import Nodes, nodes
from headwater.broker.operations import allowed_operations
from headwater.broker.settings import MAX_REQUEST_PARTITION_SIZE_LIMIT
from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.names import INTERNAL, check_name
from headwater.control.cluster.topics import Partition, Topic
from headwater.security.access import Operation, topic as the_topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.describe_topic_partitions_request import DescribeTopicPartitionsRequest
from headwater.wire.messages.describe_topic_partitions_response import (
    Cursor,
    DescribeTopicPartitionsResponse,
    DescribeTopicPartitionsResponsePartition,
    DescribeTopicPartitionsResponseTopic,
)
from headwater.wire.types import TopicName

_NO_LEADER: Final = -1


def refuse(request: DescribeTopicPartitionsRequest, code: ErrorCode) -> DescribeTopicPartitionsResponse:
    topics = tuple(DescribeTopicPartitionsResponseTopic(name=each.name, error_code=code) for each in request.topics)
    return DescribeTopicPartitionsResponse(topics=topics)


API = Api(
    DescribeTopicPartitionsRequest,
    versions=between(0, 0),
    refuse=refuse,
    needs=(Within(operation=Operation.DESCRIBE, why="no topics are all of them, from the cursor on"),),
)


class Page(Struct, frozen=True, kw_only=True):
    topics: tuple[DescribeTopicPartitionsResponseTopic, ...]
    next: Cursor | None = None


async def handle(context: Context, request: DescribeTopicPartitionsRequest) -> DescribeTopicPartitionsResponse:
    _check_cursor(request)
    page = await context.services.cluster.read(lambda cluster: _page(context, request, cluster))
    return DescribeTopicPartitionsResponse(topics=(*page.topics, *_forbidden(context, request)), next_cursor=page.next)


def _check_cursor(request: DescribeTopicPartitionsRequest) -> None:
    cursor = request.cursor
    if cursor is None:
        return
    if request.topics and all(each.name != cursor.topic_name for each in request.topics):
        raise Refused(ErrorCode.INVALID_REQUEST, f"the topics asked for lack the cursor's, {cursor.topic_name}")
    if cursor.partition_index < 0:
        raise Refused(ErrorCode.INVALID_REQUEST, f"there is no partition {cursor.partition_index}")


def _page(context: Context, request: DescribeTopicPartitionsRequest, cluster: Cluster) -> Page:
    reachable = nodes(context, cluster)
    cursor = request.cursor
    limit = context.services.settings.broker[MAX_REQUEST_PARTITION_SIZE_LIMIT]
    room = max(1, min(limit, request.response_partition_limit))
    topics: list[DescribeTopicPartitionsResponseTopic] = []
    for name in _names(context, request, cluster):
        if not room:
            return Page(topics=tuple(topics), next=Cursor(topic_name=name, partition_index=0))
        topic = cluster.topics.named(name)
        if topic is None:
            topics.append(_unknown(context, name))
            continue
        first = cursor.partition_index if cursor and cursor.topic_name == name else 0
        shown = topic.partitions[first : first + room]
        topics.append(_described(context, topic, shown, reachable))
        room -= len(shown)
        if first + len(shown) < len(topic.partitions):
            return Page(topics=tuple(topics), next=Cursor(topic_name=name, partition_index=first + len(shown)))
    return Page(topics=tuple(topics))


def _names(context: Context, request: DescribeTopicPartitionsRequest, cluster: Cluster) -> Iterator[TopicName]:
    """From the cursor on, those that the client may know of."""
    asked = [TopicName(each.name) for each in request.topics] or [each.name for each in cluster.topics]
    begin = request.cursor.topic_name if request.cursor else ""
    for name in sorted(dict.fromkeys(asked)):
        if name >= begin and context.allows(Operation.DESCRIBE, the_topic(name)):
            yield name


def _forbidden(
    context: Context, request: DescribeTopicPartitionsRequest
) -> Iterator[DescribeTopicPartitionsResponseTopic]:
    """Only what was named is refused; of all topics the others are simply not there."""
    begin = request.cursor.topic_name if request.cursor else ""
    for name in dict.fromkeys(each.name for each in request.topics):
        if name >= begin and not context.allows(Operation.DESCRIBE, the_topic(name)):
            yield DescribeTopicPartitionsResponseTopic(name=name, error_code=ErrorCode.TOPIC_AUTHORIZATION_FAILED)


def _unknown(context: Context, name: TopicName) -> DescribeTopicPartitionsResponseTopic:
    return DescribeTopicPartitionsResponseTopic(
        error_code=ErrorCode.INVALID_TOPIC_EXCEPTION if check_name(name) else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        name=name,
        is_internal=name in INTERNAL,
        topic_authorized_operations=allowed_operations(context, the_topic(name)),
    )


def _described(
    context: Context, topic: Topic, partitions: Sequence[Partition], reachable: Nodes
) -> DescribeTopicPartitionsResponseTopic:
    return DescribeTopicPartitionsResponseTopic(
        name=topic.name,
        topic_id=topic.topic_id,
        is_internal=topic.name in INTERNAL,
        partitions=tuple(_partition(each, reachable) for each in partitions),
        topic_authorized_operations=allowed_operations(context, the_topic(topic.name)),
    )


def _partition(partition: Partition, reachable: Nodes) -> DescribeTopicPartitionsResponsePartition:
    return DescribeTopicPartitionsResponsePartition(
        partition_index=partition.index,
        leader_id=partition.leader if partition.leader in reachable else _NO_LEADER,
        leader_epoch=partition.leader_epoch,
        replica_nodes=partition.replicas,
        isr_nodes=partition.isr,
        eligible_leader_replicas=partition.eligible or (),
        last_known_elr=partition.last_known_eligible or (),
        offline_replicas=tuple(each for each in partition.replicas if each not in reachable),
    )
