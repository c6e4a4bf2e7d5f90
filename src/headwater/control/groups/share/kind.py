"""Share groups as a kind: what is asked of them, and which records they are."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from headwater.control.groups.errors import GroupError, GroupNotEmpty, GroupNotFound, OtherKind
from headwater.control.groups.kind import Decider, Kind, Replayer
from headwater.control.groups.ports import Topics
from headwater.control.groups.records import GroupRecord
from headwater.control.groups.requests import GroupOverview, TopicLife
from headwater.control.groups.share import closing, records, starts
from headwater.control.groups.share.group import ShareGroup
from headwater.control.groups.share.heartbeat import decide_waiting, heartbeat
from headwater.control.groups.share.leaving import forget_member
from headwater.control.groups.share.offset_rules import ShareOffsetRules
from headwater.control.groups.share.partitions import Partitions, SharePartition
from headwater.control.groups.share.requests import (
    AlterShareStarts,
    DeleteShareStarts,
    DeleteShareState,
    ShareGroupDescription,
    ShareHeartbeat,
    StateDeleted,
    StateInitialized,
)
from headwater.control.groups.share.settings import ShareGroupSettings
from headwater.control.groups.share.state_partitions import state_of
from headwater.control.groups.share.table import ShareTable
from headwater.control.groups.step import Step
from headwater.kernel.units import Timestamp
from headwater.machine.decision import Ticket
from headwater.wire.records.share_group_current_member_assignment_key import ShareGroupCurrentMemberAssignmentKey
from headwater.wire.records.share_group_current_member_assignment_value import ShareGroupCurrentMemberAssignmentValue
from headwater.wire.records.share_group_member_metadata_key import ShareGroupMemberMetadataKey
from headwater.wire.records.share_group_member_metadata_value import ShareGroupMemberMetadataValue
from headwater.wire.records.share_group_metadata_key import ShareGroupMetadataKey
from headwater.wire.records.share_group_metadata_value import ShareGroupMetadataValue
from headwater.wire.records.share_group_state_partition_metadata_key import ShareGroupStatePartitionMetadataKey
from headwater.wire.records.share_group_state_partition_metadata_value import ShareGroupStatePartitionMetadataValue
from headwater.wire.records.share_group_target_assignment_member_key import ShareGroupTargetAssignmentMemberKey
from headwater.wire.records.share_group_target_assignment_member_value import ShareGroupTargetAssignmentMemberValue
from headwater.wire.records.share_group_target_assignment_metadata_key import ShareGroupTargetAssignmentMetadataKey
from headwater.wire.records.share_group_target_assignment_metadata_value import ShareGroupTargetAssignmentMetadataValue
from headwater.wire.types import Offset, Uuid

SHARE: Final = "share"


class ShareGroups:
    """All share groups of one machine."""

    name = SHARE
    ends_with_its_offsets = False

    def __init__(self, *, topics: Topics, settings: Callable[[str], ShareGroupSettings]) -> None:
        self.table = ShareTable(topics=topics, settings=settings)
        self.offset_rules = ShareOffsetRules()
        self.deciders: Mapping[type, Decider] = {
            ShareHeartbeat: lambda request, ticket, step: heartbeat(self.table, request, ticket, step),
            AlterShareStarts: lambda request, ticket, step: starts.alter(self.table, request, ticket, step),
            DeleteShareStarts: lambda request, ticket, step: starts.delete(self.table, request, ticket, step),
            DeleteShareState: lambda request, ticket, step: starts.delete_state(self.table, request, ticket, step),
            StateInitialized: lambda request, ticket, step: closing.close_initialized(
                self.table, request, ticket, step
            ),
            StateDeleted: lambda request, ticket, step: closing.close_deleted(self.table, request, ticket, step),
        }
        self.replayers: Mapping[type, Replayer] = {
            ShareGroupMemberMetadataKey: self._replay_subscription,
            ShareGroupMetadataKey: self._replay_epoch,
            ShareGroupTargetAssignmentMetadataKey: self._replay_assignment_epoch,
            ShareGroupTargetAssignmentMemberKey: self._replay_target,
            ShareGroupCurrentMemberAssignmentKey: self._replay_assignment,
            ShareGroupStatePartitionMetadataKey: self._replay_state_partitions,
        }

    def __contains__(self, group_id: object) -> bool:
        return group_id in self.table.groups

    def __iter__(self) -> Iterator[str]:
        return iter(self.table.groups)

    # --- reading

    def overview(self, group_id: str) -> GroupOverview:
        state = self.table.groups[group_id].state
        return GroupOverview(group_id=group_id, kind=SHARE, protocol_type=SHARE, state=state.value)

    def describe(self, group_id: str) -> ShareGroupDescription | GroupNotFound:
        group = self.table.groups.get(group_id)
        if group is None:
            return GroupNotFound(group_id)
        return ShareGroupDescription(
            group_id=group_id,
            state=group.state.value,
            epoch=group.epoch,
            assignment_epoch=group.assignment_epoch,
            members=tuple(group.members.values()),
        )

    def initialized(self, group_id: str) -> Partitions:
        """What has share state; nothing of a group that is not there, as Kafka answers it."""
        group = self.table.groups.get(group_id)
        shares = group.shares.initialized if group is not None else {}
        return {topic_id: each.partitions for topic_id, each in shares.items()}

    def all(self) -> list[ShareGroup]:
        return list(self.table.groups.values())

    def starts(self, group_id: str) -> Mapping[SharePartition, Offset]:
        """Where an administrator wants partitions to begin that are being initialized."""
        return self.table.starts.get(group_id, {})

    def topics(self) -> list[TopicLife]:
        """Each once, of which some group knows something."""
        lives = ((name, topic_id) for group in self.all() for topic_id, name in group.shares.topic_ids.items())
        return list(dict.fromkeys(lives))

    # --- among other kinds

    def takes_over(self, request: Any, holder: Kind, step: Step) -> bool:
        del request, holder, step
        return False

    def decline(self, request: Any, ticket: Ticket, step: Step) -> None:
        step.answer(ticket, OtherKind(request.group_id, SHARE))

    def release(self, group_id: str, step: Step) -> GroupError | None:
        """Its share state is gone by then, or is found by nobody any more."""
        group = self.table.groups[group_id]
        if group.members:
            return GroupNotEmpty(group_id)
        step.write(*group.tombstones())
        return None

    def without_topics(self, topics: Iterable[Uuid]) -> Iterator[GroupRecord]:
        """Topics were deleted. The share coordinator forgets their state by itself."""
        gone = frozenset(topics)
        for group in self.table.groups.values():
            after = group.shares.forgotten(gone)
            if after != group.shares:
                yield records.state_partitions(group.group_id, after)

    # --- time

    def next_deadline(self) -> int | None:
        return self.table.deadlines.next() if self.table.awake else 0

    def decide_due(self, step: Step) -> None:
        """One thing a group at a time, for each looks at what the one before has written."""
        table = self.table
        if not table.awake:
            table.wake_some(step.moment)
        busy: dict[str, None] = {}
        for deadline in table.deadlines.due(step.moment.elapsed):
            word, group_id, which = deadline
            if group_id in busy:
                table.deadlines.set(deadline, 0)
            elif word == "request":
                self._give_up(group_id, Ticket(int(which)), step)
            else:
                busy[group_id] = None
                self._decide_due(word, group_id, str(which), step)

    def _decide_due(self, word: str, group_id: str, member_id: str, step: Step) -> None:
        if word == "heartbeat":
            decide_waiting(self.table, group_id, step)
            return
        group = self.table.groups.get(group_id)
        if group is not None and member_id in group.members:
            forget_member(self.table, group, member_id, step)

    def _give_up(self, group_id: str, ticket: Ticket, step: Step) -> None:
        waiting = self.table.waiting.drop_request(group_id, ticket)
        if waiting is not None:
            step.answer(ticket, waiting.answer())

    # --- replaying

    def _replay_subscription(
        self, key: ShareGroupMemberMetadataKey, value: ShareGroupMemberMetadataValue | None
    ) -> None:
        member = None if value is None else records.subscribed(key.member_id, value)
        self._group_of(key.group_id, value).replay_member(key.member_id, member)

    def _replay_epoch(self, key: ShareGroupMetadataKey, value: ShareGroupMetadataValue | None) -> None:
        if value is None:
            self.table.forget(key.group_id)
        else:
            self.table.group(key.group_id).replay_epoch(value.epoch, value.metadata_hash)

    def _replay_assignment_epoch(
        self, key: ShareGroupTargetAssignmentMetadataKey, value: ShareGroupTargetAssignmentMetadataValue | None
    ) -> None:
        group = self._group_of(key.group_id, value)
        if value is None:
            group.replay_assignment_epoch(0, Timestamp(0))
        else:
            group.replay_assignment_epoch(value.assignment_epoch, Timestamp(value.assignment_timestamp))

    def _replay_target(
        self, key: ShareGroupTargetAssignmentMemberKey, value: ShareGroupTargetAssignmentMemberValue | None
    ) -> None:
        partitions = None if value is None else records.partitions_of(value.topic_partitions)
        self._group_of(key.group_id, value).replay_target(key.member_id, partitions)

    def _replay_assignment(
        self, key: ShareGroupCurrentMemberAssignmentKey, value: ShareGroupCurrentMemberAssignmentValue | None
    ) -> None:
        member = None if value is None else records.assigned(key.member_id, value)
        self._group_of(key.group_id, value).replay_assignment(key.member_id, member)

    def _replay_state_partitions(
        self, key: ShareGroupStatePartitionMetadataKey, value: ShareGroupStatePartitionMetadataValue | None
    ) -> None:
        state = None if value is None else state_of(value)
        self._group_of(key.group_id, value).replay_state_partitions(state)

    def snapshot(self) -> Iterator[GroupRecord]:
        for group in self.table.groups.values():
            yield from group.snapshot()

    def _group_of(self, group_id: str, value: object) -> ShareGroup:
        """A tombstone founds no group."""
        if value is None:
            return self.table.groups.get(group_id) or ShareGroup(group_id)
        return self.table.group(group_id)
