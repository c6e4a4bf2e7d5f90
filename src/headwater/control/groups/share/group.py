"""A share group as its records say. Replay alone changes it; `Groups` of the registry holds nothing else that is durable of it.

    Empty    nobody is a member
    Stable   somebody is: a share group has no rebalance that its members would take part in

The group epoch grows with every change of members, subscriptions or subscribed topics. The target assignment follows it,
not more often than `share.assignment.interval.ms` allows, and each member follows the target with its next heartbeat.
"""

from collections.abc import Iterator, Mapping
from enum import Enum

from msgspec.structs import replace

from headwater.control.groups.records import GroupRecord
from headwater.control.groups.share import records
from headwater.control.groups.share.member import Member
from headwater.control.groups.share.partitions import Partitions
from headwater.control.groups.share.state_partitions import StatePartitions
from headwater.kernel.units import Timestamp
from headwater.wire.types import Uuid


class State(Enum):
    """By the names that ShareGroupDescribe uses."""

    EMPTY = "Empty"
    STABLE = "Stable"


class ShareGroup:
    def __init__(self, group_id: str) -> None:
        self.group_id = group_id
        self.epoch = 0
        self.metadata_hash = 0
        self.assignment_epoch = 0
        self.assigned_at = Timestamp(0)
        self.members: dict[str, Member] = {}
        self.targets: dict[str, Partitions] = {}
        self.state_partitions: StatePartitions | None = None
        """None where nothing was ever written about them."""
        self.revision = 0
        """Another one whenever members' topics, targets or state partitions may have changed."""
        self._assigned: Mapping[Uuid, frozenset[int]] | None = None

    @property
    def state(self) -> State:
        return State.STABLE if self.members else State.EMPTY

    @property
    def shares(self) -> StatePartitions:
        return self.state_partitions or StatePartitions()

    @property
    def assigned(self) -> Mapping[Uuid, frozenset[int]]:
        """What the target assignment gives to anybody."""
        if self._assigned is None:
            union: dict[Uuid, set[int]] = {}
            for partitions in self.targets.values():
                for topic_id, indexes in partitions.items():
                    union.setdefault(topic_id, set()).update(indexes)
            self._assigned = {topic_id: frozenset(indexes) for topic_id, indexes in union.items()}
        return self._assigned

    # --- replaying; None is a tombstone

    def replay_epoch(self, epoch: int, metadata_hash: int) -> None:
        self.epoch, self.metadata_hash = epoch, metadata_hash

    def replay_member(self, member_id: str, subscription: Member | None) -> None:
        """Its epochs and what it is assigned are told by another record."""
        self.revision += 1
        if subscription is None:
            self.members.pop(member_id, None)
            return
        known = self.members.get(member_id, subscription)
        self.members[member_id] = replace(
            subscription, epoch=known.epoch, previous_epoch=known.previous_epoch, assigned=known.assigned
        )

    def replay_assignment(self, member_id: str, assignment: Member | None) -> None:
        """A tombstone comes before the member's own, or stands where a compacted log has lost that."""
        known = self.members.get(member_id)
        if assignment is None:
            if known is not None:
                self.members[member_id] = replace(known, epoch=0, previous_epoch=0, assigned={})
            return
        known = known or Member(member_id=member_id)
        self.members[member_id] = replace(
            known, epoch=assignment.epoch, previous_epoch=assignment.previous_epoch, assigned=assignment.assigned
        )

    def replay_target(self, member_id: str, partitions: Partitions | None) -> None:
        if partitions is None:
            self.targets.pop(member_id, None)
        else:
            self.targets[member_id] = partitions
        self.revision += 1
        self._assigned = None

    def replay_state_partitions(self, state: StatePartitions | None) -> None:
        self.state_partitions = state
        self.revision += 1

    def replay_assignment_epoch(self, epoch: int, assigned_at: Timestamp) -> None:
        self.assignment_epoch, self.assigned_at = epoch, assigned_at

    def snapshot(self) -> Iterator[GroupRecord]:
        for member in self.members.values():
            yield records.subscription(self.group_id, member.member_id, member)
        yield records.group_epoch(self.group_id, self.epoch, self.metadata_hash)
        for member_id, partitions in self.targets.items():
            yield records.target(self.group_id, member_id, partitions)
        yield records.assignment_epoch(self.group_id, self.assignment_epoch, self.assigned_at)
        for member in self.members.values():
            yield records.assignment(self.group_id, member.member_id, member)
        if self.state_partitions is not None:
            yield records.state_partitions(self.group_id, self.state_partitions)

    def tombstones(self) -> Iterator[GroupRecord]:
        """In Kafka's order: the group's own epoch goes last, for it is what says that the group is there."""
        for member_id in self.members:
            yield records.assignment(self.group_id, member_id, None)
        for member_id in self.targets:
            yield records.target(self.group_id, member_id, None)
        yield records.no_assignment_epoch(self.group_id)
        for member_id in self.members:
            yield records.subscription(self.group_id, member_id, None)
        yield records.state_partitions(self.group_id, None)
        yield records.no_group_epoch(self.group_id)
