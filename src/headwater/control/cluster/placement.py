"""Where replicas go: in turns over the brokers, each partition beginning one further on."""

from collections.abc import Sequence

from headwater.control.cluster.brokers import Broker
from headwater.control.errors import InvalidReplicaAssignment, InvalidReplicationFactor
from headwater.wire.types import NodeId


def place(
    partitions: int, factor: int, brokers: Sequence[Broker], *, first: int
) -> Sequence[Sequence[NodeId]] | InvalidReplicationFactor:
    """The replicas of partitions `first` and on; the first of each leads."""
    if factor > len(brokers):
        return InvalidReplicationFactor(
            f"Unable to replicate the partition {factor} time(s): The target replication factor of {factor} cannot be "
            f"reached because only {len(brokers)} broker(s) are registered."
        )
    nodes = [each.node_id for each in brokers]
    return [
        [nodes[(index + turn) % len(nodes)] for turn in range(factor)] for index in range(first, first + partitions)
    ]


def check_assignments(
    assignments: Sequence[Sequence[NodeId]], brokers: Sequence[Broker], *, factor: int | None = None
) -> InvalidReplicaAssignment | None:
    """What a person chose: not empty, no broker twice, each of them registered, one factor for all."""
    known = frozenset(each.node_id for each in brokers)
    wanted = factor or len(assignments[0])
    for replicas in assignments:
        if not replicas:
            return InvalidReplicaAssignment("The manual partition assignment includes an empty replica list.")
        if len(replicas) != len(frozenset(replicas)):
            return InvalidReplicaAssignment(
                f"The manual partition assignment includes the broker {_twice(replicas)} more than once."
            )
        for node in replicas:
            if node not in known:
                return InvalidReplicaAssignment(
                    f"The manual partition assignment includes broker {node}, but no such broker is registered."
                )
        if len(replicas) != wanted:
            return InvalidReplicaAssignment(
                f"The manual partition assignment includes a partition with {len(replicas)} replica(s), but this is not "
                f"consistent with previous partitions, which have {wanted} replica(s)."
            )
    return None


def _twice(replicas: Sequence[NodeId]) -> NodeId:
    return next(each for each in replicas if replicas.count(each) > 1)
