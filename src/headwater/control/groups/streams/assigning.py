"""The target of a group: who should have which tasks, and since which epoch.

A target is computed when the group has changed since the last one, but not before more members had time to come, and not
more often than the assignment interval. Until then members keep what they have, and are told why.

That of a large group is computed in slices, between which others have their turns, and is decided with the last of them. It is
of the group as it was when the first began: who has come or gone since has called for another epoch, which is assigned next.
Nothing of it is durable before it is whole; what a crash cuts short is begun again by the next heartbeat.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from headwater.control.groups.records import GroupRecord
from headwater.control.groups.step import Step
from headwater.control.groups.streams.assignor import MemberSpec, Slices, SubtopologySpec, assign_in_slices, at_once
from headwater.control.groups.streams.configuring import ConfiguredTopology, Note, Status
from headwater.control.groups.streams.group import Group, Live, Member, Underway
from headwater.control.groups.streams.records import assigned_record, target_record
from headwater.control.groups.streams.settings import StreamsSettings
from headwater.control.groups.streams.table import ASSIGN, INITIAL, Table
from headwater.control.groups.streams.tasks import Tasks
from headwater.machine.machine import Moment

AT_ONCE_MAX: Final = 2_000
"""Members and tasks that are assigned in the step that asks for it: some milliseconds."""


class Target(Struct, frozen=True, kw_only=True):
    """What members are to reconcile to now."""

    epoch: int
    tasks: Mapping[str, Tasks]
    records: tuple[GroupRecord, ...] = ()
    note: Note | None = None


def current_target(
    table: Table,
    group: Group,
    live: Live,
    *,
    epoch: int,
    members: Callable[[], Mapping[str, Member]],
    targets: Mapping[str, Tasks],
    topology: ConfiguredTopology,
    moment: Moment,
) -> Target:
    """`epoch`, `members` and `targets` are the group's as they are with this step; members only if they are asked for,
    since most heartbeats change nothing, in groups of any size."""
    if (INITIAL, group.group_id, "") in table.deadlines:
        return _delayed(group, {}, "initial rebalance delay")
    if group.assignment.assignment_epoch >= epoch:
        return Target(epoch=group.assignment.assignment_epoch, tasks=targets)
    if live.underway is not None:
        return Target(epoch=group.assignment.assignment_epoch, tasks=targets)
    settings = table.settings_of(group.group_id)
    if not _may_assign(group, settings, moment):
        return _delayed(group, targets, "assignment interval")
    present, subtopologies = members(), topology.specs() if topology.is_ready else []
    slices = _slices(present, subtopologies, live, settings)
    if len(present) + sum(each.tasks for each in subtopologies) > AT_ONCE_MAX:
        live.underway = Underway(epoch=epoch, slices=slices)
        table.deadlines.set((ASSIGN, group.group_id, ""), moment.elapsed)
        return Target(epoch=group.assignment.assignment_epoch, tasks=targets)
    assigned = at_once(slices)
    return Target(epoch=epoch, tasks=assigned, records=tuple(_records(group, epoch, targets, assigned, moment)))


def _delayed(group: Group, targets: Mapping[str, Tasks], why: str) -> Target:
    note = Note(status=Status.ASSIGNMENT_DELAYED, detail=f"Assignment delayed due to the configured {why}.")
    return Target(epoch=group.assignment.assignment_epoch, tasks=targets, note=note)


def _may_assign(group: Group, settings: StreamsSettings, moment: Moment) -> bool:
    """A clock that was set back far could delay for long; an interval of 0 is the way out."""
    last, interval = group.assignment.assignment_timestamp, settings.assignment_interval_ms
    return not last or not interval or moment.wall - last >= interval


def go_on(table: Table, group: Group, step: Step) -> None:
    """Compute the next slice of what is under way; with the last, the target is there."""
    live = table.live(group.group_id)
    if live.underway is None:
        return
    try:
        next(live.underway.slices)
    except StopIteration as end:
        epoch, live.underway = live.underway.epoch, None
        assigned = {each: tasks for each, tasks in end.value.items() if each in group}
        step.write(*_records(group, epoch, group.targets, assigned, step.moment))
    else:
        table.deadlines.set((ASSIGN, group.group_id, ""), step.moment.elapsed)


def _slices(
    members: Mapping[str, Member], subtopologies: Iterable[SubtopologySpec], live: Live, settings: StreamsSettings
) -> Slices:
    specs = {each: _spec(member, live) for each, member in members.items()}
    return assign_in_slices(specs, subtopologies, standby_replicas=settings.standby_replicas)


def _spec(member: Member, live: Live) -> MemberSpec:
    held, offsets = member.standing.held, live.offsets.get(member.member_id)
    return MemberSpec(
        process_id=member.metadata.process_id,
        active=held.active,
        standby=held.standby | held.warmup,
        offsets=(offsets.offsets if offsets else None) or {},
    )


def _records(
    group: Group, epoch: int, old: Mapping[str, Tasks], new: Mapping[str, Tasks], moment: Moment
) -> Iterator[GroupRecord]:
    for member_id, tasks in new.items():
        if old.get(member_id) != tasks:
            yield target_record(group.group_id, member_id, tasks)
    yield assigned_record(group.group_id, epoch, moment.wall)


def moved_record(group: Group, epoch: int) -> GroupRecord:
    """The target is the same in a new epoch; it was computed when it was."""
    return assigned_record(group.group_id, epoch, group.assignment.assignment_timestamp)


def first_target(table: Table, group: Group, moment: Moment) -> tuple[GroupRecord, ...]:
    """The initial delay is over: all who have come are assigned together, and learn of it with their next heartbeats."""
    live = table.live(group.group_id)
    configured = live.configured
    if not len(group) or configured is None:
        return ()
    target = current_target(
        table,
        group,
        live,
        epoch=group.value.epoch,
        members=lambda: {each.member_id: each for each in group},
        targets=group.targets,
        topology=configured,
        moment=moment,
    )
    return target.records
