"""Streams groups as a kind: what is asked of them, and which records they are."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from headwater.control.groups.errors import GroupError, GroupNotEmpty, GroupNotFound, OtherKind
from headwater.control.groups.kind import Decider, Kind, Replayer
from headwater.control.groups.ports import Topics
from headwater.control.groups.records import GroupRecord
from headwater.control.groups.requests import GroupOverview
from headwater.control.groups.step import Step
from headwater.control.groups.streams import describing
from headwater.control.groups.streams.assigning import first_target, go_on
from headwater.control.groups.streams.checking import JOINS
from headwater.control.groups.streams.committing import StreamsOffsetRules
from headwater.control.groups.streams.describing import STREAMS, StreamsGroupDescription
from headwater.control.groups.streams.group import Group
from headwater.control.groups.streams.heartbeat import heartbeat
from headwater.control.groups.streams.leaving import remove
from headwater.control.groups.streams.records import standing_of, target_of
from headwater.control.groups.streams.requests import StreamsHeartbeat, TellTopology
from headwater.control.groups.streams.settings import StreamsSettings
from headwater.control.groups.streams.table import ASSIGN, INITIAL, Table
from headwater.control.groups.streams.telling import tell_topology
from headwater.machine.decision import Ticket
from headwater.wire.records.streams_group_current_member_assignment_key import StreamsGroupCurrentMemberAssignmentKey
from headwater.wire.records.streams_group_member_metadata_key import StreamsGroupMemberMetadataKey
from headwater.wire.records.streams_group_metadata_key import StreamsGroupMetadataKey
from headwater.wire.records.streams_group_target_assignment_member_key import StreamsGroupTargetAssignmentMemberKey
from headwater.wire.records.streams_group_target_assignment_metadata_key import StreamsGroupTargetAssignmentMetadataKey
from headwater.wire.records.streams_group_topology_key import StreamsGroupTopologyKey

_TAKEN_OVER = "classic"


class StreamsGroups:
    """What is durable is `Table.groups`; sessions, reported offsets and the look at the cluster's topics are volatile."""

    name = STREAMS
    ends_with_its_offsets = True

    def __init__(self, *, settings: Callable[[str], StreamsSettings], topics: Topics) -> None:
        self.table = Table(settings, topics)
        self.offset_rules = StreamsOffsetRules(self.table)
        self.deciders: Mapping[type, Decider] = {
            StreamsHeartbeat: lambda request, ticket, step: heartbeat(self.table, request, ticket, step),
            TellTopology: lambda request, ticket, step: tell_topology(self.table, request, ticket, step),
        }
        self.replayers: Mapping[type, Replayer] = {
            StreamsGroupMetadataKey: self._replaying(lambda group, _, value: group.replay_value(value)),
            StreamsGroupTopologyKey: self._replaying(lambda group, _, value: group.replay_topology(value)),
            StreamsGroupTargetAssignmentMetadataKey: self._replaying(
                lambda group, _, value: group.replay_assignment(value)
            ),
            StreamsGroupMemberMetadataKey: self._replaying(
                lambda group, key, value: group.replay_member(key.member_id, value)
            ),
            StreamsGroupTargetAssignmentMemberKey: self._replaying(
                lambda group, key, value: group.replay_target(key.member_id, value and target_of(value))
            ),
            StreamsGroupCurrentMemberAssignmentKey: self._replaying(
                lambda group, key, value: group.replay_standing(key.member_id, value and standing_of(value))
            ),
        }

    def __contains__(self, group_id: object) -> bool:
        return group_id in self.table.groups

    def __iter__(self) -> Iterator[str]:
        return iter(self.table.groups)

    def overview(self, group_id: str) -> GroupOverview:
        return describing.overview(self.table.groups[group_id])

    def describe(self, group_id: str) -> StreamsGroupDescription | GroupNotFound:
        group = self.table.groups.get(group_id)
        return GroupNotFound(group_id) if group is None else describing.describe(self.table, group)

    # --- among other kinds

    def takes_over(self, request: Any, holder: Kind, step: Step) -> bool:
        joins = isinstance(request, StreamsHeartbeat) and request.message.member_epoch == JOINS
        return joins and holder.name == _TAKEN_OVER and holder.release(request.group_id, step) is None

    def decline(self, request: Any, ticket: Ticket, step: Step) -> None:
        step.answer(ticket, OtherKind(request.group_id, self.name))

    def release(self, group_id: str, step: Step) -> GroupError | None:
        group = self.table.groups[group_id]
        if len(group):
            return GroupNotEmpty(group_id)
        step.write(*group.tombstones())
        self.table.forget_live(group_id)
        self.table.descriptions.forget(group_id)
        return None

    # --- time

    def next_deadline(self) -> int | None:
        return self.table.deadlines.next() if self.table.awake else 0

    def decide_due(self, step: Step) -> None:
        if not self.table.awake:
            self.table.wake_some(step.moment)
        for word, group_id, member_id in self.table.due(step.moment):
            group = self.table.groups.get(group_id)
            member = group.get(member_id) if group is not None else None
            if group is not None and word == INITIAL:
                step.write(*first_target(self.table, group, step.moment))
            elif group is not None and word == ASSIGN:
                go_on(self.table, group, step)
            elif group is not None and member is not None:
                remove(self.table, group, member, step)

    # --- replaying

    def _replaying(self, apply: Callable[[Group, Any, Any], None]) -> Replayer:
        def replay(key: Any, value: Any) -> None:
            group = self.table.replaying(key.group_id)
            apply(group, key, value)
            self.table.replayed(group)

        return replay

    def snapshot(self) -> Iterator[GroupRecord]:
        for group in self.table.groups.values():
            yield from group.snapshot()
