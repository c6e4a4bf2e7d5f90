"""Who may commit offsets for a classic group: its members, in its generation, and while it has none anybody.

Commits in transactions are less strict about generations, since producers before KIP-447 did not know them. Where one
knows its generation it is held to it: so a consumer that was thrown out of the group is fenced without a transactional id.
"""

from headwater.control.groups.classic.group import CONSUMER, Group, State
from headwater.control.groups.classic.joining import check_member
from headwater.control.groups.classic.rebalance import touch
from headwater.control.groups.classic.subscriptions import subscribed_topics
from headwater.control.groups.classic.table import Table
from headwater.control.groups.errors import (
    GroupError,
    GroupNotEmpty,
    GroupNotFound,
    IllegalGeneration,
    InvalidGroupId,
    RebalanceInProgress,
    UnknownMember,
)
from headwater.control.groups.offsets import Offsets
from headwater.control.groups.requests import CommitOffsets, ReadOffsets
from headwater.control.groups.step import Step
from headwater.kernel.units import Timestamp
from headwater.wire.records.offset_commit_value import OffsetCommitValue


class ClassicOffsetRules:
    """The port `OffsetRules`. Also asked of ids that nobody holds: a first commit founds a group."""

    def __init__(self, table: Table, offsets: Offsets) -> None:
        self._table = table
        self._offsets = offsets

    def check_commit(self, request: CommitOffsets, step: Step) -> GroupError | None:
        """Outside a group's generations anyone may commit, for as long as the group has no members. Old clients commit for
        a group without a name, which so can be read and deleted, but not joined."""
        group = self._table.get(request.group_id, step.moment)
        if group is None and not self._exists(request.group_id):
            return None if request.generation < 0 else GroupNotFound(request.group_id)
        if group is None or group.state is State.EMPTY:
            return None if request.generation < 0 else UnknownMember(request.member_id)
        if refusal := _check_generation(group, request):
            return refusal
        if group.state is State.COMPLETING:
            return RebalanceInProgress()
        member = group.get(request.member_id)
        assert member is not None
        touch(self._table, group, member, step)
        return None

    def check_commit_in_transaction(self, request: CommitOffsets, step: Step) -> GroupError | None:
        if not request.group_id:
            return InvalidGroupId()
        group = self._table.get(request.group_id, step.moment)
        if group is None and not self._exists(request.group_id):
            return None if request.generation < 0 else IllegalGeneration(request.generation, -1)
        knows_its_place = request.generation >= 0 or request.member_id or request.instance_id is not None
        if not knows_its_place:
            return None
        if group is None or group.state is State.EMPTY:
            return None if request.generation < 0 else UnknownMember(request.member_id)
        return _check_generation(group, request)

    def check_read(self, request: ReadOffsets) -> GroupError | None:
        """Classic members read before they know their generation, and so aren't asked for it."""
        del request
        return None

    def check_offset_deletion(self, group_id: str, step: Step) -> GroupError | None:
        """What members of other protocols read can't be known, so nothing of theirs may go."""
        group = self._with_members(group_id, step)
        return GroupNotEmpty(group_id) if group is not None and group.protocol_type != CONSUMER else None

    def topics_in_use(self, group_id: str, step: Step) -> frozenset[str] | None:
        group = self._with_members(group_id, step)
        return frozenset() if group is None else subscribed_topics(group)

    def retention_begin(self, group_id: str, value: OffsetCommitValue) -> Timestamp:
        """When the group became empty. The commit counts for those that have members, and for simple consumers' groups."""
        stored = self._table.stored.get(group_id)
        live = self._table.live.get(group_id)
        if live is not None and live.state is not State.EMPTY:
            stored = None
        became_empty = -1 if stored is None else stored.current_state_timestamp
        return Timestamp(value.commit_timestamp if became_empty < 0 else became_empty)

    def _with_members(self, group_id: str, step: Step) -> Group | None:
        group = self._table.get(group_id, step.moment)
        return None if group is None or group.state is State.EMPTY else group

    def _exists(self, group_id: str) -> bool:
        return group_id in self._table.live or group_id in self._table.stored or group_id in self._offsets


def _check_generation(group: Group, request: CommitOffsets) -> GroupError | None:
    if refusal := check_member(group, request.member_id, request.instance_id):
        return refusal
    if request.generation != group.generation:
        return IllegalGeneration(request.generation, group.generation)
    return None
