"""The share coordinator: every share partition whose key falls on one partition of `__share_group_state`.

It keeps what the leaders of partitions write about their records, and fences those that come too late: a leader that was
followed by another, and one that has not heard yet that the group's offsets were set. It delivers nothing itself.

Nothing compacts its log, for an update needs the snapshot before it. Instead what lies before the oldest last snapshot is
deleted, and so that this moves on, share partitions that nobody writes about get a snapshot now and then.
"""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from headwater.control.share.batches import StateBatch, combined
from headwater.control.share.errors import (
    FencedShareLeader,
    FencedStateEpoch,
    InvalidShareRequest,
    ShareError,
    UnknownSharePartition,
)
from headwater.control.share.key import SharePartitionKey
from headwater.control.share.requests import DeleteState, ForgetTopics, InitializeState, ReadState, WriteState
from headwater.control.share.settings import CoordinatorSettings
from headwater.control.share.state import (
    ShareRecord,
    ShareState,
    snapshot_of,
    snapshot_record,
    tombstone,
    update_record,
    updated,
)
from headwater.kernel.units import Timestamp
from headwater.machine.decision import Answer, Decision, Ticket
from headwater.machine.machine import Moment
from headwater.wire.records.share_snapshot_key import ShareSnapshotKey
from headwater.wire.records.share_snapshot_value import ShareSnapshotValue
from headwater.wire.records.share_update_value import ShareUpdateValue
from headwater.wire.types import Uuid

Request = InitializeState | ReadState | WriteState | DeleteState | ForgetTopics
HasPartition = Callable[[Uuid, int], bool]

_COLD_AT_ONCE = 500


class ShareStates:
    """What is remembered of share partitions."""

    def __init__(self, *, settings: Callable[[], CoordinatorSettings], has_partition: HasPartition) -> None:
        self._settings = settings
        self._has_partition = has_partition
        self._states: dict[SharePartitionKey, ShareState] = {}
        self._updates: dict[SharePartitionKey, int] = {}
        """Since the last snapshot; it only steers when the next one comes."""
        self._cold: Iterator[SharePartitionKey] | None = None
        self._next_round: int | None = None
        """When the coldest are looked for; None as long as nothing was written since the last time."""

    # --- deciding

    def decide(self, request: Request, *, ticket: Ticket, moment: Moment) -> Decision:
        records, answer = self._decided(request, moment.wall)
        if records and self._next_round is None:
            self._next_round = moment.elapsed + self._settings().cold_snapshot_interval_ms
        return Decision(records=records, answers=((ticket, answer),))

    def _decided(self, request: Request, now: Timestamp) -> tuple[tuple[ShareRecord, ...], Answer]:
        match request:
            case InitializeState():
                refusal = self._refused_initialize(request)
                return ((), refusal) if refusal else ((self._initialized(request, now),), None)
            case ReadState():
                refusal = self._refused_read(request)
                return ((), refusal) if refusal else self._read(request, now)
            case WriteState():
                refusal = self._refused_write(request)
                return ((), refusal) if refusal else ((self._written(request, now),), None)
            case DeleteState():
                if refusal := self._unknown(request.key):
                    return (), refusal
                return ((tombstone(request.key),) if request.key in self._states else ()), None
            case ForgetTopics():
                return tuple(tombstone(key) for key in self._states if key.topic_id in request.topic_ids), None

    def _initialized(self, request: InitializeState, now: Timestamp) -> ShareRecord:
        known = self._states.get(request.key)
        state = ShareState(
            state_epoch=request.state_epoch,
            start_offset=request.start_offset,
            snapshot_epoch=known.snapshot_epoch + 1 if known else 0,
            created=now,
            written=now,
        )
        return snapshot_record(request.key, state)

    def _read(self, request: ReadState, now: Timestamp) -> tuple[tuple[ShareRecord, ...], ShareState]:
        state = self._states[request.key]
        if state.leader_epoch == request.leader_epoch:
            return (), state
        led = replace(state, leader_epoch=request.leader_epoch)
        return (self._change(request.key, led, (), now),), led

    def _written(self, request: WriteState, now: Timestamp) -> ShareRecord:
        """A writer that has not moved its start as far as another one has can't take that back."""
        state = self._states[request.key]
        complete = request.delivery_complete
        if request.start_offset < state.start_offset:
            complete = state.delivery_complete
        elif request.start_offset == state.start_offset:
            complete = max(complete, state.delivery_complete)
        start = max(request.start_offset, state.start_offset)
        moved = replace(state, start_offset=start, delivery_complete=complete)
        return self._change(request.key, moved, combined((), request.batches, start=start), now)

    def _change(
        self, key: SharePartitionKey, state: ShareState, news: tuple[StateBatch, ...], now: Timestamp
    ) -> ShareRecord:
        """As an update, or as a whole where enough updates have been written."""
        if self._updates.get(key, 0) < self._settings().updates_per_snapshot:
            return update_record(key, replace(state, batches=news))
        whole = combined(state.batches, news, start=state.start_offset)
        epoch = state.snapshot_epoch + 1
        return snapshot_record(key, replace(state, batches=whole, snapshot_epoch=epoch, created=now, written=now))

    # --- refusing

    def _refused_initialize(self, request: InitializeState) -> ShareError | None:
        if request.key.partition < 0 or request.state_epoch < 0:
            return InvalidShareRequest("Neither a partition nor a state epoch can be below zero.")
        known = self._states.get(request.key)
        if known is not None and known.state_epoch > request.state_epoch:
            return FencedStateEpoch(request.state_epoch, known.state_epoch)
        return self._unknown(request.key)

    def _refused_read(self, request: ReadState) -> ShareError | None:
        if request.key.partition < 0 or request.leader_epoch < 0:
            return InvalidShareRequest("Neither a partition nor a leader epoch can be below zero.")
        return self._fenced(request.key, request.leader_epoch, "read") or self._unknown(request.key)

    def _refused_write(self, request: WriteState) -> ShareError | None:
        if request.key.partition < 0 or request.leader_epoch < 0 or request.state_epoch < 0:
            return InvalidShareRequest("Neither a partition nor an epoch can be below zero.")
        if any(each.last < each.first for each in request.batches):
            return InvalidShareRequest("A batch can't end before it begins.")
        if refusal := self._fenced(request.key, request.leader_epoch, "written"):
            return refusal
        current = self._states[request.key].state_epoch
        if current > request.state_epoch:
            return FencedStateEpoch(request.state_epoch, current)
        return self._unknown(request.key)

    def _fenced(self, key: SharePartitionKey, leader_epoch: int, done: str) -> ShareError | None:
        state = self._states.get(key)
        if state is None:
            return InvalidShareRequest(f"The share partition {key} is {done} before it was initialized.")
        return FencedShareLeader(leader_epoch, state.leader_epoch) if state.leader_epoch > leader_epoch else None

    def _unknown(self, key: SharePartitionKey) -> ShareError | None:
        if key.partition < 0:
            return InvalidShareRequest("A partition can't be below zero.")
        return None if self._has_partition(key.topic_id, key.partition) else UnknownSharePartition(key)

    # --- time

    def next_deadline(self) -> int | None:
        return self._next_round

    def decide_due(self, moment: Moment) -> Decision:
        """Snapshots of what is cold, some at a time."""
        if self._next_round is None or moment.elapsed < self._next_round:
            return Decision()
        if self._cold is None:
            self._cold = iter(list(self._states))
        oldest = moment.wall - self._settings().cold_snapshot_interval_ms
        records = []
        for _ in range(_COLD_AT_ONCE):
            key = next(self._cold, None)
            if key is None:
                self._cold = self._next_round = None
                break
            state = self._states.get(key)
            if state is not None and state.written <= oldest:
                again = replace(state, snapshot_epoch=state.snapshot_epoch + 1, written=moment.wall)
                records.append(snapshot_record(key, again))
        return Decision(records=tuple(records))

    # --- reading

    def get(self, key: SharePartitionKey) -> ShareState | None:
        return self._states.get(key)

    def topic_ids(self) -> list[Uuid]:
        """Each once."""
        return list(dict.fromkeys(key.topic_id for key in self._states))

    # --- replaying

    def replay(self, record: ShareRecord) -> None:
        key, value = record.share_partition, record.value
        if isinstance(value, ShareSnapshotValue):
            self._states[key] = snapshot_of(value)
            self._updates.pop(key, None)
        elif isinstance(value, ShareUpdateValue):
            known = self._states.get(key) or ShareState(state_epoch=0)
            self._states[key] = updated(known, value)
            self._updates[key] = self._updates.get(key, 0) + 1
        elif isinstance(record.key, ShareSnapshotKey):
            self._states.pop(key, None)
            self._updates.pop(key, None)

    def snapshot(self) -> Iterator[ShareRecord]:
        for key, state in self._states.items():
            yield snapshot_record(key, state)
