"""The records of `__consumer_offsets` that share groups are made of. A None is a tombstone."""

from collections.abc import Iterable

from headwater.control.groups.records import GroupRecord
from headwater.control.groups.share.member import Member
from headwater.control.groups.share.partitions import Partitions
from headwater.control.groups.share.state_partitions import StatePartitions, value_of
from headwater.kernel.units import Timestamp
from headwater.wire.records.share_group_current_member_assignment_key import ShareGroupCurrentMemberAssignmentKey
from headwater.wire.records.share_group_current_member_assignment_value import (
    ShareGroupCurrentMemberAssignmentValue,
    TopicPartitions,
)
from headwater.wire.records.share_group_member_metadata_key import ShareGroupMemberMetadataKey
from headwater.wire.records.share_group_member_metadata_value import ShareGroupMemberMetadataValue
from headwater.wire.records.share_group_metadata_key import ShareGroupMetadataKey
from headwater.wire.records.share_group_metadata_value import ShareGroupMetadataValue
from headwater.wire.records.share_group_state_partition_metadata_key import ShareGroupStatePartitionMetadataKey
from headwater.wire.records.share_group_target_assignment_member_key import ShareGroupTargetAssignmentMemberKey
from headwater.wire.records.share_group_target_assignment_member_value import (
    ShareGroupTargetAssignmentMemberValue,
    TopicPartition,
)
from headwater.wire.records.share_group_target_assignment_metadata_key import ShareGroupTargetAssignmentMetadataKey
from headwater.wire.records.share_group_target_assignment_metadata_value import ShareGroupTargetAssignmentMetadataValue
from headwater.wire.schema import Message
from headwater.wire.types import TopicName

_STABLE = 0
"""The only state of a member: what it is assigned it has."""


def subscription(group_id: str, member_id: str, member: Member | None) -> GroupRecord:
    key = ShareGroupMemberMetadataKey(group_id=group_id, member_id=member_id)
    if member is None:
        return GroupRecord(key=key, value=None)
    value = ShareGroupMemberMetadataValue(
        rack_id=member.rack_id,
        client_id=member.client_id,
        client_host=member.client_host,
        subscribed_topic_names=tuple(sorted(member.topics)),
    )
    return GroupRecord(key=key, value=value)


def subscribed(member_id: str, value: ShareGroupMemberMetadataValue) -> Member:
    """What `subscription` wrote; a member's epochs and assignment stand elsewhere."""
    return Member(
        member_id=member_id,
        rack_id=value.rack_id,
        client_id=value.client_id,
        client_host=value.client_host,
        topics=tuple(map(TopicName, value.subscribed_topic_names)),
    )


def group_epoch(group_id: str, epoch: int, metadata_hash: int) -> GroupRecord:
    return _of_group(group_id, ShareGroupMetadataValue(epoch=epoch, metadata_hash=metadata_hash))


def no_group_epoch(group_id: str) -> GroupRecord:
    return _of_group(group_id, None)


def target(group_id: str, member_id: str, partitions: Partitions | None) -> GroupRecord:
    key = ShareGroupTargetAssignmentMemberKey(group_id=group_id, member_id=member_id)
    if partitions is None:
        return GroupRecord(key=key, value=None)
    listed = tuple(TopicPartition(topic_id=topic, partitions=indexes) for topic, indexes in partitions.items())
    return GroupRecord(key=key, value=ShareGroupTargetAssignmentMemberValue(topic_partitions=listed))


def assignment_epoch(group_id: str, epoch: int, assigned_at: Timestamp) -> GroupRecord:
    value = ShareGroupTargetAssignmentMetadataValue(assignment_epoch=epoch, assignment_timestamp=assigned_at)
    return _of_target(group_id, value)


def no_assignment_epoch(group_id: str) -> GroupRecord:
    return _of_target(group_id, None)


def assignment(group_id: str, member_id: str, member: Member | None) -> GroupRecord:
    key = ShareGroupCurrentMemberAssignmentKey(group_id=group_id, member_id=member_id)
    if member is None:
        return GroupRecord(key=key, value=None)
    value = ShareGroupCurrentMemberAssignmentValue(
        member_epoch=member.epoch,
        previous_member_epoch=member.previous_epoch,
        state=_STABLE,
        assigned_partitions=tuple(
            TopicPartitions(topic_id=topic, partitions=indexes) for topic, indexes in member.assigned.items()
        ),
    )
    return GroupRecord(key=key, value=value)


def assigned(member_id: str, value: ShareGroupCurrentMemberAssignmentValue) -> Member:
    """What `assignment` wrote."""
    return Member(
        member_id=member_id,
        epoch=value.member_epoch,
        previous_epoch=value.previous_member_epoch,
        assigned=partitions_of(value.assigned_partitions),
    )


def state_partitions(group_id: str, state: StatePartitions | None) -> GroupRecord:
    key = ShareGroupStatePartitionMetadataKey(group_id=group_id)
    return GroupRecord(key=key, value=None if state is None else value_of(state))


def partitions_of(listed: Iterable[TopicPartition | TopicPartitions]) -> Partitions:
    return {each.topic_id: tuple(sorted(each.partitions)) for each in listed}


def _of_group(group_id: str, value: Message | None) -> GroupRecord:
    return GroupRecord(key=ShareGroupMetadataKey(group_id=group_id), value=value)


def _of_target(group_id: str, value: Message | None) -> GroupRecord:
    return GroupRecord(key=ShareGroupTargetAssignmentMetadataKey(group_id=group_id), value=value)
