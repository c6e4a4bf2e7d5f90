"""Who may commit offsets for a streams group, and read them: its members, at their epoch.

A commit may be on its way while the member's epoch moves on. So one with an older epoch counts where it only names
partitions of tasks that the member has had since then.
"""

from headwater.control.groups.errors import GroupError, StaleMemberEpoch, UnknownMember
from headwater.control.groups.requests import CommitOffsets, ReadOffsets
from headwater.control.groups.step import Step
from headwater.control.groups.streams.group import Group, Member
from headwater.control.groups.streams.table import Table
from headwater.control.groups.streams.tasks import TaskId
from headwater.control.groups.streams.topology import readers_of
from headwater.kernel.units import Timestamp
from headwater.wire.records.offset_commit_value import OffsetCommitValue


class StreamsOffsetRules:
    """The port `OffsetRules`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def check_commit(self, request: CommitOffsets, step: Step) -> GroupError | None:
        """While the group has no members anybody may commit."""
        del step
        group = self._table.groups[request.group_id]
        if request.generation < 0 and not len(group):
            return None
        return _check_member(group, request)

    def check_commit_in_transaction(self, request: CommitOffsets, step: Step) -> GroupError | None:
        """Producers need not say who they are; those that do are held to it."""
        if request.generation < 0 and not request.member_id and request.instance_id is None:
            return None
        return self.check_commit(request, step)

    def check_read(self, request: ReadOffsets) -> GroupError | None:
        if request.member_id is None and request.member_epoch < 0:
            return None
        member = self._table.groups[request.group_id].get(request.member_id or "")
        if member is None:
            return UnknownMember(request.member_id or "")
        if request.member_epoch != member.standing.epoch:
            return StaleMemberEpoch(request.member_epoch, member.standing.epoch)
        return None

    def check_offset_deletion(self, group_id: str, step: Step) -> GroupError | None:
        del group_id, step
        return None

    def topics_in_use(self, group_id: str, step: Step) -> frozenset[str]:
        del step
        group = self._table.groups[group_id]
        return frozenset(readers_of(group.topology)) if len(group) and group.topology else frozenset()

    def retention_begin(self, group_id: str, value: OffsetCommitValue) -> Timestamp:
        del group_id
        return Timestamp(value.commit_timestamp)


def _check_member(group: Group, request: CommitOffsets) -> GroupError | None:
    member = group.get(request.member_id)
    if member is None:
        return UnknownMember(request.member_id)
    epoch = member.standing.epoch
    if request.generation == epoch or (request.generation < epoch and _had_since(group, member, request)):
        return None
    return StaleMemberEpoch(request.generation, epoch)


def _had_since(group: Group, member: Member, request: CommitOffsets) -> bool:
    """Whether the member has had all these tasks since the epoch of the commit, those included that it is to give up."""
    readers = readers_of(group.topology) if group.topology is not None else {}
    held = {**member.standing.revoking.active, **member.standing.held.active}
    for each in request.offsets:
        since = held.get(TaskId(readers.get(each.topic, ""), each.partition))
        if since is None or request.generation < since:
            return False
    return True
