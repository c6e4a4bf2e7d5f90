"""Partitions join a transaction before anything is written to them, or nobody would know where its markers belong."""

from msgspec.structs import replace

from headwater.control.transactions.errors import (
    ConcurrentTransactions,
    InvalidProducerIdMapping,
    NotInTransaction,
    ProducerFenced,
    TransactionError,
)
from headwater.control.transactions.outcome import Outcome
from headwater.control.transactions.requests import AddPartitions, ProducerIdentity, VerifyPartitions
from headwater.control.transactions.transaction import State, Transaction
from headwater.kernel.units import Timestamp
from headwater.wire.types import NO_PRODUCER


def added(found: Transaction | None, request: AddPartitions, now: Timestamp) -> Outcome:
    refusal = check_producer(found, request.transactional_id, request.producer)
    if refusal is not None or found is None:
        return Outcome(answer=refusal)
    is_open = found.state is State.ONGOING
    if is_open and all(each in found.partitions for each in request.partitions):
        return Outcome(answer=None)
    ongoing = replace(
        found,
        state=State.ONGOING,
        updated=now,
        started=found.started if is_open else now,
        partitions={**(found.partitions if is_open else {}), **dict.fromkeys(request.partitions)},
        previous_producer_id=NO_PRODUCER,
    )
    return Outcome(answer=None, transaction=ongoing)


def verified(found: Transaction | None, request: VerifyPartitions) -> TransactionError | None:
    refusal = check_producer(found, request.transactional_id, request.producer)
    if refusal is None and found is not None and not all(each in found.partitions for each in request.partitions):
        return NotInTransaction()
    return refusal


def check_producer(
    found: Transaction | None, transactional_id: str, producer: ProducerIdentity
) -> TransactionError | None:
    """Whether this producer may go on with the transaction now."""
    if found is None:
        return InvalidProducerIdMapping(transactional_id)
    if found.state.is_ending and producer.producer_id == found.next_producer_id:
        return ConcurrentTransactions()
    if producer.producer_id != found.producer_id:
        return InvalidProducerIdMapping(transactional_id)
    if producer.epoch != found.epoch:
        return ProducerFenced(producer.epoch, found.epoch)
    return ConcurrentTransactions() if found.state.is_ending else None
