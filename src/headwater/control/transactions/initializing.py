"""InitProducerId: a producer takes a transactional id over, and whoever had it is fenced (KIP-98, KIP-360).

Each time the epoch grows by one; when it is exhausted a new producer id comes in its place. An open transaction is
aborted first, under an epoch that nobody is given, while the producer is told to come again.
"""

from msgspec.structs import replace

from headwater.control.transactions.ending import fenced
from headwater.control.transactions.errors import ConcurrentTransactions, InvalidTransactionTimeout, ProducerFenced
from headwater.control.transactions.outcome import Outcome
from headwater.control.transactions.requests import InitProducer, NewProducerIdNeeded, ProducerIdentity
from headwater.control.transactions.transaction import NO_START, State, Transaction, is_exhausted
from headwater.kernel.units import Timestamp
from headwater.wire.types import NO_PRODUCER, ProducerEpoch, ProducerId

_FIRST = ProducerEpoch(0)


def initialized(
    found: Transaction | None,
    request: InitProducer,
    *,
    last_epoch: ProducerEpoch | None,
    timeout_max_ms: int,
    now: Timestamp,
) -> Outcome:
    if not 0 < request.timeout_ms <= timeout_max_ms:
        return Outcome(answer=InvalidTransactionTimeout(request.timeout_ms, timeout_max_ms))
    if found is None:
        return _first(request, now)
    if not _may_be(found, request.expected):
        return Outcome(answer=_fenced(found, request.expected))
    if found.state.is_ending:
        return Outcome(answer=ConcurrentTransactions())
    if found.state is State.ONGOING:
        return _abort_first(found, request, now)
    return _next(found, request, last_epoch, now)


def _first(request: InitProducer, now: Timestamp) -> Outcome:
    if request.new_producer_id is None:
        return Outcome(answer=NewProducerIdNeeded())
    made = Transaction(
        transactional_id=request.transactional_id,
        producer_id=request.new_producer_id,
        epoch=_FIRST,
        timeout_ms=request.timeout_ms,
        state=State.EMPTY,
        updated=now,
    )
    return Outcome(answer=identity(made), transaction=made)


def _may_be(found: Transaction, expected: ProducerIdentity | None) -> bool:
    """Whether this is the producer that has the id, or had it until its epochs ran out and does not know the new one yet."""
    if expected is None or expected.producer_id == found.producer_id:
        return True
    return expected.producer_id == found.previous_producer_id and is_exhausted(expected.epoch)


def _abort_first(found: Transaction, request: InitProducer, now: Timestamp) -> Outcome:
    """A producer that was fenced itself must not abort what its successor does."""
    if request.expected is not None and request.expected.epoch != found.epoch:
        return Outcome(answer=_fenced(found, request.expected))
    return Outcome(answer=ConcurrentTransactions(), transaction=fenced(found, now))


def _next(found: Transaction, request: InitProducer, last_epoch: ProducerEpoch | None, now: Timestamp) -> Outcome:
    expected = request.expected
    empty = replace(
        found,
        timeout_ms=request.timeout_ms,
        state=State.EMPTY,
        updated=now,
        started=NO_START,
        partitions={},
        next_producer_id=NO_PRODUCER,
        client_version=0,
    )
    if expected is not None and expected.epoch != found.epoch:
        if expected.epoch != last_epoch:
            return Outcome(answer=_fenced(found, expected))
        return Outcome(answer=identity(found), transaction=empty, last_epoch=last_epoch)  # it did not hear us
    if found.is_exhausted:
        return _rotated(empty, request)
    bumped = replace(empty, epoch=ProducerEpoch(found.epoch + 1), previous_producer_id=NO_PRODUCER)
    return Outcome(answer=identity(bumped), transaction=bumped, last_epoch=expected.epoch if expected else None)


def _rotated(empty: Transaction, request: InitProducer) -> Outcome:
    new: ProducerId | None = request.new_producer_id
    if new is None:
        return Outcome(answer=NewProducerIdNeeded())
    rotated = replace(empty, producer_id=new, epoch=_FIRST, previous_producer_id=empty.producer_id)
    last_epoch = request.expected.epoch if request.expected else None
    return Outcome(answer=identity(rotated), transaction=rotated, last_epoch=last_epoch)


def identity(transaction: Transaction) -> ProducerIdentity:
    return ProducerIdentity(producer_id=transaction.producer_id, epoch=transaction.epoch)


def _fenced(found: Transaction, expected: ProducerIdentity | None) -> ProducerFenced:
    return ProducerFenced(expected.epoch if expected else -1, found.epoch)
