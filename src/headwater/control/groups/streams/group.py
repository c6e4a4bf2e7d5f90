"""One streams group, as its records say it, and beside it what is only known while the broker runs.

Empty         no members
NotReady      the topology's topics are not there yet, or don't fit
Assigning     the group has changed since its tasks were assigned
Reconciling   members are on their way to what they were assigned
Stable        all have it
"""

from collections.abc import Iterator, Mapping
from enum import Enum

from msgspec import Struct

from headwater.control.groups.records import GroupRecord
from headwater.control.groups.streams.assignor import Slices
from headwater.control.groups.streams.configuring import ConfiguredTopology
from headwater.control.groups.streams.holders import TaskHolders
from headwater.control.groups.streams.reconciling import Standing
from headwater.control.groups.streams.records import (
    assignment_record,
    group_record,
    member_record,
    standing_record,
    target_record,
    topology_record,
)
from headwater.control.groups.streams.tasks import TaskId, Tasks
from headwater.wire.records.streams_group_member_metadata_value import StreamsGroupMemberMetadataValue
from headwater.wire.records.streams_group_metadata_value import StreamsGroupMetadataValue
from headwater.wire.records.streams_group_target_assignment_metadata_value import (
    StreamsGroupTargetAssignmentMetadataValue,
)
from headwater.wire.records.streams_group_topology_value import StreamsGroupTopologyValue

_FOUNDED = StreamsGroupMetadataValue(epoch=1)
_UNASSIGNED = StreamsGroupTargetAssignmentMetadataValue(assignment_epoch=1)
"""A group that has written nothing yet. Epochs begin above these."""


class GroupState(Enum):
    """By the names that ListGroups uses."""

    EMPTY = "Empty"
    NOT_READY = "NotReady"
    ASSIGNING = "Assigning"
    RECONCILING = "Reconciling"
    STABLE = "Stable"


class Member(Struct, frozen=True, kw_only=True):
    """A member at one moment; what a request makes of it is another one of these."""

    member_id: str
    metadata: StreamsGroupMemberMetadataValue
    standing: Standing = Standing()


class Offsets(Struct, frozen=True, kw_only=True):
    """How far a member says it has restored its tasks' states, and where these end."""

    offsets: Mapping[TaskId, int] | None = None
    """None until the member has told any."""
    end_offsets: Mapping[TaskId, int] | None = None


class Refined(Struct, frozen=True, kw_only=True):
    """What members reconcile to in one epoch of the assignment, once and for all of them."""

    epoch: int
    tasks: Mapping[str, Tasks]
    stages: bool
    """Whether it differs from the target, so that another step has to follow."""


class Underway(Struct, frozen=True, kw_only=True):
    """A target that is being computed, of the group as it was when its epoch began to be assigned."""

    epoch: int
    slices: Slices


class Live:
    """What members tell again when it is lost."""

    def __init__(self) -> None:
        self.topics_version: int | None = None
        """Of the topics that were last looked at."""
        self.configured: ConfiguredTopology | None = None
        self.offsets: dict[str, Offsets] = {}
        self.silent: dict[str, None] = {}
        """Members whose clients never tell offsets."""
        self.underway: Underway | None = None
        self.refined: Refined | None = None
        self.heard_of_offsets = False
        """Whether anybody has told offsets since tasks were last refined."""
        self.shutdown_by: str | None = None
        """The member that wants the whole application to end."""
        self.endpoint_epoch = 0

    def forget_member(self, member_id: str) -> None:
        self.offsets.pop(member_id, None)
        self.silent.pop(member_id, None)

    def ask_to_shut_down(self, member_id: str) -> None:
        """The first one to ask is the one that is named."""
        self.shutdown_by = self.shutdown_by or member_id


class Group:
    """Changed by replay alone. A group that is being founded is one of these that nothing was replayed to."""

    def __init__(self, group_id: str) -> None:
        self.group_id = group_id
        self.value = _FOUNDED
        self.assignment = _UNASSIGNED
        self.topology: StreamsGroupTopologyValue | None = None
        self.targets: dict[str, Tasks] = {}
        self.holders = TaskHolders()
        self._members: dict[str, StreamsGroupMemberMetadataValue] = {}
        self._standings: dict[str, Standing] = {}
        self._instances: dict[str, str] = {}
        self._with_endpoints: dict[str, None] = {}

    def __len__(self) -> int:
        """How many members there are."""
        return len(self._members)

    def __iter__(self) -> Iterator[Member]:
        return (self._member(each) for each in self._members)

    def __contains__(self, member_id: object) -> bool:
        return member_id in self._members

    def get(self, member_id: str) -> Member | None:
        return self._member(member_id) if member_id in self._members else None

    def instance(self, instance_id: str) -> Member | None:
        member_id = self._instances.get(instance_id)
        return None if member_id is None else self._member(member_id)

    def with_endpoints(self) -> Iterator[Member]:
        """Those that can be asked for their state."""
        return (self._member(each) for each in self._with_endpoints)

    def _member(self, member_id: str) -> Member:
        return Member(
            member_id=member_id,
            metadata=self._members[member_id],
            standing=self._standings.get(member_id, Standing()),
        )

    @property
    def state(self) -> GroupState:
        if not self._members:
            return GroupState.EMPTY
        if self.topology is None or self.topology.epoch != self.value.validated_topology_epoch:
            return GroupState.NOT_READY
        if self.value.epoch > self.assignment.assignment_epoch:
            return GroupState.ASSIGNING
        arrived = all(each.standing.is_reconciled_to(self.assignment.assignment_epoch) for each in self)
        return GroupState.STABLE if arrived else GroupState.RECONCILING

    # --- replaying

    @property
    def is_gone(self) -> bool:
        """Whether nothing is left of it."""
        return self.is_as_founded and self.topology is None and not (self._members or self._standings or self.targets)

    @property
    def is_as_founded(self) -> bool:
        return self.value == _FOUNDED and self.assignment == _UNASSIGNED

    def replay_value(self, value: StreamsGroupMetadataValue | None) -> None:
        self.value = value or _FOUNDED

    def replay_topology(self, value: StreamsGroupTopologyValue | None) -> None:
        self.topology = value

    def replay_assignment(self, value: StreamsGroupTargetAssignmentMetadataValue | None) -> None:
        self.assignment = value or _UNASSIGNED

    def replay_target(self, member_id: str, tasks: Tasks | None) -> None:
        if tasks is None:
            self.targets.pop(member_id, None)
        else:
            self.targets[member_id] = tasks

    def replay_member(self, member_id: str, value: StreamsGroupMemberMetadataValue | None) -> None:
        self._release(member_id)
        old = self._members.pop(member_id, None) if value is None else self._members.get(member_id)
        if old is not None and old.instance_id is not None and self._instances.get(old.instance_id) == member_id:
            del self._instances[old.instance_id]
        self._with_endpoints.pop(member_id, None)
        if value is not None:
            self._members[member_id] = value
            if value.user_endpoint is not None:
                self._with_endpoints[member_id] = None
            if value.instance_id is not None:
                self._instances[value.instance_id] = member_id
        self._hold(member_id)

    def replay_standing(self, member_id: str, standing: Standing | None) -> None:
        self._release(member_id)
        if standing is None:
            self._standings.pop(member_id, None)
        else:
            self._standings[member_id] = standing
        self._hold(member_id)

    def _hold(self, member_id: str) -> None:
        """A member's process and its tasks come in two records, in any order."""
        metadata, standing = self._members.get(member_id), self._standings.get(member_id)
        if metadata is not None and standing is not None:
            self.holders.add(metadata.process_id, standing.held)
            self.holders.add(metadata.process_id, standing.revoking)

    def _release(self, member_id: str) -> None:
        metadata, standing = self._members.get(member_id), self._standings.get(member_id)
        if metadata is not None and standing is not None:
            self.holders.remove(metadata.process_id, standing.held)
            self.holders.remove(metadata.process_id, standing.revoking)

    def snapshot(self) -> Iterator[GroupRecord]:
        yield group_record(self.group_id, self.value)
        if self.topology is not None:
            yield topology_record(self.group_id, self.topology)
        yield assignment_record(self.group_id, self.assignment)
        for member_id, metadata in self._members.items():
            yield member_record(self.group_id, member_id, metadata)
        for member_id, tasks in self.targets.items():
            yield target_record(self.group_id, member_id, tasks)
        for member_id, standing in self._standings.items():
            yield standing_record(self.group_id, member_id, standing)

    def tombstones(self) -> Iterator[GroupRecord]:
        """For all that the group has written."""
        for record in self.snapshot():
            yield GroupRecord(key=record.key, value=None)
