"""EndTxn, and the ends that nobody asked for: the outcome is written first, and cannot be taken back.

Since KIP-890 each end begins a new epoch, under which the markers are written. So a batch that comes late finds itself
fenced, and a producer that ends a transaction again is known by its epoch, which is one too small.
"""

from msgspec.structs import replace

from headwater.control.transactions.errors import (
    ConcurrentTransactions,
    InvalidProducerIdMapping,
    InvalidTransactionState,
    ProducerFenced,
)
from headwater.control.transactions.outcome import Outcome
from headwater.control.transactions.requests import Complete, EndTransaction, NewProducerIdNeeded, ProducerIdentity
from headwater.control.transactions.transaction import EPOCH_BUMPING, State, Transaction, is_exhausted
from headwater.kernel.units import Timestamp
from headwater.wire.types import NO_PRODUCER, ProducerEpoch


def ended(found: Transaction | None, request: EndTransaction, now: Timestamp) -> Outcome:
    if found is None:
        return Outcome(answer=InvalidProducerIdMapping(request.transactional_id))
    asked = request.producer
    if request.bumps_epoch and found.state.is_ending and asked == _after(found):
        return Outcome(answer=ConcurrentTransactions())  # it ends its next transaction, while this one gets its markers
    again = request.bumps_epoch and _is_asked_again(found, asked)
    if asked.producer_id != found.producer_id and not again:
        return Outcome(answer=InvalidProducerIdMapping(request.transactional_id))
    if asked.epoch != found.epoch and not again:
        return Outcome(answer=ProducerFenced(asked.epoch, found.epoch))
    if found.state is State.ONGOING:
        return _decided(found, request, now)
    if again or not request.bumps_epoch:
        return _ended_before(found, request)
    if request.commits:
        return Outcome(answer=InvalidTransactionState(found.state.text))
    return _decided(replace(found, partitions={}, started=now), request, now)  # an abort before anything was written


def _is_asked_again(found: Transaction, asked: ProducerIdentity) -> bool:
    if found.client_version < EPOCH_BUMPING or found.state in (State.ONGOING, State.EMPTY):
        return False
    if asked.producer_id == found.producer_id:
        return found.epoch == asked.epoch + 1
    return asked.producer_id == found.previous_producer_id and is_exhausted(asked.epoch) and found.epoch == 0


def _ended_before(found: Transaction, request: EndTransaction) -> Outcome:
    """A producer that did not hear the answer asks again."""
    prepared, complete = (
        (State.PREPARE_COMMIT, State.COMPLETE_COMMIT)
        if request.commits
        else (State.PREPARE_ABORT, State.COMPLETE_ABORT)
    )
    if found.state is complete:
        return Outcome(answer=ProducerIdentity(producer_id=found.producer_id, epoch=found.epoch))
    if found.state is prepared:
        return Outcome(answer=ConcurrentTransactions())
    return Outcome(answer=InvalidTransactionState(found.state.text))


def _decided(found: Transaction, request: EndTransaction, now: Timestamp) -> Outcome:
    state = State.PREPARE_COMMIT if request.commits else State.PREPARE_ABORT
    if not request.bumps_epoch:
        plain = replace(found, state=state, updated=now, client_version=0)
        return Outcome(answer=request.producer, transaction=plain)
    rotates = found.is_exhausted
    if rotates and request.new_producer_id is None:
        return Outcome(answer=NewProducerIdNeeded())
    prepared = replace(
        found,
        state=state,
        updated=now,
        epoch=ProducerEpoch(found.epoch + 1),
        previous_producer_id=NO_PRODUCER,
        next_producer_id=request.new_producer_id if rotates else NO_PRODUCER,
        client_version=EPOCH_BUMPING,
    )
    return Outcome(answer=_after(prepared), transaction=prepared, last_epoch=found.epoch)


def _after(prepared: Transaction) -> ProducerIdentity:
    """Who the producer is when the transaction is complete."""
    if prepared.next_producer_id != NO_PRODUCER:
        return ProducerIdentity(producer_id=prepared.next_producer_id, epoch=ProducerEpoch(0))
    return ProducerIdentity(producer_id=prepared.producer_id, epoch=prepared.epoch)


def fenced(found: Transaction, now: Timestamp) -> Transaction:
    """Aborted without its producer, whose epoch is over with that."""
    return replace(
        found,
        state=State.PREPARE_ABORT,
        updated=now,
        epoch=ProducerEpoch(found.epoch + 1),
        next_producer_id=NO_PRODUCER,
        client_version=0,
    )


def completed(found: Transaction | None, request: Complete, now: Timestamp) -> Outcome:
    if found is None or not found.state.is_ending:
        return Outcome(answer=None)
    if (found.producer_id, found.epoch) != (request.producer.producer_id, request.producer.epoch):
        return Outcome(answer=None)
    after = _after(found)
    rotates = after.producer_id != found.producer_id
    complete = replace(
        found,
        state=State.COMPLETE_COMMIT if found.state is State.PREPARE_COMMIT else State.COMPLETE_ABORT,
        updated=now,
        partitions={},
        producer_id=after.producer_id,
        epoch=after.epoch,
        previous_producer_id=found.producer_id if rotates else NO_PRODUCER,
        next_producer_id=NO_PRODUCER,
    )
    return Outcome(answer=None, transaction=complete)
