"""The target of a group: who should have which tasks, and since which epoch.

A target is computed when the group has changed since the last one, but not before more members had time to come, and not
more often than the assignment interval. Until then members keep what they have, and are told why.
"""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from headwater.control.groups.records import GroupRecord
from headwater.control.groups.streams.assignor import MemberSpec, assign
from headwater.control.groups.streams.configuring import ConfiguredTopology, Note, Status
from headwater.control.groups.streams.group import Group, Live, Member
from headwater.control.groups.streams.records import assigned_record, target_record
from headwater.control.groups.streams.settings import StreamsSettings
from headwater.control.groups.streams.table import INITIAL, Table
from headwater.control.groups.streams.tasks import NOTHING, Tasks
from headwater.machine.machine import Moment


class Target(Struct, frozen=True, kw_only=True):
    """What members are to reconcile to now."""

    epoch: int
    tasks: Mapping[str, Tasks]
    records: tuple[GroupRecord, ...] = ()
    note: Note | None = None


def current_target(
    table: Table,
    group: Group,
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
    settings = table.settings_of(group.group_id)
    if not _may_assign(group, settings, moment):
        return _delayed(group, targets, "assignment interval")
    assigned = _assigned(members(), topology, table.live(group.group_id), settings)
    records = (*_changes(group.group_id, targets, assigned), assigned_record(group.group_id, epoch, moment.wall))
    return Target(epoch=epoch, tasks=assigned, records=records)


def _delayed(group: Group, targets: Mapping[str, Tasks], why: str) -> Target:
    note = Note(status=Status.ASSIGNMENT_DELAYED, detail=f"Assignment delayed due to the configured {why}.")
    return Target(epoch=group.assignment.assignment_epoch, tasks=targets, note=note)


def _may_assign(group: Group, settings: StreamsSettings, moment: Moment) -> bool:
    """A clock that was set back far could delay for long; an interval of 0 is the way out."""
    last, interval = group.assignment.assignment_timestamp, settings.assignment_interval_ms
    return not last or not interval or moment.wall - last >= interval


def _assigned(
    members: Mapping[str, Member], topology: ConfiguredTopology, live: Live, settings: StreamsSettings
) -> dict[str, Tasks]:
    if not topology.is_ready:
        return dict.fromkeys(sorted(members), NOTHING)
    specs = {each: _spec(member, live) for each, member in members.items()}
    return assign(specs, topology.specs(), standby_replicas=settings.standby_replicas)


def _spec(member: Member, live: Live) -> MemberSpec:
    held, offsets = member.standing.held, live.offsets.get(member.member_id)
    return MemberSpec(
        process_id=member.metadata.process_id,
        active=held.active,
        standby=held.standby | held.warmup,
        offsets=(offsets.offsets if offsets else None) or {},
    )


def _changes(group_id: str, old: Mapping[str, Tasks], new: Mapping[str, Tasks]) -> Iterator[GroupRecord]:
    for member_id, tasks in new.items():
        if old.get(member_id) != tasks:
            yield target_record(group_id, member_id, tasks)


def moved_record(group: Group, epoch: int) -> GroupRecord:
    """The target is the same in a new epoch; it was computed when it was."""
    return assigned_record(group.group_id, epoch, group.assignment.assignment_timestamp)


def first_target(table: Table, group: Group, moment: Moment) -> tuple[GroupRecord, ...]:
    """The initial delay is over: all who have come are assigned together, and learn of it with their next heartbeats."""
    configured = table.live(group.group_id).configured
    if not len(group) or configured is None:
        return ()
    target = current_target(
        table,
        group,
        epoch=group.value.epoch,
        members=lambda: {each.member_id: each for each in group},
        targets=group.targets,
        topology=configured,
        moment=moment,
    )
    return target.records
