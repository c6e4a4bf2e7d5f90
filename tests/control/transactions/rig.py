"""A transaction machine in the hand: requests in, records and answers out, time moved by hand."""

from collections.abc import Sequence
from typing import Any

from headwater.control.transactions.machine import Request, Transactions
from headwater.control.transactions.requests import (
    AddPartitions,
    Complete,
    EndTransaction,
    InitProducer,
    NewProducerIdNeeded,
    ProducerIdentity,
    VerifyPartitions,
)
from headwater.control.transactions.settings import TransactionSettings
from headwater.control.transactions.transaction import TransactionRecord
from headwater.kernel.units import Timestamp
from headwater.machine.decision import Decision, Ticket
from headwater.machine.machine import Moment
from headwater.wire.types import ProducerEpoch, ProducerId, TopicName

WALL = 1_700_000_000_000
ORDERS = (TopicName("orders"), 0)
SALES = (TopicName("sales"), 3)
ID = "copier"


class Rig:
    """Answers are kept by ticket; every record that was decided is kept too, as the log would."""

    def __init__(
        self, log: Sequence[TransactionRecord] | None = None, *, wall: int = WALL, ids: int = 100, **settings: int
    ) -> None:
        self.settings = TransactionSettings(**settings)
        self.machine = Transactions(settings=lambda: self.settings)
        self.elapsed = 0
        self.log: list[TransactionRecord] = []
        self.answers: dict[int, object] = {}
        self._tickets = 0
        self._ids = ids
        self._wall = wall
        for record in log or []:
            self.machine.replay(record)
            self.log.append(record)
        self.pass_ms(0)

    def send(self, request: Request) -> int:
        self._tickets += 1
        self._took(self.machine.decide(request, ticket=Ticket(self._tickets), moment=self._moment()))
        return self._tickets

    def ask(self, request: Request) -> Any:
        return self.answers[self.send(request)]

    def pass_ms(self, ms: int) -> None:
        until = self.elapsed + ms
        while (deadline := self.machine.next_deadline()) is not None and deadline <= until:
            self.elapsed = max(self.elapsed, deadline)
            self.step()
        self.elapsed = until

    def step(self) -> int:
        """One decision about what is due; gives how many records it led to."""
        decision = self.machine.decide_due(self._moment())
        self._took(decision)
        return len(decision.records)

    def restarted(self, *, after_ms: int = 0) -> "Rig":
        """Another machine over the same log; what was volatile is lost."""
        return Rig(self.log, wall=self._wall + self.elapsed + after_ms, ids=self._ids)

    # --- what producers do

    def init(self, *, expected: ProducerIdentity | None = None, timeout_ms: int = 60_000) -> Any:
        """As a handler does: with a new producer id where one is needed."""
        request = InitProducer(transactional_id=ID, timeout_ms=timeout_ms, expected=expected)
        answer = self.ask(request)
        if not isinstance(answer, NewProducerIdNeeded):
            return answer
        self._ids += 1
        return self.ask(
            InitProducer(
                transactional_id=ID,
                timeout_ms=timeout_ms,
                expected=expected,
                new_producer_id=ProducerId(self._ids),
            )
        )

    def began(self, timeout_ms: int = 60_000) -> ProducerIdentity:
        """A producer with a transaction that has one partition."""
        producer = self.init(timeout_ms=timeout_ms)
        assert isinstance(producer, ProducerIdentity)
        assert self.add(producer) is None
        return producer

    def add(self, producer: ProducerIdentity, *partitions: tuple[TopicName, int]) -> Any:
        return self.ask(adding(producer, *partitions))

    def verify(self, producer: ProducerIdentity, *partitions: tuple[TopicName, int]) -> Any:
        return self.ask(VerifyPartitions(transactional_id=ID, producer=producer, partitions=partitions or (ORDERS,)))

    def end(self, producer: ProducerIdentity, *, commits: bool = True, bumps: bool = False) -> Any:
        request = EndTransaction(transactional_id=ID, producer=producer, commits=commits, bumps_epoch=bumps)
        answer = self.ask(request)
        if not isinstance(answer, NewProducerIdNeeded):
            return answer
        self._ids += 1
        return self.ask(
            EndTransaction(
                transactional_id=ID,
                producer=producer,
                commits=commits,
                bumps_epoch=bumps,
                new_producer_id=ProducerId(self._ids),
            )
        )

    def complete(self) -> None:
        """All markers of the transaction that is being ended are written."""
        found = self.machine.get(ID)
        assert found is not None
        self.ask(Complete(transactional_id=ID, producer=who(found.producer_id, found.epoch)))

    def state(self) -> str:
        found = self.machine.get(ID)
        return "" if found is None else found.state.text

    def _moment(self) -> Moment:
        return Moment(wall=Timestamp(self._wall + self.elapsed), elapsed=self.elapsed)

    def _took(self, decision: Decision) -> None:
        for record in decision.records:
            self.machine.replay(record)
            self.log.append(record)
        for ticket, answer in decision.answers:
            assert ticket not in self.answers, "a ticket is answered once"
            self.answers[ticket] = answer


def adding(producer: ProducerIdentity, *partitions: tuple[TopicName, int]) -> AddPartitions:
    return AddPartitions(transactional_id=ID, producer=producer, partitions=partitions or (ORDERS,))


def who(producer_id: int, epoch: int) -> ProducerIdentity:
    return ProducerIdentity(producer_id=ProducerId(producer_id), epoch=ProducerEpoch(epoch))
