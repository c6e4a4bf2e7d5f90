"""The group machine: every group whose id falls on one partition of `__consumer_offsets`.

Requests find their decider by type; a record finds its replayer by the type of its key. What is durable is what the log's
records say (`Table.stored` and `Offsets`); sessions, parked joins and rebalances are volatile.
"""

from collections.abc import Callable, Iterator
from typing import Any

from headwater.control.groups import expiry, queries
from headwater.control.groups.committing import check_commit, check_commit_in_transaction
from headwater.control.groups.errors import (
    GroupError,
    GroupNotEmpty,
    GroupNotFound,
    InvalidGroupId,
    SubscribedToTopic,
)
from headwater.control.groups.group import CONSUMER, Group, State
from headwater.control.groups.joining import join
from headwater.control.groups.leaving import leave, session_is_over
from headwater.control.groups.offsets import Offsets, committed
from headwater.control.groups.rebalance import join_time_is_over
from headwater.control.groups.records import GroupRecord, group_record, offset_record
from headwater.control.groups.requests import (
    CommitInTransaction,
    CommitOffsets,
    DeleteGroup,
    DeleteOffsets,
    EndOfTransaction,
    ForgetTopics,
    GroupDescription,
    GroupOverview,
    Heartbeat,
    Join,
    Leave,
    Refusals,
    Sync,
)
from headwater.control.groups.settings import GroupSettings
from headwater.control.groups.step import Step
from headwater.control.groups.subscriptions import subscribed_topics
from headwater.control.groups.syncing import heartbeat, sync, sync_time_is_over
from headwater.control.groups.table import JOIN, MEMBER, RETENTION, SYNC, Table
from headwater.control.groups.undecided import in_transaction
from headwater.machine.decision import Decision, Record, Ticket
from headwater.machine.machine import Moment
from headwater.machine.transactional import InTransaction, TransactionEnd
from headwater.wire.records.group_metadata_key import GroupMetadataKey
from headwater.wire.records.group_metadata_value import GroupMetadataValue
from headwater.wire.records.offset_commit_key import OffsetCommitKey
from headwater.wire.records.offset_commit_value import OffsetCommitValue


class Groups:
    """Classic groups and their offsets."""

    def __init__(self, *, settings: Callable[[], GroupSettings]) -> None:
        self._table = Table(settings)
        self.offsets = Offsets()
        self._expiry = expiry.Expiry(self._table, self.offsets)
        self._deciders: dict[type, Callable[[Any, Ticket, Step], None]] = {
            Join: lambda request, ticket, step: join(self._table, request, ticket, step),
            Sync: lambda request, ticket, step: sync(self._table, request, ticket, step),
            Heartbeat: lambda request, ticket, step: heartbeat(self._table, request, ticket, step),
            Leave: lambda request, ticket, step: leave(self._table, request, ticket, step),
            CommitOffsets: self._commit,
            CommitInTransaction: self._commit_in_transaction,
            EndOfTransaction: self._end_transaction,
            DeleteGroup: self._delete,
            DeleteOffsets: self._delete_offsets,
            ForgetTopics: self._forget_topics,
        }

    # --- deciding

    def decide(self, request: object, *, ticket: Ticket, moment: Moment) -> Decision:
        step = Step(moment)
        self._deciders[type(request)](request, ticket, step)
        return step.decision()

    def next_deadline(self) -> int | None:
        return self._table.deadlines.next() if self._table.awake else 0

    def decide_due(self, moment: Moment) -> Decision:
        step = Step(moment)
        if not self._table.awake:
            self._table.wake_some(moment)
            self._expiry.begin(moment)
        for kind, group_id, member_id in self._table.deadlines.due(moment.elapsed):
            if kind == RETENTION:
                self._expiry.go_on(step)
                continue
            group = self._table.live.get(group_id)
            if group is None:
                continue
            if kind == MEMBER:
                session_is_over(self._table, group, member_id, step)
            elif kind == JOIN:
                join_time_is_over(self._table, group, step)
            elif kind == SYNC:
                sync_time_is_over(self._table, group, step)
        return step.decision()

    def _commit(self, request: CommitOffsets, ticket: Ticket, step: Step) -> None:
        refusal = check_commit(self._table, request, step, exists=self._exists(request.group_id))
        step.answer(ticket, refusal or self._committed(request, step, lambda record: record))

    def _commit_in_transaction(self, request: CommitInTransaction, ticket: Ticket, step: Step) -> None:
        commit = request.commit
        refusal = check_commit_in_transaction(self._table, commit, step, exists=self._exists(commit.group_id))
        step.answer(
            ticket,
            refusal
            or self._committed(
                commit, step, lambda record: in_transaction(request.producer_id, request.producer_epoch, record)
            ),
        )

    def _committed(self, request: CommitOffsets, step: Step, wrap: Callable[[GroupRecord], Record]) -> Refusals:
        bound = self._table.settings.offset_metadata_max_bytes
        refusals: list[GroupError | None] = []
        for each in request.offsets:
            outcome = committed(request, each, now=step.moment.wall, metadata_max_bytes=bound)
            if isinstance(outcome, GroupError):
                refusals.append(outcome)
            else:
                step.write(wrap(outcome))
                refusals.append(None)
        return tuple(refusals)

    def _end_transaction(self, request: EndOfTransaction, ticket: Ticket, step: Step) -> None:
        """Written in any case: the marker also fences what comes late."""
        step.write(request.end)
        step.answer(ticket, None)

    def _delete(self, request: DeleteGroup, ticket: Ticket, step: Step) -> None:
        group = self._table.get(request.group_id, step.moment)
        if group is not None and group.state is not State.EMPTY:
            step.answer(ticket, GroupNotEmpty(request.group_id))
        elif not self._exists(request.group_id):
            step.answer(ticket, GroupNotFound(request.group_id))
        else:
            step.write(*self.offsets.forgotten(request.group_id))
            if request.group_id in self._table.stored:
                step.write(group_record(request.group_id, None))
            step.answer(ticket, None)

    def _delete_offsets(self, request: DeleteOffsets, ticket: Ticket, step: Step) -> None:
        group = self._table.get(request.group_id, step.moment)
        if not request.group_id:
            step.answer(ticket, InvalidGroupId())
        elif not self._exists(request.group_id):
            step.answer(ticket, GroupNotFound(request.group_id))
        elif group is not None and group.state is not State.EMPTY and group.protocol_type != CONSUMER:
            step.answer(ticket, GroupNotEmpty(request.group_id))
        else:
            step.answer(ticket, self._deletions(request, group, step))

    def _deletions(self, request: DeleteOffsets, group: Group | None, step: Step) -> Refusals:
        """While the members' topics can't be known, every topic counts as subscribed."""
        in_use = group is not None and group.state is not State.EMPTY
        topics = subscribed_topics(group) if group is not None and in_use else frozenset()
        stored = self.offsets.of(request.group_id)
        refusals: list[GroupError | None] = []
        for topic, partition in request.partitions:
            if topics is None or topic in topics:
                refusals.append(SubscribedToTopic(topic))
                continue
            if (topic, partition) in stored:
                step.write(offset_record(request.group_id, topic, partition, None))
            refusals.append(None)
        return tuple(refusals)

    def _forget_topics(self, request: ForgetTopics, ticket: Ticket, step: Step) -> None:
        step.write(*self.offsets.of_topics(request.topics))
        step.answer(ticket, None)

    def _exists(self, group_id: str) -> bool:
        return group_id in self._table.live or group_id in self._table.stored or group_id in self.offsets

    # --- reading

    def overviews(self) -> list[GroupOverview]:
        return queries.overviews(self._table, self.offsets)

    def describe(self, group_id: str) -> GroupDescription | GroupNotFound:
        return queries.describe(self._table, self.offsets, group_id)

    # --- replaying

    def replay(self, record: GroupRecord | InTransaction | TransactionEnd) -> None:
        if isinstance(record, TransactionEnd):
            self.offsets.replay_end(record)
        elif isinstance(record, InTransaction):
            self._replay_in_transaction(record)
        else:
            self._replay(record)

    def _replay_in_transaction(self, held: InTransaction) -> None:
        """Nothing but offsets is committed in transactions."""
        key, value = held.record.key, held.record.value
        if isinstance(key, OffsetCommitKey) and isinstance(value, OffsetCommitValue):
            self.offsets.replay_undecided(held, key, value)

    def _replay(self, record: GroupRecord) -> None:
        key, value = record.key, record.value
        if isinstance(key, OffsetCommitKey):
            assert value is None or isinstance(value, OffsetCommitValue)
            self.offsets.replay(key, value)
        elif isinstance(key, GroupMetadataKey):
            assert value is None or isinstance(value, GroupMetadataValue)
            if value is None:
                self._table.stored.pop(key.group, None)
            else:
                self._table.stored[key.group] = value

    def snapshot(self) -> Iterator[GroupRecord | InTransaction]:
        for group_id, value in self._table.stored.items():
            yield group_record(group_id, value)
        yield from self.offsets.snapshot()
