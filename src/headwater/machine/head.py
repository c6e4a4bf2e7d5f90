"""The head: a machine's live state between two loads, ahead of its log, and everyone who waits for the log to follow.

A step is synchronous: decide, replay on the live state, queue the records. So the order of decisions is the order in the log
is the order of replay, and the next decision sees the one before although it is not durable yet. In exchange every answer,
of a read and of a refusal too, is held until the records that the head had replayed when it was given are durable: nobody
outside sees what a crash could undo.

Positions count the records that this head has replayed since it was loaded. A head is never repaired: when an append
fails, or a replay breaks, everyone who waits is told so and a new head is loaded from the log.
"""

from asyncio import Future, get_running_loop
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from headwater.machine.decision import Answer, Decision, Record, Ticket
from headwater.machine.errors import TooManyWaiting
from headwater.machine.machine import Machine, Moment

M = TypeVar("M", bound=Machine)
T = TypeVar("T")

_MISSING: Answer = object()


class Submission:
    """The items of one request, answered together when the last of them is."""

    __slots__ = ("answers", "future", "left")

    def __init__(self, count: int) -> None:
        self.answers: list[Answer] = [_MISSING] * count
        self.left = count
        self.future: Future[list[Answer]] = get_running_loop().create_future()
        if not count:
            self.future.set_result([])

    def give(self, index: int, answer: Answer) -> None:
        self.answers[index] = answer
        self.left -= 1
        if not self.left and not self.future.done():
            self.future.set_result(self.answers)

    def fail(self, error: Exception) -> None:
        if not self.future.done():
            self.future.set_exception(error)


class Head(Generic[M]):
    """Everything here happens within one step of the event loop; `machine/runtime.py` does the waiting."""

    def __init__(self, name: str, machine: M, *, waiting_max: int) -> None:
        self.machine = machine
        self.broken: Exception | None = None
        self._name = name
        self._waiting_max = waiting_max
        self._tickets = 0
        self._open: dict[Ticket, tuple[Submission, int]] = {}
        self._held: deque[tuple[int, Submission, int, Answer]] = deque()
        self._queue: deque[tuple[tuple[Record, ...], int]] = deque()
        self._replayed = 0
        self._durable = 0

    @property
    def queued(self) -> bool:
        """Whether records wait to be appended."""
        return bool(self._queue)

    @property
    def settled(self) -> bool:
        """Whether all that was replayed is durable."""
        return self._durable == self._replayed

    def submit(self, requests: Sequence[Any], moment: Moment) -> Future[list[Answer]]:
        """Decide item by item, each seeing the one before; the records of all form one decision."""
        if len(self._open) + len(self._held) + len(requests) > self._waiting_max:
            raise TooManyWaiting(self._name, self._waiting_max)
        submission = Submission(len(requests))
        records: list[Record] = []
        try:
            for index, request in enumerate(requests):
                self._tickets += 1
                ticket = Ticket(self._tickets)
                self._open[ticket] = (submission, index)
                self._apply(self.machine.decide(request, ticket=ticket, moment=moment), records)
        except Exception:
            self._abandon(submission)
            raise
        finally:
            self._enqueue(records)
        return submission.future

    def pass_time(self, moment: Moment) -> None:
        """Let the machine do what is due by time alone. A machine that can't is broken: nobody else could be told."""
        records: list[Record] = []
        try:
            self._apply(self.machine.decide_due(moment), records)
        except Exception as error:
            self.broken = error
            raise
        self._enqueue(records)

    def read(self, query: Callable[[M], T]) -> Future[list[Answer]]:
        """The query's result, alone in a list, once everything that it could have seen is durable."""
        result = query(self.machine)
        if not self.settled and len(self._open) + len(self._held) >= self._waiting_max:
            raise TooManyWaiting(self._name, self._waiting_max)
        submission = Submission(1)
        self._hold(submission, 0, result)
        return submission.future

    def take(self, records_max: int) -> tuple[list[tuple[Record, ...]], int]:
        """The oldest decisions that are queued, and the position that is reached when they are durable.

        Records beyond `records_max` are left for the next append, but a decision always comes whole.
        """
        taken: list[tuple[Record, ...]] = []
        position, room = self._durable, records_max
        while self._queue and room > 0:
            records, position = self._queue.popleft()
            taken.append(records)
            room -= len(records)
        return taken, position

    def settle(self, position: int) -> None:
        """All records up to `position` are durable: what was held for them goes out."""
        self._durable = position
        held = self._held
        while held and held[0][0] <= position:
            _, submission, index, answer = held.popleft()
            submission.give(index, answer)

    def fail(self, error: Exception) -> None:
        """Tell everyone who waits, also those whose tickets are parked, and take no further part."""
        if self.broken is None:
            self.broken = error
        for submission, _ in self._open.values():
            submission.fail(error)
        for _, submission, _, _ in self._held:
            submission.fail(error)
        self._open.clear()
        self._held.clear()
        self._queue.clear()

    def _apply(self, decision: Decision, records: list[Record]) -> None:
        try:
            for record in decision.records:
                self.machine.replay(record)
        except Exception as error:
            self.broken = error
            raise
        records.extend(decision.records)
        self._replayed += len(decision.records)
        for ticket, answer in decision.answers:
            waiting = self._open.pop(ticket, None)
            if waiting is not None:
                self._hold(*waiting, answer)

    def _hold(self, submission: Submission, index: int, answer: Answer) -> None:
        if self.settled:
            submission.give(index, answer)
        else:
            self._held.append((self._replayed, submission, index, answer))

    def _enqueue(self, records: list[Record]) -> None:
        if records and self.broken is None:
            self._queue.append((tuple(records), self._replayed))

    def _abandon(self, submission: Submission) -> None:
        """A decision that broke answers nobody: its caller gets the error itself, and a ticket parked before is void."""
        for ticket in [ticket for ticket, (waiting, _) in self._open.items() if waiting is submission]:
            del self._open[ticket]
        submission.future.cancel()
