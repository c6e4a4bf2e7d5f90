"""Metadata: the brokers, and where the partitions of topics are led. What a client asks before it produces or fetches.

version 0     no topics are all topics
1 and above   null is all topics, none are none
12 and above  a topic can be named by its id; if one is, names are not looked at
"""

from collections.abc import Awaitable, Callable, Container, Iterable
from typing import Final

from msgspec import Struct

from headwater.broker.api import Api, between
from headwater.broker.auto_create import create_missing
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import Within
from headwater.broker.nodes import Nodes, nodes
from headwater.broker.operations import allowed_operations
from headwater.broker.turns import one_by_one
from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.names import INTERNAL, check_name
from headwater.control.cluster.topics import Partition, Topic
from headwater.security.access import THE_CLUSTER, Operation, topic as the_topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.metadata_request import MetadataRequest, MetadataRequestTopic
from headwater.wire.messages.metadata_response import (
    MetadataResponse,
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)
from headwater.wire.types import ZERO_UUID, TopicName, Uuid

_ALL_BY_NULL_FROM: Final = 1
_LISTENER_NOT_FOUND_FROM: Final = 6
_IDS_FROM: Final = 12
_NOT_ASKED: Final = -(2**31)
_NO_LEADER: Final = -1


def refuse(request: MetadataRequest, code: ErrorCode) -> MetadataResponse:
    topics = tuple(_refused(code, each.name or "", each.topic_id) for each in request.topics or ())
    return MetadataResponse(topics=topics, error_code=code)


API = Api(
    MetadataRequest,
    versions=between(0, 13),
    refuse=refuse,
    needs=(Within(operation=Operation.DESCRIBE, why="topics may be named by their ids, or be all there are"),),
)


class Asked(Struct, frozen=True, kw_only=True):
    """What a request comes to once it is known which topics it means, and which its client may know of."""

    names: tuple[TopicName, ...] | None = ()
    """None is all topics."""
    refused: tuple[MetadataResponseTopic, ...] = ()


async def handle(context: Context, request: MetadataRequest) -> MetadataResponse:
    asked = _asked(context, request)
    refused = asked.refused
    if asked.names and request.allow_auto_topic_creation:
        not_made = await create_missing(context, asked.names)
        refused += tuple(_refused(code, name) for name, code in not_made.items())
        asked = Asked(names=tuple(each for each in asked.names if each not in not_made), refused=refused)
    seen = await context.services.cluster.read(lambda cluster: _look(context, asked, cluster))
    topics = await one_by_one(seen.topics, _describer(context, request, seen))
    return MetadataResponse(
        brokers=tuple(
            MetadataResponseBroker(node_id=each.node_id, host=each.host, port=each.port, rack=each.rack)
            for each in seen.reachable.values()
        ),
        cluster_id=context.services.cluster_id,
        controller_id=context.services.node_id,
        topics=(*asked.refused, *topics),
        cluster_authorized_operations=_cluster_operations(context, request),
    )


def _asked(context: Context, request: MetadataRequest) -> Asked:
    topics = request.topics
    if topics is None or (not topics and context.api_version < _ALL_BY_NULL_FROM):
        return Asked(names=None)
    ids = [each.topic_id for each in topics if each.topic_id != ZERO_UUID]
    if context.api_version < _IDS_FROM and (ids or any(each.name is None for each in topics)):
        raise Refused(ErrorCode.INVALID_REQUEST, f"version {context.api_version} knows topics by their names only")
    return _by_id(context, ids) if ids else _by_name(context, topics)


def _by_id(context: Context, ids: Iterable[Uuid]) -> Asked:
    names, refused = [], []
    for topic_id in dict.fromkeys(ids):
        topic = context.services.cluster.head.topics.by_id(topic_id)
        if topic is None:
            refused.append(_refused(ErrorCode.UNKNOWN_TOPIC_ID, None, topic_id))
        elif context.allows(Operation.DESCRIBE, the_topic(topic.name)):
            names.append(topic.name)
        else:
            refused.append(_refused(ErrorCode.TOPIC_AUTHORIZATION_FAILED, None, topic_id))
    return Asked(names=tuple(names), refused=tuple(refused))


def _by_name(context: Context, topics: Iterable[MetadataRequestTopic]) -> Asked:
    names, refused = [], []
    for name in dict.fromkeys(TopicName(each.name or "") for each in topics):
        if context.allows(Operation.DESCRIBE, the_topic(name)):
            names.append(name)
        else:
            refused.append(_refused(ErrorCode.TOPIC_AUTHORIZATION_FAILED, name))
    return Asked(names=tuple(names), refused=tuple(refused))


# --- answering


class SeenTopic(Struct, frozen=True, kw_only=True):
    """A topic at one moment; without an id there was none."""

    name: TopicName
    topic_id: Uuid | None = None
    partitions: tuple[Partition, ...] = ()


class Seen(Struct, frozen=True, kw_only=True):
    """What an answer is made of, which takes some turns where it is large: all as it was at one moment."""

    reachable: Nodes
    unfenced: Container[int]
    topics: tuple[SeenTopic, ...]


def _look(context: Context, asked: Asked, cluster: Cluster) -> Seen:
    names = asked.names
    if names is None:
        all_ = (each.name for each in cluster.topics)
        names = tuple(each for each in all_ if context.allows(Operation.DESCRIBE, the_topic(each)))
    return Seen(
        reachable=nodes(context, cluster),
        unfenced=frozenset(each.node_id for each in cluster.brokers if not each.fenced),
        topics=tuple(_seen(name, cluster.topics.named(name)) for name in names),
    )


def _seen(name: TopicName, topic: Topic | None) -> SeenTopic:
    if topic is None:
        return SeenTopic(name=name)
    return SeenTopic(name=name, topic_id=topic.topic_id, partitions=tuple(topic.partitions))


def _describer(
    context: Context, request: MetadataRequest, seen: Seen
) -> Callable[[SeenTopic], Awaitable[MetadataResponseTopic]]:
    describe_partition = _partition_describer(context, seen)

    async def describe(topic: SeenTopic) -> MetadataResponseTopic:
        operations = _NOT_ASKED
        if request.include_topic_authorized_operations:
            operations = allowed_operations(context, the_topic(topic.name))
        if topic.topic_id is None:
            code = ErrorCode.INVALID_TOPIC_EXCEPTION if check_name(topic.name) else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            return _refused(code, topic.name, operations=operations)
        return MetadataResponseTopic(
            name=topic.name,
            topic_id=topic.topic_id,
            is_internal=topic.name in INTERNAL,
            partitions=tuple(map(describe_partition, topic.partitions)),
            topic_authorized_operations=operations,
        )

    return describe


def _partition_describer(context: Context, seen: Seen) -> Callable[[Partition], MetadataResponsePartition]:
    """Nearly every partition is in order, and there may be many thousands: so that is asked first."""
    usable = seen.reachable.keys()

    def describe(partition: Partition) -> MetadataResponsePartition:
        code, leader = ErrorCode.NONE, partition.leader
        offline: tuple[int, ...] = ()
        if not usable >= {leader, *partition.replicas}:
            offline = tuple(each for each in partition.replicas if each not in usable)
            if leader not in usable:
                code, leader = _why_no_leader(context, seen, leader), _NO_LEADER
        return MetadataResponsePartition(
            error_code=code,
            partition_index=partition.index,
            leader_id=leader,
            leader_epoch=partition.leader_epoch,
            replica_nodes=partition.replicas,
            isr_nodes=partition.isr,
            offline_replicas=offline,
        )

    return describe


def _why_no_leader(context: Context, seen: Seen, leader: int) -> ErrorCode:
    lacks_listener = leader in seen.unfenced
    if lacks_listener and context.api_version >= _LISTENER_NOT_FOUND_FROM:
        return ErrorCode.LISTENER_NOT_FOUND
    return ErrorCode.LEADER_NOT_AVAILABLE


def _cluster_operations(context: Context, request: MetadataRequest) -> int:
    if not request.include_cluster_authorized_operations:
        return _NOT_ASKED
    return allowed_operations(context, THE_CLUSTER) if context.allows(Operation.DESCRIBE, THE_CLUSTER) else 0


def _refused(
    code: ErrorCode, name: str | None, topic_id: Uuid = ZERO_UUID, *, operations: int = _NOT_ASKED
) -> MetadataResponseTopic:
    return MetadataResponseTopic(
        error_code=code,
        name=name,
        topic_id=topic_id,
        is_internal=name in INTERNAL,
        topic_authorized_operations=operations,
    )
