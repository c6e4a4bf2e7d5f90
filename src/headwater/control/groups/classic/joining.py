"""JoinGroup: who may join, as whom, and what a join leads to in each state of the group."""

from msgspec.structs import replace

from headwater.control.groups.classic.group import Group, Member, State
from headwater.control.groups.classic.rebalance import complete_if_all_joined, prepare, rebalance, touch
from headwater.control.groups.classic.requests import Join, Joined
from headwater.control.groups.classic.table import MEMBER, Table
from headwater.control.groups.errors import (
    CoordinatorFull,
    FencedInstance,
    GroupError,
    GroupFull,
    InconsistentProtocol,
    InvalidGroupId,
    InvalidSessionTimeout,
    MemberIdRequired,
    RebalanceInProgress,
    UnknownMember,
)
from headwater.control.groups.records import group_record
from headwater.control.groups.step import Step
from headwater.machine.decision import Ticket


def join(table: Table, request: Join, ticket: Ticket, step: Step) -> None:
    refusal = check_join(table, request)
    if refusal is not None:
        step.answer(ticket, refusal)
        return
    group = table.get(request.group_id, step.moment)
    if group is None:
        if request.member_id:
            step.answer(ticket, UnknownMember(request.member_id))
            return
        group = table.create(request.group_id, request.protocol_type)
    refusal = _check_group(table, group, request)
    if refusal is not None:
        step.answer(ticket, refusal)
    elif not request.member_id:
        _join_new(table, group, request, ticket, step)
    elif request.member_id in group.pending and request.instance_id is None:
        _add(table, group, request.member_id, request, ticket, step)
    else:
        _join_known(table, group, request, ticket, step)
    table.settle(group)


def check_member(group: Group, member_id: str, instance_id: str | None) -> GroupError | None:
    """Whether this member is who it says, as every request of a member is asked."""
    if instance_id is not None:
        holder = group.instance(instance_id)
        if holder is None:
            return UnknownMember(member_id)
        if holder.member_id != member_id:
            return FencedInstance(instance_id)
    return None if group.get(member_id) is not None else UnknownMember(member_id)


def check_join(table: Table, request: Join) -> GroupError | None:
    """What can be said of a join without a look at its group."""
    settings = table.settings
    low, high = settings.min_session_timeout_ms, settings.max_session_timeout_ms
    if not request.group_id:
        return InvalidGroupId()
    if not low <= request.session_timeout_ms <= high:
        return InvalidSessionTimeout(request.session_timeout_ms, low, high)
    if not request.protocol_type or not request.protocols:
        return InconsistentProtocol()
    if not request.member_id and len(table.deadlines) >= settings.members_max:
        return CoordinatorFull(settings.members_max)
    return None


def _check_group(table: Table, group: Group, request: Join) -> GroupError | None:
    if not _has_room(table, group, request.member_id):
        return GroupFull(table.settings.max_size)
    if not group.supports(request.protocol_type, request.protocols):
        return InconsistentProtocol()
    return None


def _has_room(table: Table, group: Group, member_id: str) -> bool:
    """While a rebalance is prepared those who have joined count, so that a bound that was lowered takes effect."""
    bound = table.settings.max_size
    if group.state is State.PREPARING:
        return member_id in group.joins or len(group.joins) < bound
    return group.get(member_id) is not None or len(group) < bound


def _join_new(table: Table, group: Group, request: Join, ticket: Ticket, step: Step) -> None:
    holder = group.instance(request.instance_id) if request.instance_id is not None else None
    if holder is not None:
        _take_over(table, group, holder, request, ticket, step)
    elif request.needs_known_id and request.instance_id is None:
        group.pending[request.new_member_id] = None
        key = (MEMBER, group.group_id, request.new_member_id)
        table.deadlines.set(key, step.moment.elapsed + request.session_timeout_ms)
        step.answer(ticket, MemberIdRequired(request.new_member_id))
    else:
        _add(table, group, request.new_member_id, request, ticket, step)


def _add(table: Table, group: Group, member_id: str, request: Join, ticket: Ticket, step: Step) -> None:
    if not len(group):
        group.protocol_type = request.protocol_type
    group.add(Member(member_id, request))
    group.joins[member_id] = ticket
    if group.initial:
        group.latecomers = True
    wait = table.settings.new_member_join_timeout_ms
    table.deadlines.set((MEMBER, group.group_id, member_id), step.moment.elapsed + wait)
    rebalance(table, group, step)


def _join_known(table: Table, group: Group, request: Join, ticket: Ticket, step: Step) -> None:
    refusal = check_member(group, request.member_id, request.instance_id)
    member = group.get(request.member_id)
    if refusal is not None or member is None:
        step.answer(ticket, refusal)
    elif _changes_nothing(group, member, request):
        step.answer(ticket, group.joined_answer(member))
    else:
        _park(group, member, request, ticket, step)
        rebalance(table, group, step)


def _changes_nothing(group: Group, member: Member, request: Join) -> bool:
    """A member that missed its answer asks again with what it had; a leader's join in a stable group is a wish to rebalance."""
    if member.protocols != request.protocols:
        return False
    if group.state is State.STABLE:
        return member.member_id != group.leader
    return group.state is State.COMPLETING


def _take_over(table: Table, group: Group, member: Member, request: Join, ticket: Ticket, step: Step) -> None:
    """A static member came back without its id: it gets a new one, and the old one is fenced (KIP-345)."""
    assert member.instance_id is not None
    leader_before = group.leader
    for parked in (group.joins.pop(member.member_id, None), member.sync):
        if parked is not None:
            step.answer(parked, FencedInstance(member.instance_id))
    member.sync = None
    member.is_new = False  # as a member that was there before it may wait for the others as long as they take
    table.deadlines.cancel((MEMBER, group.group_id, member.member_id))
    group.replace(member, request.new_member_id)
    group.update(member, request)
    touch(table, group, member, step)
    if group.state is State.STABLE and group.select_protocol() == group.protocol:
        step.write(group_record(group.group_id, group.value(step.moment.wall)))
        step.answer(ticket, _goes_on(group, member, leader_before, request))
        return
    group.joins[member.member_id] = ticket
    if group.state is State.PREPARING:
        complete_if_all_joined(table, group, step)
    else:
        prepare(table, group, step)


def _goes_on(group: Group, member: Member, leader_before: str | None, request: Join) -> Joined:
    """The stable group keeps its assignment. An older leader can't be told so, and is told that its former self leads."""
    joined = group.joined_answer(member, skip_assignment=True)
    if request.can_skip_assignment:
        return joined
    return replace(joined, leader=leader_before or "", members=(), skip_assignment=False)


def _park(group: Group, member: Member, request: Join, ticket: Ticket, step: Step) -> None:
    """Of two joins of one member the later counts; the earlier is told to try again."""
    earlier = group.joins.get(member.member_id)
    if earlier is not None:
        step.answer(earlier, RebalanceInProgress())
    group.update(member, request)
    group.joins[member.member_id] = ticket
