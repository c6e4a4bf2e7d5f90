"""DescribeQuorum: who keeps the cluster's metadata log, and how far it is (KIP-595, KIP-853). It is this process alone."""

from typing import Final

from msgspec import structs

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import the_cluster
from headwater.control.cluster.names import CLUSTER_METADATA
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.describe_quorum_request import DescribeQuorumRequest
from headwater.wire.messages.describe_quorum_response import (
    DescribeQuorumResponse,
    Listener,
    Node,
    PartitionData,
    ReplicaState,
    TopicData,
)

_DIRECTORIES_FROM: Final = 2


def refuse(request: DescribeQuorumRequest, code: ErrorCode) -> DescribeQuorumResponse:
    del request
    return DescribeQuorumResponse(error_code=code, error_message=code.name)


API = Api(DescribeQuorumRequest, versions=between(0, 2), refuse=refuse, needs=(the_cluster(Operation.DESCRIBE),))


async def handle(context: Context, request: DescribeQuorumRequest) -> DescribeQuorumResponse:
    asked = [(topic.topic_name, each.partition_index) for topic in request.topics for each in topic.partitions]
    if asked != [(CLUSTER_METADATA, 0)]:
        return _unknown(request)
    return DescribeQuorumResponse(
        error_message=None,
        topics=(TopicData(topic_name=CLUSTER_METADATA, partitions=(_partition(context),)),),
        nodes=(_node(context),) if context.api_version >= _DIRECTORIES_FROM else (),
    )


def _partition(context: Context) -> PartitionData:
    quorum = context.services.quorum()
    now = context.services.clock.now()
    voter = ReplicaState(
        replica_id=context.services.node_id,
        log_end_offset=quorum.high_watermark,
        last_fetch_timestamp=now,
        last_caught_up_timestamp=now,
    )
    if context.api_version >= _DIRECTORIES_FROM:
        voter = structs.replace(voter, replica_directory_id=quorum.directory)
    return PartitionData(
        error_message=None,
        leader_id=context.services.node_id,
        leader_epoch=quorum.leader_epoch,
        high_watermark=quorum.high_watermark,
        current_voters=(voter,),
    )


def _node(context: Context) -> Node:
    """The listener through which the client came: no listener is a controller's alone."""
    own = context.session.advertised
    return Node(
        node_id=context.services.node_id, listeners=(Listener(name=own.listener, host=own.host, port=own.port),)
    )


def _unknown(request: DescribeQuorumRequest) -> DescribeQuorumResponse:
    code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return DescribeQuorumResponse(
        error_message=None,
        topics=tuple(
            TopicData(
                topic_name=topic.topic_name,
                partitions=tuple(
                    PartitionData(partition_index=each.partition_index, error_code=code, error_message=code.name)
                    for each in topic.partitions
                ),
            )
            for topic in request.topics
        ),
    )
