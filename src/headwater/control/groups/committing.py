"""Who may commit offsets for a group: its members, in its generation, and while it has none anybody.

Commits in transactions are less strict about generations, since producers before KIP-447 did not know them. Where one
knows its generation it is held to it: so a consumer that was thrown out of the group is fenced without a transactional id.
"""

from headwater.control.groups.errors import (
    GroupError,
    GroupNotFound,
    IllegalGeneration,
    InvalidGroupId,
    RebalanceInProgress,
    UnknownMember,
)
from headwater.control.groups.group import Group, State
from headwater.control.groups.joining import check_member
from headwater.control.groups.rebalance import touch
from headwater.control.groups.requests import CommitOffsets
from headwater.control.groups.step import Step
from headwater.control.groups.table import Table


def check_commit(table: Table, request: CommitOffsets, step: Step, *, exists: bool) -> GroupError | None:
    """Outside a group's generations anyone may commit, for as long as the group has no members. Old clients commit for
    a group without a name, which so can be read and deleted, but not joined."""
    group = table.get(request.group_id, step.moment)
    if group is None and not exists:
        return None if request.generation < 0 else GroupNotFound(request.group_id)
    if group is None or group.state is State.EMPTY:
        return None if request.generation < 0 else UnknownMember(request.member_id)
    if refusal := _check_generation(group, request):
        return refusal
    if group.state is State.COMPLETING:
        return RebalanceInProgress()
    member = group.get(request.member_id)
    assert member is not None
    touch(table, group, member, step)
    return None


def check_commit_in_transaction(table: Table, request: CommitOffsets, step: Step, *, exists: bool) -> GroupError | None:
    if not request.group_id:
        return InvalidGroupId()
    group = table.get(request.group_id, step.moment)
    if group is None and not exists:
        return None if request.generation < 0 else IllegalGeneration(request.generation, -1)
    knows_its_place = request.generation >= 0 or request.member_id or request.instance_id is not None
    if not knows_its_place:
        return None
    if group is None or group.state is State.EMPTY:
        return None if request.generation < 0 else UnknownMember(request.member_id)
    return _check_generation(group, request)


def _check_generation(group: Group, request: CommitOffsets) -> GroupError | None:
    if refusal := check_member(group, request.member_id, request.instance_id):
        return refusal
    if request.generation != group.generation:
        return IllegalGeneration(request.generation, group.generation)
    return None
