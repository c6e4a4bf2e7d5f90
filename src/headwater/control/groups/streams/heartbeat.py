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

from headwater.control.errors import ControlError, InvalidRequest
from headwater.control.groups.errors import GroupNotFound
from headwater.control.groups.records import GroupRecord
from headwater.control.groups.step import Step
from headwater.control.groups.streams.assigning import Target, current_target, moved_record
from headwater.control.groups.streams.checking import JOINS, check_form, check_owned, owned_tasks, restored
from headwater.control.groups.streams.configuring import ConfiguredTopology, Note, Status, configure
from headwater.control.groups.streams.endpoints import endpoints
from headwater.control.groups.streams.errors import InvalidTopology
from headwater.control.groups.streams.group import Group, Member, Offsets, Refined
from headwater.control.groups.streams.leaving import leave
from headwater.control.groups.streams.membership import asks_for_assignment, check_room, find, told
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
from headwater.control.groups.streams.topology import same_topology, topics_of, topology_value
from headwater.control.groups.streams.warming import Warming
from headwater.control.groups.topic_hash import topic_hash
from headwater.machine.decision import Ticket
from headwater.wire.records.streams_group_metadata_value import LastAssignmentConfig, StreamsGroupMetadataValue
from headwater.wire.records.streams_group_topology_value import StreamsGroupTopologyValue


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
        self._founds = group.group_id not in table.groups

    def decided(self) -> StreamsHeartbeatAnswer:
        self._find_member()
        topology = self._choose_topology()
        configured = self._configure(topology)
        self._take_offsets()
        self._warming = Warming(self._group, self._live, self._settings, configured, self._members)
        value = self._next_value(topology, configured)
        refined = self._refine(self._target(value, configured))
        self._reconcile(refined)
        self._settle(configured, refined)
        return self._answer(configured)

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

    def _choose_topology(self) -> StreamsGroupTopologyValue:
        """The group's. Other members may be behind it, but nobody can change it while the group is there."""
        known, told_now = self._group.topology, self._message.topology
        if known is None:
            if told_now is None:
                raise InvalidRequest("The group has no topology, and the member brings none.")
            known = topology_value(told_now)
            self._records.append(topology_record(self._group.group_id, known))
        elif told_now is not None and told_now.epoch >= known.epoch and not same_topology(told_now, known):
            raise InvalidRequest("Topology updates are not supported yet.")
        if self._member.metadata.topology_epoch < known.epoch:
            behind = f"The member's topology epoch {self._member.metadata.topology_epoch}"
            detail = f"{behind} is behind the group's topology epoch {known.epoch}."
            self._notes.append(Note(status=Status.STALE_TOPOLOGY, detail=detail))
        return known

    def _configure(self, topology: StreamsGroupTopologyValue) -> ConfiguredTopology:
        """Topics are looked at when any of the cluster's have changed, the topology when its own have."""
        self._metadata_hash = self._group.value.metadata_hash
        configured = self._live.configured if self._group.topology is not None else None
        if configured is not None and self._live.topics_version == self._table.topics.version:
            return self._checked(configured)
        self._metadata_hash = topic_hash(topics_of(topology), self._table.topics)
        if self._metadata_hash != self._group.value.metadata_hash:
            self._changed, configured = True, None
        if configured is None:
            outcome = configure(topology, self._table.partition_count)
            if isinstance(outcome, InvalidTopology):
                raise outcome
            configured = outcome
        return self._checked(configured)

    def _checked(self, configured: ConfiguredTopology) -> ConfiguredTopology:
        if configured.is_ready:
            check_owned(self._owned, configured)
        return configured

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

    def _next_value(
        self, topology: StreamsGroupTopologyValue, configured: ConfiguredTopology
    ) -> StreamsGroupMetadataValue:
        old = self._group.value
        value = replace(
            old,
            metadata_hash=self._metadata_hash,
            validated_topology_epoch=topology.epoch if configured.is_ready else -1,
            last_assignment_configs=tuple(
                LastAssignmentConfig(key=key, value=text) for key, text in self._settings.of_assignments()
            ),
        )
        if not self._changed and value == old:
            self._next_step = self._warming.next(self._targets())
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

    def _refine(self, target: Target) -> Refined:
        """A renamed member has its former part of a step that has begun."""
        refined = self._next_step or self._warming.of_epoch(target)
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
        if self._replaced is not None:
            self._table.forget_member(group_id, self._replaced.member_id)
        self._table.touch(group_id, member.member_id, moment)
        if member.standing.state is not State.UNREVOKED_TASKS:
            self._table.deadlines.cancel((REVOCATION, group_id, member.member_id))
        elif member.standing != self._before.standing:
            self._table.await_revocation(group_id, member.member_id, member.metadata.rebalance_timeout_ms, moment)
        if self._message.shutdown_application:
            self._live.ask_to_shut_down(member.member_id)

    # --- answer

    def _answer(self, configured: ConfiguredTopology) -> StreamsHeartbeatAnswer:
        held = self._member.standing.held
        tasks_changed = held != self._before.standing.held
        endpoint = self._member.metadata.user_endpoint
        places_changed = endpoint != self._before.metadata.user_endpoint or (tasks_changed and endpoint is not None)
        if places_changed and not self._founds:
            self._live.endpoint_epoch += 1
        return StreamsHeartbeatAnswer(
            member_id=self._member.member_id,
            member_epoch=self._member.standing.epoch,
            heartbeat_interval_ms=self._settings.heartbeat_interval_ms,
            task_offset_interval_ms=self._settings.task_offset_interval_ms,
            acceptable_recovery_lag=self._settings.acceptable_recovery_lag,
            notes=tuple(self._all_notes(configured)),
            tasks=held.tasks() if tasks_changed or self._missed_its_tasks() else None,
            endpoint_epoch=self._live.endpoint_epoch,
            endpoints=(
                endpoints(self._in_group(self._group.with_endpoints()), configured, self._table.partition_count)
                if places_changed or self._message.endpoint_information_epoch != self._live.endpoint_epoch
                else None
            ),
            wants_description=self._wants_description(configured),
            missing=configured.missing,
        )

    def _missed_its_tasks(self) -> bool:
        """A member that joins knows none. One that says that it has others, or speaks of an epoch before, may have missed
        the answer in which it was told."""
        told = self._message.member_epoch
        is_behind = told == JOINS or told != self._before.standing.epoch
        has_others = self._owned is not None and self._owned != self._member.standing.held.tasks()
        return is_behind or has_others

    def _wants_description(self, configured: ConfiguredTopology) -> bool:
        """A member with an older topology could only describe that."""
        if not self._request.knows_version_1 or self._member.metadata.topology_epoch < configured.epoch:
            return False
        return self._table.descriptions.asks(self._group.group_id, configured.epoch, self._step.moment.elapsed)

    def _all_notes(self, configured: ConfiguredTopology) -> list[Note]:
        notes = list(self._notes)
        if configured.problem is not None:
            notes.append(configured.problem)
        if self._live.shutdown_by is not None:
            detail = (
                f"Streams group member {self._live.shutdown_by} encountered a fatal error "
                "and requested a shutdown for the entire application."
            )
            notes.append(Note(status=Status.SHUTDOWN_APPLICATION, detail=detail))
        tags = frozenset(each.key for each in self._member.metadata.client_tags)
        lacking = [each for each in self._settings.rack_aware_tags if each not in tags]
        if lacking and self._request.knows_version_1:
            detail = f"Missing required client tags for rack-aware standby assignment: {', '.join(lacking)}."
            notes.append(Note(status=Status.MISSING_CLIENT_TAGS, detail=detail))
        return notes
