"""How members go: by LeaveGroup, or because they have not shown themselves for a session timeout."""

from headwater.control.groups.classic.group import Group, Member, State
from headwater.control.groups.classic.joining import check_member
from headwater.control.groups.classic.rebalance import complete_if_all_joined, forget, prepare
from headwater.control.groups.classic.requests import Leave, Leaver
from headwater.control.groups.classic.table import MEMBER, Table
from headwater.control.groups.errors import GroupError, InvalidGroupId, UnknownMember
from headwater.control.groups.step import Step
from headwater.machine.decision import Ticket


def leave(table: Table, request: Leave, ticket: Ticket, step: Step) -> None:
    group = table.get(request.group_id, step.moment)
    if not request.group_id:
        step.answer(ticket, InvalidGroupId())
    elif group is None:
        step.answer(ticket, tuple(UnknownMember(each.member_id) for each in request.members))
    else:
        members_before = len(group)
        step.answer(ticket, tuple(_leave(table, group, each, step) for each in request.members))
        _go_on(table, group, step, is_smaller=len(group) < members_before)


def session_is_over(table: Table, group: Group, member_id: str, step: Step) -> None:
    """The MEMBER deadline has come. A member that waits for an answer of ours can't show itself, and stays."""
    member = group.get(member_id)
    if member is None:
        group.pending.pop(member_id, None)
        _go_on(table, group, step, is_smaller=False)
    elif member.is_new or (member.member_id not in group.joins and member.sync is None):
        forget(table, group, member, step)
        _go_on(table, group, step, is_smaller=True)


def _leave(table: Table, group: Group, leaver: Leaver, step: Step) -> GroupError | None:
    if leaver.member_id in group.pending:
        del group.pending[leaver.member_id]
        table.deadlines.cancel((MEMBER, group.group_id, leaver.member_id))
        return None
    member = _who(group, leaver)
    if isinstance(member, GroupError):
        return member
    forget(table, group, member, step)
    return None


def _who(group: Group, leaver: Leaver) -> Member | GroupError:
    if not leaver.member_id and leaver.instance_id is not None:
        return group.instance(leaver.instance_id) or UnknownMember(leaver.member_id)
    refusal = check_member(group, leaver.member_id, leaver.instance_id)
    return refusal or group.get(leaver.member_id) or UnknownMember(leaver.member_id)


def _go_on(table: Table, group: Group, step: Step, *, is_smaller: bool) -> None:
    """Those who are left share anew; a group that only waits for one id less has nothing to share."""
    if group.state is State.PREPARING:
        complete_if_all_joined(table, group, step)
    elif is_smaller:
        prepare(table, group, step)
    table.settle(group)
