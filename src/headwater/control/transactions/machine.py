"""The transaction machine: every transactional id that falls on one partition of `__transaction_state`.

Each record holds the whole of one transaction, so replaying it is keeping it. Volatile are the timeouts, the epochs that were
just replaced, and who waits for a transaction to be complete. Nothing here writes markers: the record of a Prepare state
is the intent, which a subscriber of durable records carries out and then asks to be completed.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from headwater.control.transactions.adding import added, verified
from headwater.control.transactions.ending import completed, ended, fenced
from headwater.control.transactions.errors import ConcurrentTransactions, TransactionError
from headwater.control.transactions.expiry import Expiry
from headwater.control.transactions.initializing import initialized
from headwater.control.transactions.outcome import Outcome
from headwater.control.transactions.requests import (
    AddPartitions,
    Complete,
    EndTransaction,
    InitProducer,
    ProducerIdentity,
    VerifyPartitions,
)
from headwater.control.transactions.settings import TransactionSettings
from headwater.control.transactions.transaction import (
    State,
    TopicPartition,
    Transaction,
    TransactionRecord,
    record_of,
    transaction_of,
)
from headwater.control.transactions.waiting import Waiting
from headwater.machine.deadlines import Deadlines
from headwater.machine.decision import Decision, Ticket
from headwater.machine.machine import Moment
from headwater.wire.types import ProducerEpoch

Request = InitProducer | AddPartitions | VerifyPartitions | EndTransaction | Complete

_TIMEOUT, _WAIT, _EXPIRY = "timeout", "wait", "expiry"
_EXPIRY_KEY = (_EXPIRY, "")
_WOKEN_AT_ONCE = 500
_DUE_AT_ONCE = 200
"""Timeouts come in bunches, for they are looked for at intervals."""


class Transactions:
    """Transactional ids and the transactions they have open."""

    def __init__(self, *, settings: Callable[[], TransactionSettings]) -> None:
        self._settings = settings
        self._by_id: dict[str, Transaction] = {}
        self._states: Counter[State] = Counter()
        self._last_epochs: dict[str, ProducerEpoch] = {}
        self._deadlines: Deadlines[tuple[str, str]] = Deadlines()
        self._waiting = Waiting()
        self._expiry = Expiry(self._by_id)
        self._asleep: Iterator[str] | None = None
        self._awake = False

    # --- deciding

    def decide(self, request: Request, *, ticket: Ticket, moment: Moment) -> Decision:
        found = self._by_id.get(request.transactional_id)
        outcome = self._outcome(found, request, moment)
        if isinstance(request, AddPartitions) and isinstance(outcome.answer, ConcurrentTransactions):
            return self._wait(request, ticket, moment)
        changes = self._changed(found, outcome, moment)
        answers = [(ticket, outcome.answer)]
        if isinstance(request, Complete) and outcome.transaction is not None:
            self._deadlines.cancel((_WAIT, request.transactional_id))
            for waiter, add in self._waiting.take(request.transactional_id):
                later = added(changes[-1], add, moment.wall)
                changes += self._changed(changes[-1], later, moment)
                answers.append((waiter, later.answer))
        return Decision(records=tuple(map(record_of, changes)), answers=tuple(answers))

    def _outcome(self, found: Transaction | None, request: Request, moment: Moment) -> Outcome:
        match request:
            case InitProducer():
                return initialized(
                    found,
                    request,
                    last_epoch=self._last_epochs.get(request.transactional_id),
                    timeout_max_ms=self._settings().max_timeout_ms,
                    now=moment.wall,
                )
            case AddPartitions():
                return added(found, request, moment.wall)
            case VerifyPartitions():
                return Outcome(answer=verified(found, request))
            case EndTransaction():
                return ended(found, request, moment.wall)
            case Complete():
                return completed(found, request, moment.wall)

    def _changed(self, before: Transaction | None, outcome: Outcome, moment: Moment) -> list[Transaction]:
        """What is to be written, with the volatile part following."""
        after = outcome.transaction
        if after is None:
            return []
        name = after.transactional_id
        was_open = before is not None and before.state is State.ONGOING
        is_fenced = was_open and before is not None and after.epoch != before.epoch
        if outcome.last_epoch is not None:
            self._last_epochs[name] = outcome.last_epoch
        elif is_fenced or after.state is State.EMPTY:
            self._last_epochs.pop(name, None)
        if after.state is State.ONGOING and not was_open:
            self._set_timeout(after, moment)
        elif was_open and after.state is not State.ONGOING:
            self._deadlines.cancel((_TIMEOUT, name))
        return [after]

    def _wait(self, request: AddPartitions, ticket: Ticket, moment: Moment) -> Decision:
        """Markers take some milliseconds: to wait for them is shorter than any client's pause before it asks again."""
        self._waiting.park(request.transactional_id, ticket, request)
        key = (_WAIT, request.transactional_id)
        if key not in self._deadlines:
            self._deadlines.set(key, moment.elapsed + self._settings().add_wait_ms)
        return Decision()

    # --- time

    def next_deadline(self) -> int | None:
        return self._deadlines.next() if self._awake else 0

    def decide_due(self, moment: Moment) -> Decision:
        if not self._awake:
            self._wake_some(moment)
        records: list[TransactionRecord] = []
        answers: list[tuple[Ticket, ConcurrentTransactions]] = []
        for kind, name in self._deadlines.due(moment.elapsed, most=_DUE_AT_ONCE):
            if kind == _WAIT:
                answers += [(ticket, ConcurrentTransactions()) for ticket, _ in self._waiting.take(name)]
            elif kind == _EXPIRY:
                records += self._expire_some(moment)
            elif (found := self._by_id.get(name)) is not None and found.state is State.ONGOING:
                records.append(record_of(fenced(found, moment.wall)))
                self._last_epochs.pop(name, None)
        return Decision(records=tuple(records), answers=tuple(answers))

    def _wake_some(self, moment: Moment) -> None:
        """After a load: open transactions get back what is left of their time."""
        if self._asleep is None:
            self._asleep = iter(list(self._by_id))
        for _ in range(_WOKEN_AT_ONCE):
            name = next(self._asleep, None)
            if name is None:
                self._awake = True
                self._deadlines.set(_EXPIRY_KEY, moment.elapsed + self._settings().expiration_interval_ms)
                return
            found = self._by_id.get(name)
            if found is not None and found.state is State.ONGOING and (_TIMEOUT, name) not in self._deadlines:
                self._set_timeout(found, moment)

    def _set_timeout(self, transaction: Transaction, moment: Moment) -> None:
        """At the first look after the timeout, of those that come in each interval."""
        interval = self._settings().abort_interval_ms
        spent = max(0, moment.wall - transaction.started)
        at = moment.elapsed + max(0, transaction.timeout_ms - spent)
        self._deadlines.set((_TIMEOUT, transaction.transactional_id), -(-at // interval) * interval)

    def _expire_some(self, moment: Moment) -> Sequence[TransactionRecord]:
        settings = self._settings()
        gone = self._expiry.go_on(unused_since=moment.wall - settings.expiration_ms)
        pause = settings.expiration_interval_ms if self._expiry.is_done else 0
        self._deadlines.set(_EXPIRY_KEY, moment.elapsed + pause)
        return gone

    # --- reading

    def get(self, transactional_id: str) -> Transaction | None:
        return self._by_id.get(transactional_id)

    def all(self) -> list[Transaction]:
        return list(self._by_id.values())

    def count(self, *states: State) -> int:
        """Transactional ids in these states."""
        return sum(self._states[each] for each in states)

    def ending(self) -> list[Transaction]:
        """The open intents."""
        return [each for each in self._by_id.values() if each.state.is_ending]

    def refusal(
        self, transactional_id: str, producer: ProducerIdentity, partition: TopicPartition
    ) -> TransactionError | None:
        """Why this producer may not write to the partition as part of its transaction, in this very moment."""
        request = VerifyPartitions(transactional_id=transactional_id, producer=producer, partitions=(partition,))
        return verified(self._by_id.get(transactional_id), request)

    # --- replaying

    def replay(self, record: TransactionRecord) -> None:
        name = record.key.transactional_id
        if (before := self._by_id.get(name)) is not None:
            self._states[before.state] -= 1
        if record.value is None:
            self._by_id.pop(name, None)
            self._last_epochs.pop(name, None)
        else:
            after = self._by_id[name] = transaction_of(record.key, record.value)
            self._states[after.state] += 1

    def snapshot(self) -> Iterator[TransactionRecord]:
        for transaction in self._by_id.values():
            yield record_of(transaction)
