"""What each record of a consumer group does to it: the only code that changes one."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from headwater.control.groups.consumer import records
from headwater.control.groups.consumer.group import Group
from headwater.control.groups.consumer.member import LEFT, Member, MemberState
from headwater.control.groups.records import GroupRecord
from headwater.wire.records.consumer_group_current_member_assignment_key import ConsumerGroupCurrentMemberAssignmentKey
from headwater.wire.records.consumer_group_current_member_assignment_value import (
    ConsumerGroupCurrentMemberAssignmentValue,
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
)
from headwater.wire.records.consumer_group_target_assignment_metadata_key import (
    ConsumerGroupTargetAssignmentMetadataKey,
)
from headwater.wire.records.consumer_group_target_assignment_metadata_value import (
    ConsumerGroupTargetAssignmentMetadataValue,
)

Applier = Callable[[Group, Any, Any], None]

_KNOWN_STATES: Final = frozenset(each.value for each in MemberState)


def apply(group: Group, record: GroupRecord) -> None:
    APPLIERS[type(record.key)](group, record.key, record.value)


def _epoch(group: Group, key: ConsumerGroupMetadataKey, value: ConsumerGroupMetadataValue | None) -> None:
    """Its tombstone is the end of the group, which whoever keeps groups sees to."""
    del key
    if value is not None:
        group.epoch = value.epoch
        group.metadata_hash = value.metadata_hash


def _member(group: Group, key: ConsumerGroupMemberMetadataKey, value: ConsumerGroupMemberMetadataValue | None) -> None:
    if value is None:
        group.remove(key.member_id)
        return
    old = group.members.get(key.member_id) or Member(member_id=key.member_id)
    group.put(
        replace(
            old,
            instance_id=value.instance_id,
            rack_id=value.rack_id,
            client_id=value.client_id,
            client_host=value.client_host,
            rebalance_timeout_ms=value.rebalance_timeout_ms,
            topics=value.subscribed_topic_names,
            expression=value.subscribed_topic_regex or "",
            assignor=value.server_assignor,
            classic=value.classic_member_metadata,
        )
    )


def _current(
    group: Group,
    key: ConsumerGroupCurrentMemberAssignmentKey,
    value: ConsumerGroupCurrentMemberAssignmentValue | None,
) -> None:
    """A compacted log may hold this record of a member before the one that says who it is."""
    old = group.members.get(key.member_id)
    if value is not None:
        group.put(
            replace(
                old or Member(member_id=key.member_id),
                epoch=value.member_epoch,
                previous_epoch=value.previous_member_epoch,
                state=MemberState(value.state) if value.state in _KNOWN_STATES else MemberState.UNKNOWN,
                assigned=records.held(value.assigned_partitions, value.member_epoch),
                revoking=records.held(value.partitions_pending_revocation, value.member_epoch),
            )
        )
    elif old is not None:
        group.put(replace(old, epoch=LEFT, previous_epoch=LEFT, assigned={}, revoking={}))


def _target(
    group: Group, key: ConsumerGroupTargetAssignmentMemberKey, value: ConsumerGroupTargetAssignmentMemberValue | None
) -> None:
    if value is None:
        group.targets.pop(key.member_id, None)
    else:
        group.targets[key.member_id] = records.target(value)


def _target_epoch(
    group: Group,
    key: ConsumerGroupTargetAssignmentMetadataKey,
    value: ConsumerGroupTargetAssignmentMetadataValue | None,
) -> None:
    del key
    group.target_epoch = LEFT if value is None else value.assignment_epoch
    group.target_made_at = 0 if value is None else value.assignment_timestamp


def _expression(
    group: Group, key: ConsumerGroupRegularExpressionKey, value: ConsumerGroupRegularExpressionValue | None
) -> None:
    group.put_expression(key.regular_expression, value)


APPLIERS: Final[Mapping[type, Applier]] = {
    ConsumerGroupMetadataKey: _epoch,
    ConsumerGroupMemberMetadataKey: _member,
    ConsumerGroupCurrentMemberAssignmentKey: _current,
    ConsumerGroupTargetAssignmentMemberKey: _target,
    ConsumerGroupTargetAssignmentMetadataKey: _target_epoch,
    ConsumerGroupRegularExpressionKey: _expression,
}
