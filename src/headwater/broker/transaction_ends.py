"""Carries out what the transaction machine has decided: markers in every partition, then the word that it is complete.

The record of a Prepare state is the intent. It is acted upon when it is durable, and again after a load, for nobody knows how
far a process came before it ended. To write a marker twice does no harm: the second ends nothing, and the next transaction
of the producer can't begin before the first one is complete.

Nothing here waits in a task: futures call back, and what could not be done is tried again after a pause.
"""

from asyncio import Future, get_running_loop
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final

from headwater.broker.errors import Refused
from headwater.broker.markers import Markers
from headwater.control.transactions.machine import Transactions
from headwater.control.transactions.requests import Complete, ProducerIdentity
from headwater.control.transactions.transaction import (
    State,
    TopicPartition,
    Transaction,
    TransactionRecord,
    transaction_of,
)
from headwater.kernel.errors import HeadwaterError
from headwater.kernel.logging import get
from headwater.log.errors import ProducerRefused
from headwater.machine.errors import MachineError, Stopped
from headwater.machine.runtime import Runtime
from headwater.machine.transactional import TransactionEnd
from headwater.wire.error_codes import ErrorCode

log = get("broker.transactions")

_AT_ONCE: Final = 100
"""Markers that are written in one step of the loop: some milliseconds."""
_PAUSE_MIN_S: Final = 0.02
_PAUSE_MAX_S: Final = 1.0


class TransactionEnds:
    """A subscriber of one transaction machine. `coordinator_epoch` is the leader epoch of its partition."""

    def __init__(
        self, runtime: Runtime[Transactions], markers: Markers, *, coordinator_epoch: Callable[[], int]
    ) -> None:
        self._runtime = runtime
        self._markers = markers
        self._coordinator_epoch = coordinator_epoch
        self._under_way: dict[str, _Ending] = {}

    def durable(self, records: Sequence[TransactionRecord]) -> None:
        for record in records:
            if record.value is not None and State(record.value.transaction_status).is_ending:
                self._begin(transaction_of(record.key, record.value))
            else:
                self._under_way.pop(record.key.transactional_id, None)

    def reloaded(self, machine: Transactions) -> None:
        """What is still under way goes on; what this process had not heard of begins."""
        before, self._under_way = self._under_way, {}
        for transaction in machine.ending():
            ending = before.get(transaction.transactional_id)
            if ending is not None and ending.is_of(transaction):
                self._under_way[transaction.transactional_id] = ending
            else:
                self._begin(transaction)

    def _begin(self, transaction: Transaction) -> None:
        ending = _Ending(transaction, self._markers, coordinator_epoch=self._coordinator_epoch(), owner=self)
        self._under_way[transaction.transactional_id] = ending
        ending.go_on()

    def has(self, ending: "_Ending") -> bool:
        """Whether this is still to be done here."""
        return self._under_way.get(ending.transactional_id) is ending

    def complete(self, request: Complete) -> Future[list[Any]] | None:
        """None where the machine can't be asked now. Raises Stopped where it runs here no longer."""
        try:
            return self._runtime.submit((request,))
        except Stopped:
            raise
        except MachineError:
            return None


class _Ending:
    """One transaction on its way from Prepare to Complete."""

    def __init__(
        self, transaction: Transaction, markers: Markers, *, coordinator_epoch: int, owner: TransactionEnds
    ) -> None:
        self.transactional_id = transaction.transactional_id
        self._decided = (transaction.producer_id, transaction.epoch, transaction.updated)
        self._producer = ProducerIdentity(producer_id=transaction.producer_id, epoch=transaction.epoch)
        self._end = TransactionEnd(
            producer_id=transaction.producer_id,
            producer_epoch=transaction.epoch,
            committed=transaction.state is State.PREPARE_COMMIT,
            coordinator_epoch=coordinator_epoch,
        )
        self._markers = markers
        self._owner = owner
        self._left = dict(transaction.partitions)
        self._awaited = 0
        self._pause_s = _PAUSE_MIN_S

    def is_of(self, transaction: Transaction) -> bool:
        return (transaction.producer_id, transaction.epoch, transaction.updated) == self._decided

    def go_on(self) -> None:
        self._awaited = 1  # these calls themselves, so that nothing settles before all are asked
        self._write_some(iter(list(self._left)))

    def _write_some(self, partitions: Iterator[TopicPartition]) -> None:
        """A transaction may have thousands of partitions, and others want their turn."""
        if not self._owner.has(self):
            return
        taken = list(islice(partitions, _AT_ONCE))
        for partition in taken:
            self._write(partition)
        if len(taken) == _AT_ONCE:
            get_running_loop().call_soon(self._write_some, partitions)
        else:
            self._one_less()

    def _write(self, partition: TopicPartition) -> None:
        try:
            written = self._markers.write(partition, self._end)
        except HeadwaterError as error:
            self._failed(partition, error)
        else:
            self._awaited += 1
            written.add_done_callback(partial(self._written, partition))

    def _written(self, partition: TopicPartition, written: "Future[Any]") -> None:
        error = None if written.cancelled() else written.exception()
        if error is not None:
            self._failed(partition, error)
        elif not written.cancelled():
            self._left.pop(partition, None)
        self._one_less()

    def _failed(self, partition: TopicPartition, error: BaseException) -> None:
        if _needs_none(error):
            self._left.pop(partition, None)
        elif self._pause_s >= _PAUSE_MAX_S:
            log.warn("a marker could not be written yet", error=error, partition=partition, transaction=self._end)

    def _one_less(self) -> None:
        self._awaited -= 1
        if self._awaited or not self._owner.has(self):
            return
        if self._left:
            self._later()
        else:
            self._complete()

    def _complete(self) -> None:
        try:
            answered = self._owner.complete(Complete(transactional_id=self.transactional_id, producer=self._producer))
        except Stopped:
            return  # whoever runs the machine next finds the intent
        if answered is None:
            self._later()
        else:
            answered.add_done_callback(self._completed)

    def _completed(self, answered: "Future[list[Any]]") -> None:
        """A machine that could not write it is loaded anew, and still has the intent."""
        if not answered.cancelled() and answered.exception() is not None:
            self._later()

    def _later(self) -> None:
        get_running_loop().call_later(self._pause_s, self.go_on)
        self._pause_s = min(2 * self._pause_s, _PAUSE_MAX_S)


def _needs_none(error: BaseException) -> bool:
    """The topic is gone, or someone newer has ended the transaction there."""
    if isinstance(error, Refused):
        return error.code in (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.INVALID_TOPIC_EXCEPTION)
    return isinstance(error, ProducerRefused)
