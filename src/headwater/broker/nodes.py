"""The cluster's brokers as one client can reach them: by the listener through which it came (KIP-103).

Our own address is the one that the listener advertises, which knows its real port even where the settings say 0.
Another broker's stands in its registration, under the listener's name; one without such a listener can't be reached
by this client, and is left out.
"""

from collections.abc import Mapping

from msgspec import Struct

from headwater.broker.context import Context
from headwater.control.cluster.brokers import Broker
from headwater.control.cluster.machine import Cluster
from headwater.wire.types import NodeId


class Node(Struct, frozen=True, kw_only=True):
    node_id: NodeId
    host: str
    port: int
    rack: str | None
    fenced: bool


Nodes = Mapping[NodeId, Node]


def nodes(context: Context, cluster: Cluster, *, with_fenced: bool = False) -> Nodes:
    """By id, in order. A fenced broker serves nobody, and only DescribeCluster shows it."""
    brokers = sorted(cluster.brokers, key=lambda each: each.node_id)
    found = (_node(context, each) for each in brokers if with_fenced or not each.fenced)
    return {each.node_id: each for each in found if each is not None}


def _node(context: Context, broker: Broker) -> Node | None:
    advertised = context.session.advertised
    host, port = advertised.host, advertised.port
    if broker.node_id != context.services.node_id:
        endpoint = next((each for each in broker.endpoints if each.name == advertised.listener), None)
        if endpoint is None:
            return None
        host, port = endpoint.host, endpoint.port
    return Node(node_id=broker.node_id, host=host, port=port, rack=broker.rack, fenced=broker.fenced)
