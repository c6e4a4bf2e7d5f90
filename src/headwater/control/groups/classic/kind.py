"""Classic groups as a kind: what is asked of them, and which records they are."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from headwater.control.groups.classic import queries
from headwater.control.groups.classic.committing import ClassicOffsetRules
from headwater.control.groups.classic.group import CLASSIC, State
from headwater.control.groups.classic.joining import join
from headwater.control.groups.classic.leaving import leave, session_is_over
from headwater.control.groups.classic.rebalance import join_time_is_over
from headwater.control.groups.classic.requests import GroupDescription, Heartbeat, Join, Leave, Sync
from headwater.control.groups.classic.syncing import heartbeat, sync, sync_time_is_over
from headwater.control.groups.classic.table import JOIN, MEMBER, Table
from headwater.control.groups.errors import GroupError, GroupNotEmpty, InconsistentProtocol, UnknownMember
from headwater.control.groups.kind import Decider, Kind, Replayer
from headwater.control.groups.offsets import Offsets
from headwater.control.groups.records import GroupRecord, group_record
from headwater.control.groups.requests import GroupOverview
from headwater.control.groups.settings import GroupSettings
from headwater.control.groups.step import Step
from headwater.machine.decision import Ticket
from headwater.wire.records.group_metadata_key import GroupMetadataKey
from headwater.wire.records.group_metadata_value import GroupMetadataValue

_TAKEN_OVER: Final = frozenset({"consumer", "streams"})


class ClassicGroups:
    """What is durable is `Table.stored`; sessions, parked joins and rebalances are volatile.

    An id under which there is nothing but offsets is a classic group without members, unless another kind holds it.
    """

    name = CLASSIC
    ends_with_its_offsets = True

    def __init__(self, *, settings: Callable[[], GroupSettings], offsets: Offsets) -> None:
        self.table = Table(settings)
        self._offsets = offsets
        self.offset_rules = ClassicOffsetRules(self.table, offsets)
        self.deciders: Mapping[type, Decider] = {
            Join: lambda request, ticket, step: join(self.table, request, ticket, step),
            Sync: lambda request, ticket, step: sync(self.table, request, ticket, step),
            Heartbeat: lambda request, ticket, step: heartbeat(self.table, request, ticket, step),
            Leave: lambda request, ticket, step: leave(self.table, request, ticket, step),
        }
        self.replayers: Mapping[type, Replayer] = {GroupMetadataKey: self._replay}

    def __contains__(self, group_id: object) -> bool:
        return group_id in self.table.live or group_id in self.table.stored or group_id in self._offsets

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self.table.stored, *self.table.live, *self._offsets.groups()]))

    def overview(self, group_id: str) -> GroupOverview:
        return queries.overview(self.table, group_id)

    def describe(self, group_id: str) -> GroupDescription:
        return queries.describe(self.table, group_id)

    # --- among other kinds

    def takes_over(self, request: Any, holder: Kind, step: Step) -> bool:
        taken = isinstance(request, Join) and holder.name in _TAKEN_OVER
        return taken and holder.release(request.group_id, step) is None

    def decline(self, request: Any, ticket: Ticket, step: Step) -> None:
        if isinstance(request, Join):
            step.answer(ticket, InconsistentProtocol())
        elif isinstance(request, Leave):
            step.answer(ticket, tuple(UnknownMember(each.member_id) for each in request.members))
        else:
            step.answer(ticket, UnknownMember(request.member_id))

    def release(self, group_id: str, step: Step) -> GroupError | None:
        """Ids that were given out, and have not joined, are forgotten with the group."""
        group = self.table.get(group_id, step.moment)
        if group is not None and group.state is not State.EMPTY:
            return GroupNotEmpty(group_id)
        self.table.live.pop(group_id, None)
        if group_id in self.table.stored:
            step.write(group_record(group_id, None))
        return None

    # --- time

    def next_deadline(self) -> int | None:
        return self.table.deadlines.next() if self.table.awake else 0

    def decide_due(self, step: Step) -> None:
        if not self.table.awake:
            self.table.wake_some(step.moment)
        for word, group_id, member_id in self.table.deadlines.due(step.moment.elapsed):
            group = self.table.live.get(group_id)
            if group is None:
                continue
            if word == MEMBER:
                session_is_over(self.table, group, member_id, step)
            elif word == JOIN:
                join_time_is_over(self.table, group, step)
            else:
                sync_time_is_over(self.table, group, step)

    # --- replaying

    def _replay(self, key: GroupMetadataKey, value: GroupMetadataValue | None) -> None:
        if value is None:
            self.table.stored.pop(key.group, None)
        else:
            self.table.stored[key.group] = value

    def snapshot(self) -> Iterator[GroupRecord]:
        for group_id, value in self.table.stored.items():
            yield group_record(group_id, value)
