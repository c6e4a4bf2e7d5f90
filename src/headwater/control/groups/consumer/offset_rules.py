"""Who may commit and read offsets of a consumer group: its members, in their epoch, and while it has none anybody.

A commit may be one or more epochs old, as commits and heartbeats overtake each other, as long as its partitions have been
the member's since that epoch (KIP-1251): nobody else can have read them meanwhile.
"""

from headwater.control.groups.consumer.group import Group
from headwater.control.groups.consumer.member import Member
from headwater.control.groups.consumer.table import Table
from headwater.control.groups.errors import (
    GroupError,
    IllegalGeneration,
    InvalidGroupId,
    StaleMemberEpoch,
    TooOldForEpochs,
    UnknownMember,
)
from headwater.control.groups.requests import CommitOffsets, ReadOffsets
from headwater.control.groups.step import Step
from headwater.kernel.units import Timestamp
from headwater.wire.records.offset_commit_value import OffsetCommitValue


class ConsumerOffsetRules:
    """The port `OffsetRules`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def check_commit(self, request: CommitOffsets, step: Step) -> GroupError | None:
        del step
        group = self._table.groups[request.group_id]
        if request.generation < 0 and not group.members:
            return None
        member = group.members.get(request.member_id)
        if member is not None and member.classic is None and not request.knows_epochs:
            return TooOldForEpochs()
        return _check_epoch(group, request)

    def check_commit_in_transaction(self, request: CommitOffsets, step: Step) -> GroupError | None:
        """Producers before KIP-447 did not say for whom they commit."""
        del step
        if not request.group_id:
            return InvalidGroupId()
        group = self._table.groups[request.group_id]
        knows_its_place = request.generation != -1 or request.member_id or request.instance_id is not None
        if not knows_its_place or (request.generation < 0 and not group.members):
            return None
        return _check_epoch(group, request)

    def check_read(self, request: ReadOffsets) -> GroupError | None:
        if request.member_id is None and request.member_epoch < 0:
            return None
        member = self._table.groups[request.group_id].members.get(request.member_id or "")
        if member is None:
            return UnknownMember(request.member_id or "")
        return None if request.member_epoch == member.epoch else _stale(member, request.member_epoch, member.epoch)

    def check_offset_deletion(self, group_id: str, step: Step) -> GroupError | None:
        del group_id, step
        return None

    def topics_in_use(self, group_id: str, step: Step) -> frozenset[str] | None:
        del step
        return frozenset(self._table.groups[group_id].topics)

    def retention_begin(self, group_id: str, value: OffsetCommitValue) -> Timestamp:
        del group_id
        return Timestamp(value.commit_timestamp)


def _check_epoch(group: Group, request: CommitOffsets) -> GroupError | None:
    member = group.members.get(request.member_id)
    if member is None:
        return UnknownMember(request.member_id)
    if request.generation == member.epoch:
        return None
    if request.generation > member.epoch:
        return _stale(member, request.generation, member.epoch)
    for each in request.offsets:
        since = member.epoch_of(each.topic_id, each.partition)
        if since is None or request.generation < since:
            return _stale(member, request.generation, member.epoch if since is None else since)
    return None


def _stale(member: Member, asked: int, current: int) -> GroupError:
    """In words that the member's protocol knows."""
    return StaleMemberEpoch(asked, current) if member.classic is None else IllegalGeneration(asked, current)
