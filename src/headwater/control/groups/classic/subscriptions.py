"""Which topics a classic group of Kafka consumers has subscribed to, read out of what its members told each other."""

from headwater.control.groups.classic.group import CONSUMER, Group, State
from headwater.wire.codec import decode_from
from headwater.wire.errors import MalformedMessage
from headwater.wire.records.consumer_protocol_subscription import ConsumerProtocolSubscription

_VERSION_BYTES = 2


def subscribed_topics(group: Group) -> frozenset[str] | None:
    """None where it can't be known: the group speaks another protocol, rebalances, or writes what we can't read.

    Every version of the consumer protocol begins as version 0 does, so that is all that is read.
    """
    if group.protocol_type != CONSUMER or group.state is not State.STABLE:
        return None
    topics: list[str] = []
    try:
        for member in group:
            metadata = member.metadata(group.protocol)
            topics += decode_from(ConsumerProtocolSubscription, 0, metadata, _VERSION_BYTES)[0].topics
    except MalformedMessage:
        return None
    return frozenset(topics)
