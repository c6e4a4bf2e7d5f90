"""The group machine: every group whose id falls on one partition of `__consumer_offsets`, and what they have committed.

It is a registry of kinds. A request finds its decider by the kind that holds its group, a record its replayer by the type
of its key. Offsets stand beside the kinds, which say who may commit them.
"""

from collections.abc import Callable, Iterator
from typing import Any

from headwater.control.groups.classic.kind import ClassicGroups
from headwater.control.groups.classic.requests import GroupDescription
from headwater.control.groups.consumer.kind import ConsumerGroups
from headwater.control.groups.consumer.settings import ConsumerGroupSettings
from headwater.control.groups.errors import GroupError, GroupNotFound, InvalidGroupId, SubscribedToTopic
from headwater.control.groups.expiry import Expiry
from headwater.control.groups.kind import Decider, Kind, Replayer
from headwater.control.groups.offsets import Offsets, committed
from headwater.control.groups.ports import Topics
from headwater.control.groups.records import GroupRecord, offset_record
from headwater.control.groups.requests import (
    CommitInTransaction,
    CommitOffsets,
    DeleteGroup,
    DeleteOffsets,
    EndOfTransaction,
    ForgetTopics,
    GroupOverview,
    ReadOffsets,
    Refusals,
)
from headwater.control.groups.settings import GroupSettings
from headwater.control.groups.share.kind import ShareGroups
from headwater.control.groups.share.settings import ShareGroupSettings
from headwater.control.groups.step import Step
from headwater.control.groups.streams.kind import StreamsGroups
from headwater.control.groups.streams.settings import StreamsSettings
from headwater.control.groups.undecided import in_transaction
from headwater.machine.decision import Decision, Record, Ticket
from headwater.machine.machine import Moment
from headwater.machine.transactional import InTransaction, TransactionEnd
from headwater.wire.records.offset_commit_key import OffsetCommitKey
from headwater.wire.records.offset_commit_value import OffsetCommitValue


class Groups:
    """Groups of every kind, and their offsets."""

    def __init__(
        self,
        *,
        settings: Callable[[], GroupSettings],
        topics: Topics,
        consumer_settings: Callable[[str], ConsumerGroupSettings],
        share_settings: Callable[[str], ShareGroupSettings],
        streams_settings: Callable[[str], StreamsSettings],
    ) -> None:
        """Settings of groups that have their own are asked for by the group's id."""
        self._settings = settings
        self.offsets = Offsets()
        self.classic = ClassicGroups(settings=settings, offsets=self.offsets)
        self.consumer = ConsumerGroups(settings=consumer_settings, topics=topics, classic=self.classic)
        self.share = ShareGroups(topics=topics, settings=share_settings)
        self.streams = StreamsGroups(settings=streams_settings, topics=topics)
        self._kinds: tuple[Kind, ...] = (self.consumer, self.share, self.streams, self.classic)
        """Classic groups come last: what has nothing but offsets is theirs, unless another kind holds it; and theirs are the
        requests that another kind decides for its classic members."""
        self._founders = {request: kind for kind in self._kinds for request in kind.deciders}
        self._expiry = Expiry(self.offsets, settings=settings, group_ids=self._ids, kind_of=self._kind_or_classic)
        self._deciders: dict[type, Decider] = {
            CommitOffsets: self._commit,
            CommitInTransaction: self._commit_in_transaction,
            EndOfTransaction: self._end_transaction,
            DeleteGroup: self._delete,
            DeleteOffsets: self._delete_offsets,
            ForgetTopics: self._forget_topics,
        }
        self._replayers: dict[type, Replayer] = {OffsetCommitKey: self.offsets.replay}
        for kind in self._kinds:
            self._replayers.update(kind.replayers)

    # --- which kind

    def kind_of(self, group_id: str) -> Kind | None:
        """The kind that holds this group."""
        for kind in self._kinds:
            if group_id in kind:
                return kind
        return None

    def _kind_or_classic(self, group_id: str) -> Kind:
        return self.kind_of(group_id) or self.classic

    def _ids(self) -> Iterator[str]:
        return iter(dict.fromkeys(group_id for kind in self._kinds for group_id in kind))

    # --- deciding

    def decide(self, request: Any, *, ticket: Ticket, moment: Moment) -> Decision:
        step = Step(moment)
        decider = self._deciders.get(type(request))
        if decider is not None:
            decider(request, ticket, step)
        else:
            self._decide_in_kind(request, ticket, step)
        return step.decision()

    def _decide_in_kind(self, request: Any, ticket: Ticket, step: Step) -> None:
        """The kind that holds the group decides; or the one whose request it is, if the group is there for the taking."""
        holder = self.kind_of(request.group_id)
        if holder is not None and type(request) in holder.deciders:
            kind = holder
        else:
            kind = self._founders[type(request)]
            if holder is not None and not kind.takes_over(request, holder, step):
                kind.decline(request, ticket, step)
                return
        kind.deciders[type(request)](request, ticket, step)

    def next_deadline(self) -> int | None:
        """Asked for after each step, so it is written for speed."""
        earliest = self._expiry.next_deadline
        for kind in self._kinds:
            due = kind.next_deadline()
            if due is not None and (earliest is None or due < earliest):
                earliest = due
        return earliest

    def decide_due(self, moment: Moment) -> Decision:
        step = Step(moment)
        self._expiry.decide_due(step)
        for kind in self._kinds:
            kind.decide_due(step)
        return step.decision()

    # --- offsets

    def _commit(self, request: CommitOffsets, ticket: Ticket, step: Step) -> None:
        refusal = self._kind_or_classic(request.group_id).offset_rules.check_commit(request, step)
        step.answer(ticket, refusal or self._committed(request, step, lambda record: record))

    def _commit_in_transaction(self, request: CommitInTransaction, ticket: Ticket, step: Step) -> None:
        commit = request.commit
        refusal = self._kind_or_classic(commit.group_id).offset_rules.check_commit_in_transaction(commit, step)
        step.answer(
            ticket,
            refusal
            or self._committed(
                commit, step, lambda record: in_transaction(request.producer_id, request.producer_epoch, record)
            ),
        )

    def _committed(self, request: CommitOffsets, step: Step, wrap: Callable[[GroupRecord], Record]) -> Refusals:
        bound = self._settings().offset_metadata_max_bytes
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
        kind = self.kind_of(request.group_id)
        if kind is None:
            step.answer(ticket, GroupNotFound(request.group_id))
            return
        refusal = kind.release(request.group_id, step)
        if refusal is None:
            step.write(*self.offsets.forgotten(request.group_id))
        step.answer(ticket, refusal)

    def _delete_offsets(self, request: DeleteOffsets, ticket: Ticket, step: Step) -> None:
        kind = self.kind_of(request.group_id)
        if not request.group_id:
            step.answer(ticket, InvalidGroupId())
        elif kind is None:
            step.answer(ticket, GroupNotFound(request.group_id))
        elif refusal := kind.offset_rules.check_offset_deletion(request.group_id, step):
            step.answer(ticket, refusal)
        else:
            in_use = kind.offset_rules.topics_in_use(request.group_id, step)
            step.answer(ticket, self._deletions(request, in_use, step))

    def _deletions(self, request: DeleteOffsets, in_use: frozenset[str] | None, step: Step) -> Refusals:
        stored = self.offsets.of(request.group_id)
        refusals: list[GroupError | None] = []
        for topic, partition in request.partitions:
            if in_use is None or topic in in_use:
                refusals.append(SubscribedToTopic(topic))
                continue
            if (topic, partition) in stored:
                step.write(offset_record(request.group_id, topic, partition, None))
            refusals.append(None)
        return tuple(refusals)

    def _forget_topics(self, request: ForgetTopics, ticket: Ticket, step: Step) -> None:
        step.write(*self.offsets.of_topics(request.topics))
        step.write(*self.share.without_topics(topic_id for _, topic_id in request.topics))
        step.answer(ticket, None)

    # --- reading

    def overviews(self) -> list[GroupOverview]:
        """Every group once."""
        return [self._kind_or_classic(group_id).overview(group_id) for group_id in self._ids()]

    def count(self, kind: str) -> int:
        """How many groups of this kind there are."""
        return sum(1 for each in self._kinds if each.name == kind for _ in each)

    def describe(self, group_id: str) -> GroupDescription | GroupNotFound:
        """As DescribeGroups knows it, which is of classic groups only."""
        return self.classic.describe(group_id) if self.kind_of(group_id) is self.classic else GroupNotFound(group_id)

    def check_read(self, request: ReadOffsets) -> GroupError | None:
        return self._kind_or_classic(request.group_id).offset_rules.check_read(request)

    # --- replaying

    def replay(self, record: GroupRecord | InTransaction | TransactionEnd) -> None:
        if isinstance(record, TransactionEnd):
            self.offsets.replay_end(record)
        elif isinstance(record, InTransaction):
            self._replay_in_transaction(record)
        elif replayer := self._replayers.get(type(record.key)):
            replayer(record.key, record.value)

    def _replay_in_transaction(self, held: InTransaction) -> None:
        """Nothing but offsets is committed in transactions."""
        key, value = held.record.key, held.record.value
        if isinstance(key, OffsetCommitKey) and isinstance(value, OffsetCommitValue):
            self.offsets.replay_undecided(held, key, value)

    def snapshot(self) -> Iterator[GroupRecord | InTransaction]:
        for kind in self._kinds:
            yield from kind.snapshot()
        yield from self.offsets.snapshot()
