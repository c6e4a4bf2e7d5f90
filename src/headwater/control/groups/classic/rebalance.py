"""A rebalance: everyone is asked to join again, a generation begins, and the leader assigns.

    prepare            from Empty, Stable or CompletingRebalance: parked syncs are told to rejoin
      complete         all have joined, or the time for it is over: those who did not are removed
        (the leader syncs: see `syncing`)

The first rebalance of an empty group waits for latecomers (`group.initial.rebalance.delay.ms`), longer with each of them, but
not past the rebalance timeout.
"""

from headwater.control.groups.classic.group import Group, Member, State
from headwater.control.groups.classic.table import JOIN, MEMBER, SYNC, Table
from headwater.control.groups.errors import RebalanceInProgress, UnknownMember
from headwater.control.groups.records import group_record
from headwater.control.groups.step import Step
from headwater.wire.records.group_metadata_value import GroupMetadataValue


def rebalance(table: Table, group: Group, step: Step) -> None:
    """Something has changed: begin a rebalance, or see whether the one under way can end."""
    if group.state is State.PREPARING:
        complete_if_all_joined(table, group, step)
    else:
        prepare(table, group, step)


def prepare(table: Table, group: Group, step: Step) -> None:
    """A session that ended while its member waited for us was passed over, so it begins anew with the answer."""
    for member in group:
        if member.sync is not None:
            step.answer(member.sync, RebalanceInProgress())
            member.sync = None
            touch(table, group, member, step)
    table.deadlines.cancel((SYNC, group.group_id, ""))
    group.initial = group.state is State.EMPTY
    group.state = State.PREPARING
    if group.initial:
        _wait_for_latecomers(table, group, step)
    elif group.all_joined:
        complete(table, group, step)
    else:
        _wait_for_joins(table, group, step)


def complete_if_all_joined(table: Table, group: Group, step: Step) -> None:
    if group.state is State.PREPARING and not group.initial and group.all_joined:
        complete(table, group, step)


def join_time_is_over(table: Table, group: Group, step: Step) -> None:
    """The JOIN deadline has come."""
    if group.initial and group.latecomers and group.initial_wait_left_ms > 0:
        delay = table.settings.initial_rebalance_delay_ms
        group.latecomers = False
        extension = min(delay, group.initial_wait_left_ms)
        group.initial_wait_left_ms = max(group.initial_wait_left_ms - delay, 0)
        table.deadlines.set((JOIN, group.group_id, ""), step.moment.elapsed + extension)
    else:
        complete(table, group, step)


def complete(table: Table, group: Group, step: Step) -> None:
    """Begin the next generation with those who have joined; static members keep their place without it."""
    table.deadlines.cancel((JOIN, group.group_id, ""))
    group.initial = False
    for member in [each for each in group if each.member_id not in group.joins and not each.is_static]:
        forget(table, group, member, step)
    if not group.elect() and len(group):
        _wait_for_joins(table, group, step)
        return
    group.generation += 1
    if len(group):
        _begin_generation(table, group, step)
    else:
        _become_empty(table, group, step)


def forget(table: Table, group: Group, member: Member, step: Step) -> None:
    """Take a member out; whatever it waits for is answered, so that a client that is still there joins anew."""
    for ticket in (group.joins.pop(member.member_id, None), member.sync):
        if ticket is not None:
            step.answer(ticket, UnknownMember(member.member_id))
    member.sync = None
    table.deadlines.cancel((MEMBER, group.group_id, member.member_id))
    group.remove(member)


def touch(table: Table, group: Group, member: Member, step: Step) -> None:
    """The member has shown itself: its session lasts for another timeout."""
    table.deadlines.set((MEMBER, group.group_id, member.member_id), step.moment.elapsed + member.session_timeout_ms)


def _wait_for_latecomers(table: Table, group: Group, step: Step) -> None:
    delay = table.settings.initial_rebalance_delay_ms
    group.latecomers = False
    group.initial_wait_left_ms = max(group.rebalance_timeout_ms - delay, 0)
    table.deadlines.set((JOIN, group.group_id, ""), step.moment.elapsed + delay)


def _wait_for_joins(table: Table, group: Group, step: Step) -> None:
    table.deadlines.set((JOIN, group.group_id, ""), step.moment.elapsed + group.rebalance_timeout_ms)


def _begin_generation(table: Table, group: Group, step: Step) -> None:
    group.protocol = group.select_protocol()
    group.state = State.COMPLETING
    joins, group.joins = group.joins, {}
    for member in group:
        group.unsynced[member.member_id] = None
        member.is_new = False
        ticket = joins.get(member.member_id)
        if ticket is not None:
            step.answer(ticket, group.joined_answer(member))
        touch(table, group, member, step)
    table.deadlines.set((SYNC, group.group_id, ""), step.moment.elapsed + group.rebalance_timeout_ms)


def _become_empty(table: Table, group: Group, step: Step) -> None:
    group.state = State.EMPTY
    group.protocol = None
    group.leader = None
    empty = GroupMetadataValue(
        protocol_type=group.protocol_type,
        generation=group.generation,
        protocol=None,
        leader=None,
        current_state_timestamp=step.moment.wall,
    )
    step.write(group_record(group.group_id, empty))
    table.settle(group)
