"""SyncGroup and Heartbeat: members of a generation ask for their assignment, and show that they are there."""

from headwater.control.groups.classic.group import Group, Member, State
from headwater.control.groups.classic.joining import check_member
from headwater.control.groups.classic.rebalance import forget, prepare, touch
from headwater.control.groups.classic.requests import Heartbeat, Sync, Synced
from headwater.control.groups.classic.table import SYNC, Table
from headwater.control.groups.errors import (
    GroupError,
    IllegalGeneration,
    InconsistentProtocol,
    InvalidGroupId,
    RebalanceInProgress,
    UnknownMember,
)
from headwater.control.groups.records import group_record
from headwater.control.groups.step import Step
from headwater.machine.decision import Ticket


def sync(table: Table, request: Sync, ticket: Ticket, step: Step) -> None:
    group = table.get(request.group_id, step.moment)
    member = group.get(request.member_id) if group else None
    refusal = _check(group, request)
    if refusal is not None or group is None or member is None:
        step.answer(ticket, refusal)
        return
    _mark_synced(table, group, member)
    if group.state is State.STABLE:
        step.answer(ticket, _synced(group, member))
        return
    if member.sync is not None:
        step.answer(member.sync, RebalanceInProgress())
    member.sync = ticket
    if member.member_id == group.leader:
        _assign(table, group, request.assignments, step)


def heartbeat(table: Table, request: Heartbeat, ticket: Ticket, step: Step) -> None:
    group = table.get(request.group_id, step.moment)
    refusal = _check_generation(group, request)
    member = group.get(request.member_id) if group else None
    if refusal is not None or group is None or member is None:
        step.answer(ticket, refusal)
        return
    touch(table, group, member, step)
    step.answer(ticket, RebalanceInProgress() if group.state is State.PREPARING else None)


def sync_time_is_over(table: Table, group: Group, step: Step) -> None:
    """The SYNC deadline has come: whoever has not asked for its assignment is gone."""
    missing = [each for each in group if each.member_id in group.unsynced]
    for member in missing:
        forget(table, group, member, step)
    if missing:
        prepare(table, group, step)


def _check(group: Group | None, request: Sync) -> GroupError | None:
    if refusal := _check_generation(group, request):
        return refusal
    assert group is not None
    if request.protocol_type is not None and request.protocol_type != group.protocol_type:
        return InconsistentProtocol()
    if request.protocol is not None and request.protocol != group.protocol:
        return InconsistentProtocol()
    return RebalanceInProgress() if group.state is State.PREPARING else None


def _check_generation(group: Group | None, request: Sync | Heartbeat) -> GroupError | None:
    if not request.group_id:
        return InvalidGroupId()
    if group is None:
        return UnknownMember(request.member_id)
    if refusal := check_member(group, request.member_id, request.instance_id):
        return refusal
    if request.generation != group.generation:
        return IllegalGeneration(request.generation, group.generation)
    return None


def _mark_synced(table: Table, group: Group, member: Member) -> None:
    group.unsynced.pop(member.member_id, None)
    if not group.unsynced:
        table.deadlines.cancel((SYNC, group.group_id, ""))


def _assign(table: Table, group: Group, assignments: dict[str, bytes], step: Step) -> None:
    """The leader has spoken: what it left out is assigned nothing, and everyone who waits is told."""
    group.state = State.STABLE
    for member in group:
        member.assignment = assignments.get(member.member_id, b"")
        if member.sync is not None:
            step.answer(member.sync, _synced(group, member))
            member.sync = None
            touch(table, group, member, step)
    step.write(group_record(group.group_id, group.value(step.moment.wall)))


def _synced(group: Group, member: Member) -> Synced:
    return Synced(protocol_type=group.protocol_type, protocol=group.protocol, assignment=member.assignment)
