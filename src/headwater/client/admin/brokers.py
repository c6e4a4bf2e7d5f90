"""The cluster itself: its id, its brokers, and who controls it."""

from dataclasses import dataclass

from headwater.client.address import Address
from headwater.client.cluster import Cluster
from headwater.client.errors import check
from headwater.client.metadata import Broker
from headwater.client.roles import AnyBroker
from headwater.wire.messages.describe_cluster_request import DescribeClusterRequest
from headwater.wire.messages.describe_cluster_response import DescribeClusterResponse


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterDescription:
    id: str
    controller: int
    brokers: tuple[Broker, ...]


async def describe_cluster(cluster: Cluster) -> ClusterDescription:
    def accept(answer: DescribeClusterResponse) -> None:
        check(answer.error_code, subject="cluster", message=answer.error_message)

    answer = await cluster.ask(AnyBroker(), DescribeClusterRequest(), DescribeClusterResponse, accept=accept)
    brokers = (
        Broker(id=each.broker_id, address=Address(each.host, each.port), rack=each.rack) for each in answer.brokers
    )
    return ClusterDescription(
        id=answer.cluster_id,
        controller=answer.controller_id,
        brokers=tuple(sorted(brokers, key=lambda each: each.id)),
    )
