"""StreamsGroupHeartbeat: everything that a streams group does, it does while one of its members shows itself.

    who         the member is found, made or renamed, and what it tells of itself is kept
    topology    the first member brings it; the topics that exist say whether it is ready, and which are to be made
    epoch       another one of the group where any of that calls for another assignment
    target      computed when the group has an epoch that was not assigned yet, and refined into steps
    step        the member comes one step nearer to its target
    answer      its tasks if they have changed, and what it should know

What a heartbeat leads to is written at its end only: until then it can be refused.
"""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from headwater.control.errors import ControlError
from headwater.control.groups.errors import GroupNotFound
from headwater.control.groups.records import GroupRecord
from headwater.control.groups.step import Step
from headwater.control.groups.streams.answering import Beaten, answer
from headwater.control.groups.streams.assigning import Target, current_target, moved_record
from headwater.control.groups.streams.checking import JOINS, check_form, check_owned, owned_tasks, restored
from headwater.control.groups.streams.configuring import ConfiguredTopology, Note
from headwater.control.groups.streams.group import Group, Member, Offsets, Refined
from headwater.control.groups.streams.leaving import leave
from headwater.control.groups.streams.membership import asks_for_assignment, check_room, find, told
from headwater.control.groups.streams.preparing import Prepared, choose_topology, note_if_behind, prepare
from headwater.control.groups.streams.reconciling import Goal, State, reconcile
from headwater.control.groups.streams.records import (
    group_record,
    member_record,
    member_tombstones,
    standing_record,
    target_record,
    topology_record,
)
from headwater.control.groups.streams.requests import StreamsHeartbeat, StreamsHeartbeatAnswer
from headwater.control.groups.streams.table import INITIAL, REVOCATION, Table
from headwater.control.groups.streams.tasks import NOTHING, Tasks
from headwater.control.groups.streams.warming import Warming
from headwater.machine.decision import Ticket
from headwater.wire.records.streams_group_metadata_value import LastAssignmentConfig, StreamsGroupMetadataValue


def heartbeat(table: Table, request: StreamsHeartbeat, ticket: Ticket, step: Step) -> None:
    try:
        step.answer(ticket, _decided(table, request, step))
    except ControlError as refusal:
        step.answer(ticket, refusal)


def _decided(table: Table, request: StreamsHeartbeat, step: Step) -> StreamsHeartbeatAnswer:
    message = request.message
    check_form(message)
    group = table.groups.get(request.group_id)
    if group is None and message.member_epoch == JOINS:
        group = Group(request.group_id)
    if group is None:
        raise GroupNotFound(request.group_id)
    if message.member_epoch < JOINS:
        return leave(table, group, message, step)
    return _Heartbeat(table, group, request, step).decided()


class _Heartbeat:
    """One heartbeat of a member that is in, or comes in. Parts are called in the order of the theory above."""

    def __init__(self, table: Table, group: Group, request: StreamsHeartbeat, step: Step) -> None:
        self._table = table
        self._group = group
        self._live = table.live(group.group_id)
        self._settings = table.settings_of(group.group_id)
        self._request = request
        self._message = request.message
        self._step = step
        self._records: list[GroupRecord] = []
        self._notes: list[Note] = []
        self._changed = False
        """Whether the group needs another epoch."""
        self._next_step: Refined | None = None
        """Of the present target, where that is all that this heartbeat leads to."""
        self._owned = owned_tasks(request.message)

    def decided(self) -> StreamsHeartbeatAnswer:
        self._find_member()
        prepared = self._prepare()
        self._take_offsets()
        warming = Warming(self._group, self._live, self._settings, prepared.topology, self._members)
        value = self._next_value(prepared, warming)
        refined = self._refine(self._target(value, prepared.topology), warming)
        self._reconcile(refined)
        self._settle(prepared.topology, refined)
        return answer(self._table, self._beaten(prepared.topology), self._step.moment.elapsed)

    # --- who

    def _find_member(self) -> None:
        found = find(self._group, self._message)
        check_room(
            self._group,
            found,
            max_size=self._settings.max_size,
            members=len(self._table.deadlines),
            members_max=self._settings.members_max,
        )
        self._before = found.member
        self._replaced = found.replaces
        metadata = told(found.member, self._request)
        self._member = replace(found.member, metadata=metadata)
        if found.replaces is not None:
            self._rename(found.replaces)
        if metadata != found.member.metadata:
            self._records.append(member_record(self._group.group_id, self._member.member_id, metadata))
            self._changed = asks_for_assignment(found.member.metadata, metadata)

    def _rename(self, former: Member) -> None:
        """The member has its former tasks and target under its new id."""
        group_id, member = self._group.group_id, self._before
        self._records += (
            *member_tombstones(group_id, former.member_id),
            member_record(group_id, member.member_id, member.metadata),
            target_record(group_id, member.member_id, self._group.targets.get(former.member_id, NOTHING)),
            standing_record(group_id, member.member_id, member.standing),
        )

    def _members(self) -> dict[str, Member]:
        return self._in_group(self._group)

    def _in_group(self, members: Iterable[Member]) -> dict[str, Member]:
        """These and the one that shows itself, as they are with this heartbeat."""
        gone = self._replaced.member_id if self._replaced else None
        others = {each.member_id: each for each in members if each.member_id != gone}
        return {**others, self._member.member_id: self._member}

    def _targets(self) -> Mapping[str, Tasks]:
        if self._replaced is None:
            return self._group.targets
        former = self._replaced.member_id
        targets = {each: tasks for each, tasks in self._group.targets.items() if each != former}
        return {**targets, self._member.member_id: self._group.targets.get(former, NOTHING)}

    # --- topology

    def _prepare(self) -> Prepared:
        topology = choose_topology(self._group, self._message.topology)
        if self._group.topology is None:
            self._records.append(topology_record(self._group.group_id, topology))
        if note := note_if_behind(self._member.metadata.topology_epoch, topology):
            self._notes.append(note)
        prepared = prepare(self._table, self._group, self._live, topology)
        if prepared.topology.is_ready:
            check_owned(self._owned, prepared.topology)
        return prepared

    def _take_offsets(self) -> None:
        """What is left out is as it was. Kept beside the records: members tell it again when it is lost."""
        offsets, end_offsets = restored(self._message.task_offsets), restored(self._message.task_end_offsets)
        if not self._request.knows_version_1 and self._member.member_id not in self._live.silent:
            self._live.silent[self._member.member_id] = None
            self._live.heard_of_offsets = True
        if offsets is None and end_offsets is None:
            return
        known = self._live.offsets.get(self._member.member_id, Offsets())
        self._live.heard_of_offsets = True
        self._live.offsets[self._member.member_id] = Offsets(
            offsets=known.offsets if offsets is None else offsets,
            end_offsets=known.end_offsets if end_offsets is None else end_offsets,
        )

    # --- epoch and target

    def _next_value(self, prepared: Prepared, warming: Warming) -> StreamsGroupMetadataValue:
        old = self._group.value
        value = replace(
            old,
            metadata_hash=prepared.metadata_hash,
            validated_topology_epoch=prepared.topology.epoch if prepared.topology.is_ready else -1,
            last_assignment_configs=tuple(
                LastAssignmentConfig(key=key, value=text) for key, text in self._settings.of_assignments()
            ),
        )
        if not self._changed and value == old:
            self._next_step = warming.next(self._targets())
            if self._next_step is None:
                return old
        value = replace(value, epoch=old.epoch + 1)
        self._records.append(group_record(self._group.group_id, value))
        return value

    def _target(self, value: StreamsGroupMetadataValue, configured: ConfiguredTopology) -> Target:
        if self._next_step is not None:
            self._records.append(moved_record(self._group, value.epoch))
            return Target(epoch=value.epoch, tasks=self._targets())
        self._await_more_members()
        target = current_target(
            self._table,
            self._group,
            self._live,
            epoch=value.epoch,
            members=self._members,
            targets=self._targets(),
            topology=configured,
            moment=self._step.moment,
        )
        self._records += target.records
        if target.note is not None:
            self._notes.append(target.note)
        return target

    def _refine(self, target: Target, warming: Warming) -> Refined:
        """A renamed member has its former part of a step that has begun."""
        refined = self._next_step or warming.of_epoch(target)
        if self._replaced is None or self._replaced.member_id not in refined.tasks:
            return refined
        tasks = dict(refined.tasks)
        tasks[self._member.member_id] = tasks.pop(self._replaced.member_id)
        return replace(refined, tasks=tasks)

    def _await_more_members(self) -> None:
        """A new group waits a little, so that those who start together are assigned together."""
        key, delay = (INITIAL, self._group.group_id, ""), self._settings.initial_rebalance_delay_ms
        if not len(self._group) and delay and key not in self._table.deadlines:
            self._table.deadlines.set(key, self._step.moment.elapsed + delay)

    # --- step

    def _reconcile(self, step: Refined) -> None:
        goal = Goal(
            epoch=step.epoch,
            tasks=step.tasks.get(self._member.member_id, NOTHING),
            process_id=self._member.metadata.process_id,
            owned=self._owned,
        )
        before = self._member.standing
        standing = reconcile(before, goal, self._group.holders)
        if standing == before:
            return
        self._member = replace(self._member, standing=standing)
        self._records.append(standing_record(self._group.group_id, self._member.member_id, standing))

    def _settle(self, configured: ConfiguredTopology, refined: Refined) -> None:
        """From here on nothing is refused any more."""
        group_id, member, moment = self._group.group_id, self._member, self._step.moment
        self._step.write(*self._records)
        self._table.keep(group_id, self._live)
        self._live.configured = configured
        if refined is not self._live.refined:
            self._live.heard_of_offsets = False
        self._live.refined = refined
        self._live.topics_version = self._table.topics.version
        if self._replaced is not None and self._replaced.member_id != member.member_id:
            self._live.underway = None  # it has a part for the former id, and none for this one
            self._table.forget_member(group_id, self._replaced.member_id)
        self._table.touch(group_id, member.member_id, moment)
        if member.standing.state is not State.UNREVOKED_TASKS:
            self._table.deadlines.cancel((REVOCATION, group_id, member.member_id))
        elif member.standing != self._before.standing:
            self._table.await_revocation(group_id, member.member_id, member.metadata.rebalance_timeout_ms, moment)
        if self._message.shutdown_application:
            self._live.ask_to_shut_down(member.member_id)

    def _beaten(self, topology: ConfiguredTopology) -> Beaten:
        return Beaten(
            request=self._request,
            owned=self._owned,
            group=self._group,
            live=self._live,
            settings=self._settings,
            topology=topology,
            before=self._before,
            member=self._member,
            in_group=self._in_group,
            notes=tuple(self._notes),
        )
