"""What the answers of ShareFetch and ShareAcknowledge have in common."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.share.refusal import Refusal
from headwater.broker.share.served import check_served
from headwater.broker.share.sessions import Member, Partition
from headwater.wire.error_codes import ErrorCode

Node = TypeVar("Node")


def member_of(context: Context, group_id: str | None, member_id: str | None) -> Member:
    """Any text but none is a member id: librdkafka's has signs in it that Kafka 4.1 choked on. Raises Refused."""
    check_served(context)
    if not group_id or not member_id:
        raise Refused(ErrorCode.INVALID_REQUEST, "A request names its group and its member.")
    return Member(group_id=group_id, member_id=member_id)


def record_lock_ms(context: Context, group_id: str) -> int:
    return context.services.sharing.leaders.settings_of(group_id).record_lock_ms


def epoch_of_leader(context: Context, partition: Partition) -> int:
    """Of a partition whose leader the client is to look for: it is found here, in another epoch."""
    found = context.services.partitions.find_by_id(*partition)
    return -1 if isinstance(found, ErrorCode) else found.bounds.epoch


def node_endpoints(context: Context, refusals: Iterable[Refusal | None], node: Callable[..., Node]) -> tuple[Node, ...]:
    """Where the leader is found, for those who were told that it is another one."""
    if not any(each is not None and each.code is ErrorCode.NOT_LEADER_OR_FOLLOWER for each in refusals):
        return ()
    endpoint = context.session.advertised
    told: dict[str, Any] = {"node_id": context.services.node_id, "host": endpoint.host, "port": endpoint.port}
    return (node(**told),)
