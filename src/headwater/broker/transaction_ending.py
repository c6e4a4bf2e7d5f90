"""One transaction on its way from Prepare to Complete: a marker in every partition, then the word that it is complete.

Nothing here waits in a task: futures call back, and what could not be done is tried again after a pause.
"""

from asyncio import Future, get_running_loop
from functools import partial
from itertools import islice
from typing import Any, Final, Protocol

from headwater.broker.errors import Refused
from headwater.broker.markers import Markers
from headwater.control.transactions.requests import Complete, ProducerIdentity
from headwater.control.transactions.transaction import State, TopicPartition, Transaction
from headwater.kernel.errors import HeadwaterError
from headwater.kernel.logging import get
from headwater.log.errors import ProducerRefused
from headwater.machine.errors import Stopped
from headwater.machine.transactional import TransactionEnd
from headwater.wire.error_codes import ErrorCode

log = get("broker.transactions")

_PAUSE_MIN_S: Final = 0.02
_PAUSE_MAX_S: Final = 1.0


class Owner(Protocol):
    """Who began it, and may have given it up."""

    def has(self, ending: "Ending") -> bool:
        """Whether this is still to be done."""
        ...

    def write_soon(self, ending: "Ending") -> None:
        """Call its `write_some` until it has no more."""
        ...

    def complete(self, request: Complete) -> Future[list[Any]] | None:
        """None where the machine can't be asked now. Raises Stopped where it runs here no longer."""
        ...


class Ending:
    """One transaction on its way from Prepare to Complete."""

    def __init__(self, transaction: Transaction, markers: Markers, *, coordinator_epoch: int, owner: Owner) -> None:
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
        self._ask_all()
        self._pause_s = _PAUSE_MIN_S

    def is_of(self, transaction: Transaction) -> bool:
        return (transaction.producer_id, transaction.epoch, transaction.updated) == self._decided

    def _ask_all(self) -> None:
        self._awaited = 1  # the asking itself, so that nothing settles before all are asked
        self._unasked = iter(list(self._left))

    def _go_on(self) -> None:
        self._ask_all()
        self._owner.write_soon(self)

    def write_some(self, most: int) -> int:
        """How many markers were written; less than `most` if those were the last."""
        if not self._owner.has(self):
            return 0
        taken = list(islice(self._unasked, most))
        for partition in taken:
            self._write(partition)
        if len(taken) < most:
            self._one_less()
        return len(taken)

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
        get_running_loop().call_later(self._pause_s, self._go_on)
        self._pause_s = min(2 * self._pause_s, _PAUSE_MAX_S)


def _needs_none(error: BaseException) -> bool:
    """The topic is gone, or someone newer has ended the transaction there."""
    if isinstance(error, Refused):
        return error.code in (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.INVALID_TOPIC_EXCEPTION)
    return isinstance(error, ProducerRefused)
