"""Carries out what the transaction machine has decided: markers in every partition, then the word that it is complete.

The record of a Prepare state is the intent. It is acted upon when it is durable, and again after a load, for nobody knows how
far a process came before it ended. To write a marker twice does no harm: the second ends nothing, and the next transaction
of the producer can't begin before the first one is complete.

A transaction may have thousands of partitions, and thousands of transactions may time out together. So all take turns, some
markers in each step of the loop.
"""

from asyncio import Future, get_running_loop
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from headwater.broker.markers import Markers
from headwater.broker.transaction_ending import Ending
from headwater.control.transactions.machine import Transactions
from headwater.control.transactions.requests import Complete
from headwater.control.transactions.transaction import State, TransactionRecord, record_of, transaction_of
from headwater.machine.errors import MachineError, Stopped
from headwater.machine.runtime import Runtime

_AT_ONCE: Final = 40
"""Markers that are written in one step of the loop, and transactions that need none: some milliseconds."""


class TransactionEnds:
    """A subscriber of one transaction machine. `coordinator_epoch` is the leader epoch of its partition."""

    def __init__(
        self, runtime: Runtime[Transactions], markers: Markers, *, coordinator_epoch: Callable[[], int]
    ) -> None:
        self._runtime = runtime
        self._markers = markers
        self._coordinator_epoch = coordinator_epoch
        self._decided: dict[str, TransactionRecord] = {}
        """What nobody has begun to carry out."""
        self._under_way: dict[str, Ending] = {}
        self._in_turn: deque[Ending] = deque()
        self._budget = _AT_ONCE

    def durable(self, records: Sequence[TransactionRecord]) -> None:
        for record in records:
            name = record.key.transactional_id
            if record.value is not None and State(record.value.transaction_status).is_ending:
                self._decided[name] = record
            else:
                self._decided.pop(name, None)
                self._under_way.pop(name, None)
        self._go_on()

    def reloaded(self, machine: Transactions) -> None:
        """What is still under way goes on; what this process had not heard of begins."""
        before, self._under_way = self._under_way, {}
        self._decided.clear()
        for transaction in machine.ending():
            ending = before.get(transaction.transactional_id)
            if ending is not None and ending.is_of(transaction):
                self._under_way[transaction.transactional_id] = ending
            else:
                self._decided[transaction.transactional_id] = record_of(transaction)
        self._go_on()

    def write_soon(self, ending: Ending) -> None:
        self._in_turn.append(ending)
        self._go_on()

    def _go_on(self) -> None:
        """What is asked for first in a step is written in it, as nearly always is all there is."""
        if self._budget == _AT_ONCE and (self._in_turn or self._decided):
            get_running_loop().call_soon(self._next_step)
        while self._budget and (ending := self._next()) is not None:
            written = ending.write_some(self._budget)
            if written < self._budget:
                self._in_turn.popleft()
            self._budget -= max(written, 1)

    def _next_step(self) -> None:
        self._budget = _AT_ONCE
        self._go_on()

    def _next(self) -> Ending | None:
        """Whose turn it is: what is under way goes before what begins."""
        if not self._in_turn and self._decided:
            name = next(iter(self._decided))
            record = self._decided.pop(name)
            assert record.value is not None
            ending = Ending(
                transaction_of(record.key, record.value),
                self._markers,
                coordinator_epoch=self._coordinator_epoch(),
                owner=self,
            )
            self._under_way[name] = ending
            self._in_turn.append(ending)
        return self._in_turn[0] if self._in_turn else None

    def has(self, ending: Ending) -> bool:
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
