"""Batches of transactions enter a log only while their partition is part of the open transaction (KIP-890).

Nothing may be written to a partition before the coordinator has durably noted it, or no marker would ever come and the last
stable offset would stand still. The first batch in a partition therefore waits for the coordinator; those that come behind it
from the same producer stand in line, so that they keep their order. Once the log itself has the transaction open,
batches go straight in.

When the coordinator has answered, its live state is looked at once more, in the step that appends: what it shows as open has
no marker yet, because the intent to end it is in that state before a marker is anywhere.
"""

from asyncio import Future, get_running_loop
from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec import Struct

from headwater.broker.coordinators import Coordinators
from headwater.broker.errors import Refused
from headwater.broker.lines import pass_on
from headwater.broker.refusals import code_of
from headwater.control.transactions.machine import Transactions
from headwater.control.transactions.requests import AddPartitions, ProducerIdentity, VerifyPartitions
from headwater.control.transactions.transaction import TopicPartition
from headwater.log.errors import LogError
from headwater.log.port import Appended, Log
from headwater.wire.batch.header import HEADER_BYTES, BatchHeader, read_header
from headwater.wire.types import ProducerId, Uuid

_Key = tuple[Uuid, int, ProducerId]


class _Entrant(Struct, frozen=True, kw_only=True, gc=False):
    """A batch that stands in line."""

    log: Log
    batch: memoryview
    producer: ProducerIdentity
    appended: Future[Appended]

    @property
    def partition(self) -> TopicPartition:
        return self.log.partition.topic, self.log.partition.index


class TransactionalAppends:
    """All lines of this broker: one for each producer and partition whose first batch waits."""

    def __init__(self, transactions: Coordinators[Transactions]) -> None:
        self._transactions = transactions
        self._lines: dict[_Key, list[_Entrant]] = {}

    def of(self, transactional_id: str, *, adds: bool, verifies: bool = True) -> "Admission":
        """For the batches of one request. With `adds` partitions become part of the transaction by being written to."""
        return Admission(self, transactional_id, adds=adds, asks=adds or verifies)

    def stand_in_line(self, key: _Key, entrant: _Entrant) -> bool:
        """Behind others; False where there are none."""
        line = self._lines.get(key)
        if line is not None:
            line.append(entrant)
        return line is not None

    def begin_line(self, key: _Key, entrant: _Entrant) -> None:
        self._lines[key] = [entrant]

    def submit(self, transactional_id: str, request: AddPartitions | VerifyPartitions) -> "Future[list[Any]]":
        return self._transactions.submit_to(self._transactions.partition_of(transactional_id), request)

    def enter(self, key: _Key, transactional_id: str, refusal: BaseException | None) -> None:
        """Let the line in, each as far as the transaction is still open to it; or send it away."""
        for entrant in self._lines.pop(key):
            if entrant.appended.done():
                continue
            problem = refusal or self.refusal(transactional_id, entrant.producer, entrant.partition)
            if problem is not None:
                entrant.appended.set_exception(_refused(problem))
            else:
                _append(entrant)

    def refusal(
        self, transactional_id: str, producer: ProducerIdentity, partition: TopicPartition
    ) -> BaseException | None:
        """Why this producer may not write there in this very moment."""
        try:
            return self._transactions.head(transactional_id).refusal(transactional_id, producer, partition)
        except Refused as refused:
            return refused


class Admission:
    """The transactional batches of one request: one question for all of its partitions."""

    def __init__(self, appends: TransactionalAppends, transactional_id: str, *, adds: bool, asks: bool) -> None:
        self._appends = appends
        self._transactional_id = transactional_id
        self._adds = adds
        self._asks = asks
        self._begun: dict[ProducerIdentity, dict[_Key, TopicPartition]] = {}

    def append(self, log: Log, batch: memoryview) -> Future[Appended]:
        """As `Log.append`, which may raise at once; the future can fail with Refused too."""
        if len(batch) < HEADER_BYTES:
            return log.append((batch,))
        header = read_header(batch)
        key = (log.partition.topic_id, log.partition.index, header.producer_id)
        producer = ProducerIdentity(producer_id=header.producer_id, epoch=header.producer_epoch)
        entrant = _Entrant(log=log, batch=batch, producer=producer, appended=get_running_loop().create_future())
        if self._appends.stand_in_line(key, entrant):
            return entrant.appended
        if not self._asks or _has_open(log, header):
            return log.append((batch,))
        self._appends.begin_line(key, entrant)
        self._begun.setdefault(producer, {})[key] = entrant.partition
        return entrant.appended

    def append_alone(self, log: Log, batch: memoryview) -> Future[Appended]:
        """As `append` and `ask` in one: for a batch that comes later than the others of its request."""
        alone = Admission(self._appends, self._transactional_id, adds=self._adds, asks=self._asks)
        appended = alone.append(log, batch)
        alone.ask()
        return appended

    def ask(self) -> None:
        """Have the coordinator decide about the lines that began. To be called once, in the step of the appends."""
        for producer, lines in self._begun.items():
            kind: Callable[..., AddPartitions | VerifyPartitions] = AddPartitions if self._adds else VerifyPartitions
            request = kind(transactional_id=self._transactional_id, producer=producer, partitions=tuple(lines.values()))
            try:
                answered = self._appends.submit(self._transactional_id, request)
            except Refused as refusal:
                self._enter(list(lines), refusal)
            else:
                answered.add_done_callback(partial(self._answered, list(lines)))

    def _answered(self, lines: list[_Key], answered: "Future[list[Any]]") -> None:
        self._enter(lines, answered.exception() or answered.result()[0])

    def _enter(self, lines: list[_Key], refusal: BaseException | None) -> None:
        for key in lines:
            self._appends.enter(key, self._transactional_id, refusal)


def _has_open(log: Log, header: BatchHeader) -> bool:
    known = log.producer(header.producer_id)
    return known is not None and known.transaction_start is not None and known.epoch == header.producer_epoch


def _refused(problem: BaseException) -> Refused:
    return problem if isinstance(problem, Refused) else Refused(code_of(problem), str(problem))


def _append(entrant: _Entrant) -> None:
    try:
        appended = entrant.log.append((entrant.batch,))
    except LogError as error:
        entrant.appended.set_exception(error)
    else:
        appended.add_done_callback(partial(pass_on, entrant.appended))
