"""A share partition: one partition of a topic as one share group reads it (Kafka's SharePartition).

    nothing left to do | start ... in flight, each run of records in a state of its own ... | end: what nobody was given yet

Records are lent to members for a time, and come back acknowledged, released, or because the time is over. What is
acknowledged becomes a `Change`: it has to be remembered by the share coordinator before the member hears of it, and is
taken back where that fails. Until then nobody else is given these records. `start` moves on over what is done with.

It waits for nothing and reads no clock: `now` is the loop's time in milliseconds.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from headwater.control.share.acquiring import Lending, ReadBatch, Wish, acquire
from headwater.control.share.batches import StateBatch
from headwater.control.share.errors import InvalidRecordState, InvalidShareRequest, ShareError
from headwater.control.share.records import (
    DELIVERED_TOO_OFTEN,
    REJECTED,
    Acknowledgement,
    AcknowledgeType,
    Acquired,
    DeadLetters,
    RecordState,
)
from headwater.control.share.runs import Run, Runs
from headwater.control.share.settings import ShareSettings


class Change:
    """Records that have got into another state together; `settle` says what becomes of it."""

    __slots__ = ("batches", "dead")

    def __init__(self) -> None:
        self.batches: list[StateBatch] = []
        """To be remembered."""
        self.dead: list[DeadLetters] = []
        """To be copied once that is done."""

    def add(self, run: Run, reason: str) -> None:
        self.batches.append(
            StateBatch(first=run.first, last=run.last, state=run.state, delivery_count=run.delivery_count)
        )
        if run.state is RecordState.ARCHIVING:
            self.dead.append(
                DeadLetters(first=run.first, last=run.last, delivery_count=run.delivery_count, reason=reason)
            )


class SharePartition:
    def __init__(
        self, *, settings: Callable[[], ShareSettings], start: int, batches: Sequence[StateBatch] = ()
    ) -> None:
        """As it is remembered. Between batches lie records that were lent and of which nothing was heard."""
        self._settings = settings
        self._runs = Runs(start)
        for each in batches:
            if each.last < self._runs.end:
                continue
            if each.first > self._runs.end:
                self._runs.append(Run(self._runs.end, each.first - 1, RecordState.AVAILABLE, 0))
            self._runs.append(Run(self._runs.end, each.last, _remembered(each.state), each.delivery_count))
        self._tidy()

    @property
    def start(self) -> int:
        return self._runs.start

    @property
    def end(self) -> int:
        return self._runs.end

    @property
    def delivery_complete(self) -> int:
        """Records in flight that are done with."""
        return sum([run.last - run.first + 1 for run in self._runs if run.state.is_terminal])

    @property
    def in_flight(self) -> int:
        return self._runs.size

    def next_fetch_offset(self) -> int | None:
        """Where the next record to be lent is; None where as many are in flight as may be."""
        for run in self._runs:
            if run.is_available:
                return run.first
        return self.end if self._room() > 0 else None

    def next_deadline(self) -> int | None:
        """When the first lock ends."""
        return min((run.deadline for run in self._locked() if run.deadline is not None), default=None)

    def dead_letters(self) -> list[DeadLetters]:
        """Those that are given up and not known to be copied: after a load they are copied again."""
        limit = self._settings().delivery_count_limit
        return [
            DeadLetters(
                first=run.first,
                last=run.last,
                delivery_count=run.delivery_count,
                reason=DELIVERED_TOO_OFTEN if run.delivery_count >= limit else REJECTED,
            )
            for run in self._runs
            if run.state is RecordState.ARCHIVING and run.change is None
        ]

    # --- lending

    def acquire(self, read: Sequence[ReadBatch], wish: Wish, *, asked: int, now: int) -> list[Acquired]:
        """Lend what was read from the offset `asked` on. Available records that it ought to have held are not there any more."""
        if not read or wish.records_max <= 0 or read[-1].last < self.start:
            return []
        if asked < read[0].first:
            self._archive_available(asked, read[0].first - 1)
        settings = self._settings()
        lending = Lending(deadline=now + settings.record_lock_ms, delivery_count_limit=settings.delivery_count_limit)
        acquired = acquire(self._runs, read, wish, lending, room=self._room())
        self._tidy()
        return acquired

    def _room(self) -> int:
        return self._settings().record_locks_max - self._runs.size

    def _archive_available(self, first: int, last: int) -> None:
        for run in self._runs.within(first, last):
            if run.is_available:
                run.state = RecordState.ARCHIVED

    # --- taking back

    def acknowledge(self, member: str, acknowledgements: Iterable[Acknowledgement], *, now: int) -> Change | ShareError:
        """All of them or none. What lies before `start` is past, and no error."""
        change = Change()
        for each in acknowledgements:
            refusal = self._check_place(each) or self._acknowledge(change, member, each, now)
            if refusal is not None:
                self.settle(change, durable=False)
                return refusal
        return change

    def _check_place(self, each: Acknowledgement) -> ShareError | None:
        if any(kind not in _TYPES for kind in each.types):
            return InvalidShareRequest(f"Acknowledge types are 0 to {max(_TYPES)}.")
        if len(each.types) not in (1, each.last - each.first + 1):
            return InvalidShareRequest("There is one acknowledge type, or one for each record.")
        if each.last < self.start or each.last < self.end:
            return None
        if not self._runs.size:
            return InvalidRecordState("These records were not acquired, or were done with before.")
        return InvalidShareRequest("The last offset is past all that was acquired.")

    def _acknowledge(self, change: Change, member: str, each: Acknowledgement, now: int) -> ShareError | None:
        settings = self._settings()
        edges = _edges(each)
        self._runs.cut([*edges, each.last + 1])
        for run in self._runs.overlapping(each.first, each.last):
            if run.state is not RecordState.ACQUIRED or run.member != member:
                return InvalidRecordState("The records are not acquired by this member.")
            kind = each.types[run.first - each.first if len(each.types) > 1 else 0]
            if kind != AcknowledgeType.RENEW:
                self._begin(change, run, *_after(run, kind, settings))
            elif settings.renews:
                run.deadline = now + settings.record_lock_ms
            else:
                return InvalidRecordState("This group does not renew locks.")
        return None

    def release(self, member: str) -> Change:
        """All that this member has: it is gone."""
        change, settings = Change(), self._settings()
        for run in self._runs:
            if run.state is RecordState.ACQUIRED and run.member == member:
                self._begin(change, run, *_after(run, AcknowledgeType.RELEASE, settings))
        return change

    def expire(self, now: int) -> Change:
        """All that was lent for too long. It counts at once: should it be forgotten, a load finds these records available too."""
        change, settings = Change(), self._settings()
        for run in self._locked():
            if run.deadline is not None and run.deadline <= now:
                run.state, reason = _after(run, AcknowledgeType.RELEASE, settings)
                run.member, run.deadline = "", None
                change.add(run, reason)
        self._tidy()
        return change

    def archive(self, letters: DeadLetters) -> Change:
        """Dead letters that were copied, or can't be."""
        change = Change()
        for run in self._runs.within(letters.first, letters.last):
            if run.state is RecordState.ARCHIVING:
                run.state = RecordState.ARCHIVED
                change.add(run, letters.reason)
        self._tidy()
        return change

    def settle(self, change: Change, *, durable: bool) -> None:
        """The change is remembered, or is taken back."""
        for run in self._runs:
            if run.change is change:
                if not durable and run.before is not None:
                    run.state = RecordState.ACQUIRED
                    run.member, run.deadline = run.before
                run.change = run.before = None
        self._tidy()

    def move_start(self, offset: int) -> None:
        """The log begins later now. Who holds records that are gone may still acknowledge them."""
        if offset > self.start:
            self._runs.move_start(offset)
            self._tidy()

    def _begin(self, change: Change, run: Run, state: RecordState, reason: str) -> None:
        run.before = (run.member, run.deadline)
        run.state, run.change = state, change
        run.member, run.deadline = "", None
        change.add(run, reason)

    def _locked(self) -> Iterator[Run]:
        return (run for run in self._runs if run.state is RecordState.ACQUIRED)

    def _tidy(self) -> None:
        """Join what has become alike, and move on over what is done with."""
        self._runs.join()
        undone = next((run.first for run in self._runs if not run.is_settled), self.end)
        if undone > self.start:
            self._runs.move_start(undone)


_TYPES = frozenset(AcknowledgeType)


def _remembered(state: int) -> RecordState:
    return RecordState.AVAILABLE if state == RecordState.ACQUIRED else RecordState(state)


def _after(run: Run, kind: int, settings: ShareSettings) -> tuple[RecordState, str]:
    """The state that follows, and why a record is given up where it is."""
    given_up = RecordState.ARCHIVING if settings.dead_letter_topic else RecordState.ARCHIVED
    if kind == AcknowledgeType.ACCEPT:
        return RecordState.ACKNOWLEDGED, ""
    if kind == AcknowledgeType.REJECT:
        return given_up, REJECTED
    if kind == AcknowledgeType.GAP:
        return RecordState.ARCHIVED, ""
    is_over = run.delivery_count >= settings.delivery_count_limit
    return (given_up, DELIVERED_TOO_OFTEN) if is_over else (RecordState.AVAILABLE, "")


def _edges(each: Acknowledgement) -> list[int]:
    """Where a type begins that is not the one before."""
    changes = (offset for offset, (kind, after) in enumerate(pairwise(each.types), each.first + 1) if kind != after)
    return [each.first, *changes]
