"""DescribeCluster: the brokers as this client reaches them, and who controls them (KIP-700, KIP-919, KIP-1073)."""

from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import Within
from headwater.broker.nodes import nodes
from headwater.broker.operations import allowed_operations
from headwater.control.cluster.machine import Cluster
from headwater.security.access import THE_CLUSTER, Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.describe_cluster_request import DescribeClusterRequest
from headwater.wire.messages.describe_cluster_response import DescribeClusterBroker, DescribeClusterResponse

_BROKERS: Final = 1
_CONTROLLERS: Final = 2
_NOT_ASKED: Final = -(2**31)


def refuse(request: DescribeClusterRequest, code: ErrorCode) -> DescribeClusterResponse:
    del request
    return DescribeClusterResponse(error_code=code, error_message=code.name)


API = Api(
    DescribeClusterRequest,
    versions=between(0, 2),
    refuse=refuse,
    needs=(Within(operation=Operation.DESCRIBE, why="only what may be done with the cluster is kept back"),),
)


async def handle(context: Context, request: DescribeClusterRequest) -> DescribeClusterResponse:
    if request.endpoint_type == _CONTROLLERS:
        return refuse(request, ErrorCode.MISMATCHED_ENDPOINT_TYPE)
    if request.endpoint_type != _BROKERS:
        return refuse(request, ErrorCode.UNSUPPORTED_ENDPOINT_TYPE)
    return await context.services.cluster.read(lambda cluster: _described(context, request, cluster))


def _described(context: Context, request: DescribeClusterRequest, cluster: Cluster) -> DescribeClusterResponse:
    found = nodes(context, cluster, with_fenced=request.include_fenced_brokers)
    return DescribeClusterResponse(
        cluster_id=context.services.cluster_id,
        controller_id=context.services.node_id,
        brokers=tuple(
            DescribeClusterBroker(
                broker_id=each.node_id, host=each.host, port=each.port, rack=each.rack, is_fenced=each.fenced
            )
            for each in found.values()
        ),
        cluster_authorized_operations=_operations(context, request),
    )


def _operations(context: Context, request: DescribeClusterRequest) -> int:
    if not request.include_cluster_authorized_operations:
        return _NOT_ASKED
    return allowed_operations(context, THE_CLUSTER) if context.allows(Operation.DESCRIBE, THE_CLUSTER) else 0
