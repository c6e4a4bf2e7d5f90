"""What classic consumers tell each other inside of JoinGroup and SyncGroup: their subscription, and their assignment.

A consumer group that has classic members speaks for their leader. The version of an assignment is that of the member's
subscription, which is what the member can read. Bytes that can't be read raise MalformedMessage.
"""

from collections.abc import Iterable
from typing import Final

from headwater.control.groups.consumer.member import Target
from headwater.control.groups.ports import Topics
from headwater.wire.codec import decode_from
from headwater.wire.errors import MalformedMessage
from headwater.wire.keyed_records import encode_versioned
from headwater.wire.records.consumer_protocol_assignment import ConsumerProtocolAssignment, TopicPartition
from headwater.wire.records.consumer_protocol_subscription import (
    ConsumerProtocolSubscription,
    TopicPartition as OwnedPartition,
)
from headwater.wire.types import TopicName, Uuid

_VERSION_BYTES: Final = 2
_NEWEST: Final = 3


def subscription(metadata: bytes) -> ConsumerProtocolSubscription:
    """A newer version than we know begins as the newest that we do."""
    return decode_from(ConsumerProtocolSubscription, _version(metadata), metadata, _VERSION_BYTES)[0]


def assignment_bytes(target: Target, topics: Topics, *, like: bytes) -> bytes:
    """For the member that sent the subscription `like`; topics that are gone are left out."""
    named = ((topics.name_of(topic_id), partitions) for topic_id, partitions in target.items())
    assigned = tuple(
        TopicPartition(topic=name, partitions=partitions) for name, partitions in named if name is not None
    )
    return encode_versioned(ConsumerProtocolAssignment(assigned_partitions=assigned), _version(like))


def assignment(written: bytes) -> ConsumerProtocolAssignment:
    """Nothing written is nothing assigned."""
    if not written:
        return ConsumerProtocolAssignment()
    return decode_from(ConsumerProtocolAssignment, _version(written), written, _VERSION_BYTES)[0]


def by_id(partitions: Iterable[TopicPartition | OwnedPartition], topics: Topics) -> dict[Uuid, tuple[int, ...]]:
    """Topics that are gone are left out."""
    named = ((topics.id_of(TopicName(each.topic)), each.partitions) for each in partitions)
    return {topic_id: tuple(sorted(indexes)) for topic_id, indexes in named if topic_id is not None}


def _version(written: bytes) -> int:
    if len(written) < _VERSION_BYTES:
        raise MalformedMessage("what consumers tell each other begins with a version")
    return min(max(int.from_bytes(written[:_VERSION_BYTES], "big", signed=True), 0), _NEWEST)
