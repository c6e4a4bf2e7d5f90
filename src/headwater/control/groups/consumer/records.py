"""The records of consumer groups: how members and assignments become Kafka's records, and come back from them."""

from collections.abc import Iterable, Mapping

from headwater.control.groups.consumer.member import Held, Member, Target
from headwater.control.groups.records import GroupRecord
from headwater.kernel.units import Timestamp
from headwater.wire.records.consumer_group_current_member_assignment_key import ConsumerGroupCurrentMemberAssignmentKey
from headwater.wire.records.consumer_group_current_member_assignment_value import (
    ConsumerGroupCurrentMemberAssignmentValue,
    TopicPartitions,
)
from headwater.wire.records.consumer_group_member_metadata_key import ConsumerGroupMemberMetadataKey
from headwater.wire.records.consumer_group_member_metadata_value import ConsumerGroupMemberMetadataValue
from headwater.wire.records.consumer_group_metadata_key import ConsumerGroupMetadataKey
from headwater.wire.records.consumer_group_metadata_value import ConsumerGroupMetadataValue
from headwater.wire.records.consumer_group_regular_expression_key import ConsumerGroupRegularExpressionKey
from headwater.wire.records.consumer_group_regular_expression_value import ConsumerGroupRegularExpressionValue
from headwater.wire.records.consumer_group_target_assignment_member_key import ConsumerGroupTargetAssignmentMemberKey
from headwater.wire.records.consumer_group_target_assignment_member_value import (
    ConsumerGroupTargetAssignmentMemberValue,
    TopicPartition,
)
from headwater.wire.records.consumer_group_target_assignment_metadata_key import (
    ConsumerGroupTargetAssignmentMetadataKey,
)
from headwater.wire.records.consumer_group_target_assignment_metadata_value import (
    ConsumerGroupTargetAssignmentMetadataValue,
)


def epoch_record(group_id: str, epoch: int, metadata_hash: int) -> GroupRecord:
    value = ConsumerGroupMetadataValue(epoch=epoch, metadata_hash=metadata_hash)
    return GroupRecord(key=ConsumerGroupMetadataKey(group_id=group_id), value=value)


def member_record(group_id: str, member: Member) -> GroupRecord:
    value = ConsumerGroupMemberMetadataValue(
        instance_id=member.instance_id,
        rack_id=member.rack_id,
        client_id=member.client_id,
        client_host=member.client_host,
        subscribed_topic_names=member.topics,
        subscribed_topic_regex=member.expression,
        rebalance_timeout_ms=member.rebalance_timeout_ms,
        server_assignor=member.assignor,
        classic_member_metadata=member.classic,
    )
    return GroupRecord(key=ConsumerGroupMemberMetadataKey(group_id=group_id, member_id=member.member_id), value=value)


def target_record(group_id: str, member_id: str, target: Target) -> GroupRecord:
    partitions = tuple(TopicPartition(topic_id=topic, partitions=each) for topic, each in target.items())
    return GroupRecord(
        key=ConsumerGroupTargetAssignmentMemberKey(group_id=group_id, member_id=member_id),
        value=ConsumerGroupTargetAssignmentMemberValue(topic_partitions=partitions),
    )


def target_epoch_record(group_id: str, epoch: int, made_at: Timestamp) -> GroupRecord:
    return GroupRecord(
        key=ConsumerGroupTargetAssignmentMetadataKey(group_id=group_id),
        value=ConsumerGroupTargetAssignmentMetadataValue(assignment_epoch=epoch, assignment_timestamp=made_at),
    )


def current_record(group_id: str, member: Member) -> GroupRecord:
    return GroupRecord(
        key=ConsumerGroupCurrentMemberAssignmentKey(group_id=group_id, member_id=member.member_id),
        value=ConsumerGroupCurrentMemberAssignmentValue(
            member_epoch=member.epoch,
            previous_member_epoch=member.previous_epoch,
            state=member.state,
            assigned_partitions=_partitions(member.assigned),
            partitions_pending_revocation=_partitions(member.revoking),
        ),
    )


def expression_record(
    group_id: str, expression: str, topics: tuple[str, ...], *, version: int, now: Timestamp
) -> GroupRecord:
    return GroupRecord(
        key=ConsumerGroupRegularExpressionKey(group_id=group_id, regular_expression=expression),
        value=ConsumerGroupRegularExpressionValue(topics=topics, version=version, timestamp=now),
    )


def no_expression(group_id: str, expression: str) -> GroupRecord:
    return GroupRecord(
        key=ConsumerGroupRegularExpressionKey(group_id=group_id, regular_expression=expression), value=None
    )


def no_member(group_id: str, member_id: str) -> tuple[GroupRecord, ...]:
    """Tombstones, in the order in which Kafka wants to read them."""
    keys = (
        ConsumerGroupCurrentMemberAssignmentKey(group_id=group_id, member_id=member_id),
        ConsumerGroupTargetAssignmentMemberKey(group_id=group_id, member_id=member_id),
        ConsumerGroupMemberMetadataKey(group_id=group_id, member_id=member_id),
    )
    return tuple(GroupRecord(key=key, value=None) for key in keys)


def no_group(group_id: str) -> tuple[GroupRecord, ...]:
    keys = (ConsumerGroupTargetAssignmentMetadataKey(group_id=group_id), ConsumerGroupMetadataKey(group_id=group_id))
    return tuple(GroupRecord(key=key, value=None) for key in keys)


def held(partitions: Iterable[TopicPartitions], member_epoch: int) -> Held:
    """Brokers before Kafka 4.2 wrote no epochs of partitions: the member's is what they would have been at most."""
    return {each.topic_id: _epochs(each, member_epoch) for each in partitions}


def _epochs(each: TopicPartitions, member_epoch: int) -> Mapping[int, int]:
    epochs = each.assignment_epochs
    if not epochs or len(epochs) != len(each.partitions):
        return dict.fromkeys(each.partitions, member_epoch)
    return dict(zip(each.partitions, epochs, strict=True))


def target(value: ConsumerGroupTargetAssignmentMemberValue) -> Target:
    return {each.topic_id: each.partitions for each in value.topic_partitions}


def _partitions(held: Held) -> tuple[TopicPartitions, ...]:
    return tuple(
        TopicPartitions(topic_id=topic, partitions=tuple(epochs), assignment_epochs=tuple(epochs.values()))
        for topic, epochs in held.items()
    )
