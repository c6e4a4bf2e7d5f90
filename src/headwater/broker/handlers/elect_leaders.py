"""ElectLeaders: have partitions led by their preferred replicas, or led at all (KIP-183, KIP-460)."""

from typing import Final

from msgspec import structs

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import the_cluster
from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.requests import ElectLeader
from headwater.control.errors import ControlError, ElectionNotNeeded
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.elect_leaders_request import ElectLeadersRequest
from headwater.wire.messages.elect_leaders_response import ElectLeadersResponse, PartitionResult, ReplicaElectionResult
from headwater.wire.types import TopicName

_PREFERRED: Final = 0
_UNCLEAN: Final = 1


def refuse(request: ElectLeadersRequest, code: ErrorCode) -> ElectLeadersResponse:
    """Version 0 has no code for the whole, so partitions that are named carry it in every version."""
    if request.topic_partitions is None:
        return ElectLeadersResponse(error_code=code)
    return ElectLeadersResponse(
        replica_election_results=tuple(
            ReplicaElectionResult(
                topic=each.topic,
                partition_result=tuple(
                    PartitionResult(partition_id=index, error_code=code, error_message=code.name)
                    for index in each.partitions
                ),
            )
            for each in request.topic_partitions
        )
    )


API = Api(ElectLeadersRequest, versions=between(0, 2), refuse=refuse, needs=(the_cluster(Operation.ALTER),))


async def handle(context: Context, request: ElectLeadersRequest) -> ElectLeadersResponse:
    if request.election_type not in (_PREFERRED, _UNCLEAN):
        return structs.replace(refuse(request, ErrorCode.INVALID_REQUEST), error_code=ErrorCode.INVALID_REQUEST)
    asked = _asked(context.services.cluster.head, request)
    answers = await context.services.cluster.submit(asked)
    is_for_all = request.topic_partitions is None
    results: dict[str, list[PartitionResult]] = {}
    for each, refusal in zip(asked, answers, strict=True):
        of_topic = results.setdefault(each.topic, [])
        if not (is_for_all and isinstance(refusal, ElectionNotNeeded)):  # of all, only who needed one is told
            of_topic.append(_result(each, refusal))
    return ElectLeadersResponse(
        replica_election_results=tuple(
            ReplicaElectionResult(topic=name, partition_result=tuple(each)) for name, each in results.items()
        )
    )


def _asked(cluster: Cluster, request: ElectLeadersRequest) -> list[ElectLeader]:
    named: list[tuple[str, int]]
    if request.topic_partitions is None:
        named = [(topic.name, each.index) for topic in cluster.topics for each in topic.partitions]
    else:
        named = [(topic.topic, index) for topic in request.topic_partitions for index in topic.partitions]
    unclean = request.election_type == _UNCLEAN
    return [ElectLeader(topic=TopicName(name), partition=index, unclean=unclean) for name, index in named]


def _result(asked: ElectLeader, refusal: ControlError | None) -> PartitionResult:
    return PartitionResult(
        partition_id=asked.partition,
        error_code=refusal.code if refusal else ErrorCode.NONE,
        error_message=str(refusal) if refusal else None,
    )
