"""Consumer groups as a kind: what is asked of them, and which records they are."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from headwater.control.groups.classic.group import State as ClassicState
from headwater.control.groups.classic.joining import check_join
from headwater.control.groups.classic.kind import ClassicGroups
from headwater.control.groups.classic.requests import Heartbeat, Join, Leave, Sync
from headwater.control.groups.consumer import classic_members, queries
from headwater.control.groups.consumer.downgrade import tombstones
from headwater.control.groups.consumer.draft import Draft
from headwater.control.groups.consumer.group import Group
from headwater.control.groups.consumer.heartbeat import heartbeat
from headwater.control.groups.consumer.joining import check
from headwater.control.groups.consumer.leaving import remove_if_late
from headwater.control.groups.consumer.member import JOINING
from headwater.control.groups.consumer.offset_rules import ConsumerOffsetRules
from headwater.control.groups.consumer.replaying import APPLIERS, Applier
from headwater.control.groups.consumer.requests import ConsumerGroupDescription, ConsumerHeartbeat
from headwater.control.groups.consumer.settings import ConsumerGroupSettings
from headwater.control.groups.consumer.snapshot import snapshot
from headwater.control.groups.consumer.subscribing import unmatched
from headwater.control.groups.consumer.table import ASSIGN, Table
from headwater.control.groups.consumer.targets import assign_if_due
from headwater.control.groups.consumer.upgrade import leave_behind, upgraded
from headwater.control.groups.errors import GroupError, GroupNotEmpty, GroupNotFound, OtherKind
from headwater.control.groups.kind import Decider, Kind, Replayer
from headwater.control.groups.ports import Topics
from headwater.control.groups.records import GroupRecord, group_record
from headwater.control.groups.requests import GroupOverview
from headwater.control.groups.step import Step
from headwater.kernel.units import Timestamp
from headwater.machine.decision import Ticket
from headwater.wire.records.consumer_group_metadata_key import ConsumerGroupMetadataKey


class ConsumerGroups:
    """All that a group is stands in its records; only deadlines are volatile."""

    name = queries.CONSUMER
    ends_with_its_offsets = True

    def __init__(
        self, *, settings: Callable[[str], ConsumerGroupSettings], topics: Topics, classic: ClassicGroups
    ) -> None:
        self.table = Table(settings=settings, topics=topics, classic=classic.table)
        self._classic = classic
        self.offset_rules = ConsumerOffsetRules(self.table)
        self.deciders: Mapping[type, Decider] = {
            ConsumerHeartbeat: self._heartbeat,
            Join: self._join,
            Sync: self._sync,
            Heartbeat: self._beat,
            Leave: self._leave,
        }
        self.replayers: Mapping[type, Replayer] = {
            key: partial(self._replay, applier) for key, applier in APPLIERS.items()
        }

    def __contains__(self, group_id: object) -> bool:
        return group_id in self.table.groups

    def __iter__(self) -> Iterator[str]:
        return iter(self.table.groups)

    def overview(self, group_id: str) -> GroupOverview:
        return queries.overview(self.table, group_id)

    def describe(self, group_id: str) -> ConsumerGroupDescription | GroupNotFound:
        group = self.table.groups.get(group_id)
        return GroupNotFound(group_id) if group is None else queries.describe(self.table, group)

    def unmatched(self, group_id: str, expression: str, now: Timestamp) -> tuple[str, ...]:
        """Expressions whose topics the next heartbeat has to bring, `expression` being the one it subscribes to."""
        return unmatched(self.table, group_id, expression, now)

    # --- deciding

    def _heartbeat(self, request: ConsumerHeartbeat, ticket: Ticket, step: Step) -> None:
        classic = self._classic.table.get(request.group_id, step.moment)
        draft = check(request, self.table.settings(request.group_id)) or self._draft(request, step)
        if isinstance(draft, GroupError):
            step.answer(ticket, draft)
            return
        answer = heartbeat(self.table, draft, request, step)
        if classic is not None and not isinstance(answer, GroupError):
            leave_behind(self.table, classic, step)
        step.answer(ticket, answer)

    def _draft(self, request: ConsumerHeartbeat, step: Step) -> Draft | GroupError:
        """Of the group as it is, as it begins, or as it comes from a classic one."""
        draft = self.table.draft(request.group_id, step.moment)
        if draft is not None:
            return draft
        if request.epoch != JOINING:
            return GroupNotFound(request.group_id)
        classic = self._classic.table.get(request.group_id, step.moment)
        if classic is not None and classic.state is not ClassicState.EMPTY:
            return upgraded(self.table, classic, step.moment)
        draft = Draft(Group(request.group_id), step.moment)
        if request.group_id in self._classic.table.stored:
            draft.write(group_record(request.group_id, None))
        return draft

    def _join(self, request: Join, ticket: Ticket, step: Step) -> None:
        """A group without members is given to classic ones."""
        group = self.table.groups[request.group_id]
        if refusal := check_join(self._classic.table, request):
            step.answer(ticket, refusal)
        elif group.members:
            step.answer(ticket, classic_members.join(self.table, Draft(group, step.moment), request, step))
        else:
            self.release(request.group_id, step)
            self._classic.deciders[Join](request, ticket, step)

    def _sync(self, request: Sync, ticket: Ticket, step: Step) -> None:
        step.answer(ticket, classic_members.sync(self.table, self._live(request.group_id, step), request))

    def _beat(self, request: Heartbeat, ticket: Ticket, step: Step) -> None:
        step.answer(ticket, classic_members.heartbeat(self.table, self._live(request.group_id, step), request))

    def _leave(self, request: Leave, ticket: Ticket, step: Step) -> None:
        step.answer(ticket, classic_members.leave(self.table, self._live(request.group_id, step), request, step))

    def _live(self, group_id: str, step: Step) -> Draft:
        return Draft(self.table.groups[group_id], step.moment)

    # --- among other kinds

    def takes_over(self, request: Any, holder: Kind, step: Step) -> bool:
        """Classic groups: those without members, and by `upgrade` those with."""
        del step
        return isinstance(request, ConsumerHeartbeat) and request.epoch == JOINING and holder is self._classic

    def decline(self, request: Any, ticket: Ticket, step: Step) -> None:
        step.answer(ticket, OtherKind(request.group_id, self.name))

    def release(self, group_id: str, step: Step) -> GroupError | None:
        group = self.table.groups[group_id]
        if group.members:
            return GroupNotEmpty(group_id)
        step.write(*tombstones(group))
        self.table.forget_group(group)
        return None

    # --- time

    def next_deadline(self) -> int | None:
        return self.table.deadlines.next() if self.table.awake else 0

    def decide_due(self, step: Step) -> None:
        """What is due of one group builds on one draft; a group that was downgraded meanwhile has no more deadlines."""
        if not self.table.awake:
            self.table.wake_some(step.moment)
        drafts: dict[str, Draft] = {}
        for word, group_id, member_id in self.table.deadlines.due(step.moment.elapsed):
            draft = drafts.get(group_id) or self.table.draft(group_id, step.moment)
            if draft is not None:
                drafts[group_id] = draft
                self._time_is_over(draft, word, member_id, step)

    def _time_is_over(self, draft: Draft, word: str, member_id: str, step: Step) -> None:
        if word == ASSIGN:
            assign_if_due(self.table, draft)
            draft.keep(step)
        else:
            remove_if_late(self.table, draft, word, member_id, step)

    # --- replaying

    def _replay(self, applier: Applier, key: Any, value: Any) -> None:
        group = self.table.groups.get(key.group_id)
        if group is None:
            if value is None:
                return
            group = self.table.groups[key.group_id] = Group(key.group_id)
        applier(group, key, value)
        if value is None and isinstance(key, ConsumerGroupMetadataKey):
            del self.table.groups[key.group_id]

    def snapshot(self) -> Iterator[GroupRecord]:
        for group in self.table.groups.values():
            yield from snapshot(group)
