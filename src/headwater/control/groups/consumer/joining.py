"""Who a heartbeat's member is: one that is known, one that is new, or a static one that has come back under another id."""

from collections.abc import Mapping

from msgspec.structs import replace

from headwater.control.groups.consumer.draft import Draft
from headwater.control.groups.consumer.member import JOINING, LEFT_FOR_A_WHILE, Held, Member
from headwater.control.groups.consumer.records import current_record, member_record, no_member, target_record
from headwater.control.groups.consumer.requests import ConsumerHeartbeat
from headwater.control.groups.consumer.settings import ConsumerGroupSettings
from headwater.control.groups.consumer.table import Table
from headwater.control.groups.errors import (
    CoordinatorFull,
    FencedInstance,
    FencedMemberEpoch,
    GroupError,
    GroupFull,
    InvalidHeartbeat,
    UnknownMember,
    UnreleasedInstance,
    UnsupportedAssignor,
)
from headwater.wire.types import Uuid


def check(request: ConsumerHeartbeat, settings: ConsumerGroupSettings) -> GroupError | None:
    """What can be said of a heartbeat without a look at its group."""
    if not request.member_id and request.epoch != LEFT_FOR_A_WHILE:
        return InvalidHeartbeat("MemberId can't be empty.")
    if "" in (request.group_id, request.instance_id, request.rack_id):
        return InvalidHeartbeat("GroupId, InstanceId and RackId can't be empty.")
    if request.epoch == JOINING:
        return _check_first(request, settings)
    if request.epoch == LEFT_FOR_A_WHILE and request.instance_id is None:
        return InvalidHeartbeat("InstanceId can't be null.")
    if request.epoch < LEFT_FOR_A_WHILE:
        return InvalidHeartbeat("MemberEpoch is invalid.")
    return _check_assignor(request, settings)


def _check_first(request: ConsumerHeartbeat, settings: ConsumerGroupSettings) -> GroupError | None:
    if request.rebalance_timeout_ms == -1:
        return InvalidHeartbeat("RebalanceTimeoutMs must be provided in first request.")
    if request.owned is None or request.owned:
        return InvalidHeartbeat("TopicPartitions must be empty when (re-)joining.")
    if request.topics is None and request.expression is None:
        return InvalidHeartbeat(
            "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining."
        )
    return _check_assignor(request, settings)


def _check_assignor(request: ConsumerHeartbeat, settings: ConsumerGroupSettings) -> GroupError | None:
    if request.assignor is not None and request.assignor not in settings.assignors:
        return UnsupportedAssignor(request.assignor, settings.assignors)
    return None


def check_room(table: Table, draft: Draft, member_id: str, instance_id: str | None) -> GroupError | None:
    """A group has a bound, and so have all groups together: anybody can found some."""
    group = draft.group
    if member_id in group.members or group.instance(instance_id) is not None:
        return None
    bound = table.settings(group.group_id).max_size
    if len(group.members) >= bound:
        return GroupFull(bound, "group.consumer.max.size")
    bound = table.classic.settings.members_max
    return CoordinatorFull(bound) if len(table.deadlines) >= bound else None


def find_member(draft: Draft, request: ConsumerHeartbeat) -> Member | GroupError:
    """The member as the group knows it, or as one that it doesn't know yet. Raises nothing: a refusal is a value."""
    if request.instance_id is not None:
        return _find_static(draft, request, request.instance_id)
    member = draft.group.members.get(request.member_id)
    if member is None:
        return Member(member_id=request.member_id) if request.epoch == JOINING else UnknownMember(request.member_id)
    return check_epoch(member, request) or member


def _find_static(draft: Draft, request: ConsumerHeartbeat, instance_id: str) -> Member | GroupError:
    holder = draft.group.instance(instance_id)
    if request.epoch != JOINING:
        return check_instance(holder, request.member_id, instance_id) or _checked(holder, request)
    if holder is None:
        return draft.group.members.get(request.member_id) or Member(member_id=request.member_id)
    if holder.epoch != LEFT_FOR_A_WHILE and holder.classic is None:
        return UnreleasedInstance(instance_id, holder.member_id)
    return take_over(draft, holder, request.member_id)


def _checked(member: Member | None, request: ConsumerHeartbeat) -> Member | GroupError:
    assert member is not None
    return check_epoch(member, request) or member


def check_instance(holder: Member | None, member_id: str, instance_id: str) -> GroupError | None:
    """Whether the holder of an instance id is this member."""
    if holder is None:
        return UnknownMember(member_id)
    return FencedInstance(instance_id) if holder.member_id != member_id else None


def take_over(draft: Draft, holder: Member, member_id: str) -> Member:
    """A static member is back under another id: what was its predecessor's is its own."""
    group_id = draft.group.group_id
    newcomer = replace(holder, member_id=member_id, epoch=JOINING, previous_epoch=JOINING)
    target = draft.group.targets.get(holder.member_id, {})
    draft.write(*no_member(group_id, holder.member_id))
    draft.write(
        member_record(group_id, newcomer),
        target_record(group_id, member_id, target),
        current_record(group_id, newcomer),
    )
    return newcomer


def check_epoch(member: Member, request: ConsumerHeartbeat) -> FencedMemberEpoch | None:
    """A member may be one epoch behind: it has not heard of the new one, if it owns nothing that it should not."""
    if request.epoch in (JOINING, member.epoch):
        return None
    is_one_behind = request.epoch == member.previous_epoch and request.epoch < member.epoch
    if is_one_behind and request.owned is not None and _is_part(request.owned, member.assigned):
        return None
    return FencedMemberEpoch(request.epoch, member.epoch)


def _is_part(owned: Mapping[Uuid, tuple[int, ...]], assigned: Held) -> bool:
    return all(each in assigned.get(topic, {}) for topic, owns in owned.items() for each in owns)
