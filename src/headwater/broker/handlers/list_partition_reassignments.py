"""ListPartitionReassignments: what is on its way to other brokers (KIP-455).

Nothing ever is, for here a partition is given away in one step; but a folder that Kafka left in the middle of one tells of it.
"""

from collections.abc import Iterable, Iterator

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import the_cluster
from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.topics import Partition
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.list_partition_reassignments_request import ListPartitionReassignmentsRequest
from headwater.wire.messages.list_partition_reassignments_response import (
    ListPartitionReassignmentsResponse,
    OngoingPartitionReassignment,
    OngoingTopicReassignment,
)
from headwater.wire.types import TopicName


def refuse(request: ListPartitionReassignmentsRequest, code: ErrorCode) -> ListPartitionReassignmentsResponse:
    del request
    return ListPartitionReassignmentsResponse(error_code=code, error_message=code.name)


API = Api(
    ListPartitionReassignmentsRequest,
    versions=between(0, 0),
    refuse=refuse,
    needs=(the_cluster(Operation.DESCRIBE),),
)


async def handle(context: Context, request: ListPartitionReassignmentsRequest) -> ListPartitionReassignmentsResponse:
    topics = await context.services.cluster.read(lambda cluster: tuple(_ongoing(cluster, request)))
    return ListPartitionReassignmentsResponse(error_message=None, topics=topics)


def _ongoing(cluster: Cluster, request: ListPartitionReassignmentsRequest) -> Iterator[OngoingTopicReassignment]:
    for name, asked in _asked(cluster, request):
        under_way = [each for each in asked if each.adding or each.removing]
        if under_way:
            yield OngoingTopicReassignment(name=name, partitions=tuple(map(_described, under_way)))


def _asked(
    cluster: Cluster, request: ListPartitionReassignmentsRequest
) -> Iterator[tuple[TopicName, Iterable[Partition]]]:
    """What is not there is passed over, as in Kafka."""
    if request.topics is None:
        yield from ((each.name, each.partitions) for each in cluster.topics)
        return
    for item in request.topics:
        topic = cluster.topics.named(TopicName(item.name))
        if topic is not None:
            there = range(len(topic.partitions))
            yield topic.name, [topic.partitions[index] for index in item.partition_indexes if index in there]


def _described(partition: Partition) -> OngoingPartitionReassignment:
    return OngoingPartitionReassignment(
        partition_index=partition.index,
        replicas=partition.replicas,
        adding_replicas=partition.adding,
        removing_replicas=partition.removing,
    )
