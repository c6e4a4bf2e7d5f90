"""ShareGroupHeartbeat: joining, staying, and learning what to read.

The member is written down where it is new or has changed, and the group follows it (see `following`). One that brings topics
without share state is answered when they have it.
"""

from msgspec import Struct
from msgspec.structs import replace

from headwater.control.groups.errors import (
    CoordinatorFull,
    FencedMemberEpoch,
    GroupError,
    GroupFull,
    GroupNotFound,
    InvalidHeartbeat,
    UnknownMember,
)
from headwater.control.groups.share import records
from headwater.control.groups.share.following import Following
from headwater.control.groups.share.group import ShareGroup
from headwater.control.groups.share.leaving import leave
from headwater.control.groups.share.member import JOINING, LEAVING, Member
from headwater.control.groups.share.requests import ShareHeartbeat, ShareMembership
from headwater.control.groups.share.settings import MAX_SIZE
from headwater.control.groups.share.table import MEMBERS_MAX, ShareTable
from headwater.control.groups.share.waiting import WaitingHeartbeat
from headwater.control.groups.step import Step
from headwater.machine.decision import Ticket


def heartbeat(table: ShareTable, request: ShareHeartbeat, ticket: Ticket, step: Step) -> None:
    refusal = _check(request)
    if refusal is not None:
        step.answer(ticket, refusal)
    elif request.epoch == LEAVING:
        step.answer(ticket, leave(table, request.group_id, request.member_id, step))
    else:
        outcome = _stay(table, request, step)
        if isinstance(outcome, _Stayed) and outcome.waits_for_state:
            until = table.heartbeat_waits_until(step.moment)
            table.let_wait(WaitingHeartbeat(request=request, ticket=ticket, until=until))
        else:
            step.answer(ticket, outcome.membership if isinstance(outcome, _Stayed) else outcome)


def decide_waiting(table: ShareTable, group_id: str, step: Step) -> None:
    """The first heartbeat that waits is decided as if it came now, and answered whatever is missing still."""
    first = table.waiting.take_heartbeat(group_id)
    group = table.groups.get(group_id)
    if group is None or first.request.member_id not in group.members:
        step.answer(first.ticket, UnknownMember(first.request.member_id))
    else:
        outcome = _stay(table, first.request, step)
        step.answer(first.ticket, outcome.membership if isinstance(outcome, _Stayed) else outcome)
    table.look_at_heartbeats(group_id, now=group is None or not group.shares.initializing)


class _Stayed(Struct, frozen=True, kw_only=True):
    membership: ShareMembership
    waits_for_state: bool


def _check(request: ShareHeartbeat) -> GroupError | None:
    if not request.member_id:
        return InvalidHeartbeat("MemberId can't be empty.")
    if not request.group_id.strip():
        return InvalidHeartbeat("GroupId can't be empty.")
    if request.rack_id == "":
        return InvalidHeartbeat("RackId can't be empty.")
    if request.epoch == JOINING and not request.topics:
        return InvalidHeartbeat("SubscribedTopicNames must be set in first request.")
    if request.epoch < LEAVING:
        return InvalidHeartbeat("MemberEpoch is invalid.")
    return None


def _stay(table: ShareTable, request: ShareHeartbeat, step: Step) -> _Stayed | GroupError:
    group = table.groups.get(request.group_id)
    if group is None and request.epoch != JOINING:
        return GroupNotFound(request.group_id)
    group = group or ShareGroup(request.group_id)
    settings = table.settings(group.group_id)
    known = group.members.get(request.member_id)
    if known is None and table.is_full:
        return CoordinatorFull(MEMBERS_MAX)
    if refusal := _check_member(group, known, request, size_max=settings.size_max):
        return refusal
    before = known or Member(member_id=request.member_id)
    member = _updated(before, request)
    changed = frozenset(member.topics) != frozenset(before.topics)
    if member != known:
        step.write(records.subscription(group.group_id, member.member_id, member))
    after, begun = Following(table, group, member, step).followed(changed=changed)
    table.touch(group.group_id, member.member_id, step.moment)
    tells_all = request.epoch == JOINING or request.topics is not None
    membership = ShareMembership(
        member_id=member.member_id,
        epoch=after.epoch,
        heartbeat_interval_ms=settings.heartbeat_interval_ms,
        assigned=after.assigned if tells_all or after.assigned != before.assigned else None,
    )
    awaited = {shares.name for shares in [*begun.values(), *group.shares.initializing.values()]}
    return _Stayed(
        membership=membership,
        waits_for_state=request.topics is not None and any(name in awaited for name in member.topics),
    )


def _check_member(
    group: ShareGroup, known: Member | None, request: ShareHeartbeat, *, size_max: int
) -> GroupError | None:
    if known is None:
        if len(group.members) >= size_max:
            return GroupFull(size_max, MAX_SIZE.name)
        return None if request.epoch == JOINING else UnknownMember(request.member_id)
    if request.epoch not in (JOINING, known.epoch, known.previous_epoch):
        return FencedMemberEpoch(request.epoch, known.epoch)
    return None


def _updated(member: Member, request: ShareHeartbeat) -> Member:
    return replace(
        member,
        rack_id=member.rack_id if request.rack_id is None else request.rack_id,
        client_id=request.client_id,
        client_host=request.client_host,
        topics=member.topics if request.topics is None else tuple(sorted(frozenset(request.topics))),
    )
