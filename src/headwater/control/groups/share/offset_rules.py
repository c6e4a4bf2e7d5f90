"""Committed offsets and share groups have nothing to do with each other: the share coordinator keeps how far a group has come."""

from headwater.control.groups.errors import GroupError, GroupNotFound
from headwater.control.groups.requests import CommitOffsets, ReadOffsets
from headwater.control.groups.step import Step
from headwater.kernel.units import Timestamp
from headwater.wire.records.offset_commit_value import OffsetCommitValue


class ShareOffsetRules:
    """For committed offsets a share group is not there."""

    def check_commit(self, request: CommitOffsets, step: Step) -> GroupError | None:
        del step
        return GroupNotFound(request.group_id)

    def check_commit_in_transaction(self, request: CommitOffsets, step: Step) -> GroupError | None:
        del step
        return GroupNotFound(request.group_id)

    def check_read(self, request: ReadOffsets) -> GroupError | None:
        """Of a group that is not there nothing was committed."""
        del request
        return None

    def check_offset_deletion(self, group_id: str, step: Step) -> GroupError | None:
        del step
        return GroupNotFound(group_id)

    def topics_in_use(self, group_id: str, step: Step) -> frozenset[str] | None:
        del group_id, step
        return frozenset()

    def retention_begin(self, group_id: str, value: OffsetCommitValue) -> Timestamp:
        del group_id
        return Timestamp(value.commit_timestamp)
