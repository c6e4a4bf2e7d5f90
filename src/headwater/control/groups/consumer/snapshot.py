"""A consumer group as the records that replay to it."""

from collections.abc import Iterator

from headwater.control.groups.consumer.group import Group
from headwater.control.groups.consumer.records import (
    current_record,
    epoch_record,
    member_record,
    target_epoch_record,
    target_record,
)
from headwater.control.groups.records import GroupRecord
from headwater.kernel.units import Timestamp
from headwater.wire.records.consumer_group_regular_expression_key import ConsumerGroupRegularExpressionKey


def snapshot(group: Group) -> Iterator[GroupRecord]:
    group_id = group.group_id
    for member in group.members.values():
        yield member_record(group_id, member)
    yield epoch_record(group_id, group.epoch, group.metadata_hash)
    for member_id, target in group.targets.items():
        yield target_record(group_id, member_id, target)
    yield target_epoch_record(group_id, group.target_epoch, Timestamp(group.target_made_at))
    for member in group.members.values():
        yield current_record(group_id, member)
    for expression, found in group.expressions.items():
        key = ConsumerGroupRegularExpressionKey(group_id=group_id, regular_expression=expression)
        yield GroupRecord(key=key, value=found)
