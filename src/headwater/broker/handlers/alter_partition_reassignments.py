"""AlterPartitionReassignments: give partitions to other brokers, or call that off (KIP-455)."""

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import the_cluster
from headwater.control.cluster.requests import ReassignPartition
from headwater.control.errors import ControlError
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.alter_partition_reassignments_request import (
    AlterPartitionReassignmentsRequest,
    ReassignablePartition,
    ReassignableTopic,
)
from headwater.wire.messages.alter_partition_reassignments_response import (
    AlterPartitionReassignmentsResponse,
    ReassignablePartitionResponse,
    ReassignableTopicResponse,
)
from headwater.wire.types import NodeId, TopicName


def refuse(request: AlterPartitionReassignmentsRequest, code: ErrorCode) -> AlterPartitionReassignmentsResponse:
    return AlterPartitionReassignmentsResponse(
        error_code=code,
        error_message=code.name,
        allow_replication_factor_change=request.allow_replication_factor_change,
    )


API = Api(
    AlterPartitionReassignmentsRequest,
    versions=between(0, 1),
    refuse=refuse,
    needs=(the_cluster(Operation.ALTER),),
)


async def handle(context: Context, request: AlterPartitionReassignmentsRequest) -> AlterPartitionReassignmentsResponse:
    asked = [_asked(request, topic, each) for topic in request.topics for each in topic.partitions]
    answers = iter(await context.services.cluster.submit(asked))
    return AlterPartitionReassignmentsResponse(
        error_message=None,
        allow_replication_factor_change=request.allow_replication_factor_change,
        responses=tuple(
            ReassignableTopicResponse(
                name=topic.name, partitions=tuple(_answered(each, next(answers)) for each in topic.partitions)
            )
            for topic in request.topics
        ),
    )


def _asked(
    request: AlterPartitionReassignmentsRequest, topic: ReassignableTopic, item: ReassignablePartition
) -> ReassignPartition:
    return ReassignPartition(
        topic=TopicName(topic.name),
        partition=item.partition_index,
        replicas=None if item.replicas is None else tuple(map(NodeId, item.replicas)),
        may_change_factor=request.allow_replication_factor_change,
    )


def _answered(item: ReassignablePartition, refusal: ControlError | None) -> ReassignablePartitionResponse:
    return ReassignablePartitionResponse(
        partition_index=item.partition_index,
        error_code=refusal.code if refusal else ErrorCode.NONE,
        error_message=str(refusal) if refusal else None,
    )
