"""What the coordinator knows of one transactional id, as one frozen value: each record of the log holds all of it.

    Empty -> Ongoing -> PrepareCommit -> CompleteCommit -> Ongoing ...
                     -> PrepareAbort  -> CompleteAbort

A Prepare state is the intent: from it on the outcome stands, and only the markers are missing. Complete says that every
partition has its marker.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.wire.records.transaction_log_key import TransactionLogKey
from headwater.wire.records.transaction_log_value import PartitionsSchema, TransactionLogValue
from headwater.wire.types import NO_PRODUCER, ProducerEpoch, ProducerId, TopicName

TopicPartition = tuple[TopicName, int]
PartitionSet = Mapping[TopicPartition, None]
"""In the order in which they were added."""

NO_START: Final = Timestamp(-1)
EPOCH_BUMPING: Final = 2
"""The transaction.version from which on the end of each transaction begins a new epoch."""
_EPOCH_LAST: Final = 2**15 - 2
"""The last that a producer is given: one more is kept, to fence it."""


class State(IntEnum):
    """Kafka's numbers. Dead and PrepareEpochFence are never written."""

    EMPTY = 0
    ONGOING = 1
    PREPARE_COMMIT = 2
    PREPARE_ABORT = 3
    COMPLETE_COMMIT = 4
    COMPLETE_ABORT = 5
    DEAD = 6
    PREPARE_EPOCH_FENCE = 7

    @property
    def text(self) -> str:
        """As DescribeTransactions says it."""
        return "".join(word.capitalize() for word in self.name.split("_"))

    @property
    def is_ending(self) -> bool:
        return self in (State.PREPARE_COMMIT, State.PREPARE_ABORT)

    @property
    def is_over(self) -> bool:
        return self in (State.EMPTY, State.COMPLETE_COMMIT, State.COMPLETE_ABORT)


class Transaction(Struct, frozen=True, kw_only=True):
    transactional_id: str
    producer_id: ProducerId
    epoch: ProducerEpoch
    timeout_ms: int
    state: State
    updated: Timestamp
    started: Timestamp = NO_START
    partitions: PartitionSet = {}
    previous_producer_id: ProducerId = NO_PRODUCER
    """Set for as long as a producer may ask again under the id that was just replaced."""
    next_producer_id: ProducerId = NO_PRODUCER
    """Whose turn it is when this transaction is complete, where its epochs have run out."""
    client_version: int = 0

    @property
    def is_exhausted(self) -> bool:
        return is_exhausted(self.epoch)


class TransactionRecord(Struct, frozen=True, kw_only=True):
    """A None value is a tombstone: the transactional id was not used for long."""

    key: TransactionLogKey
    value: TransactionLogValue | None


def is_exhausted(epoch: ProducerEpoch) -> bool:
    return epoch >= _EPOCH_LAST


def record_of(transaction: Transaction) -> TransactionRecord:
    by_topic: dict[TopicName, list[int]] = {}
    for topic, index in transaction.partitions:
        by_topic.setdefault(topic, []).append(index)
    value = TransactionLogValue(
        producer_id=transaction.producer_id,
        previous_producer_id=transaction.previous_producer_id,
        next_producer_id=transaction.next_producer_id,
        producer_epoch=transaction.epoch,
        transaction_timeout_ms=transaction.timeout_ms,
        transaction_status=transaction.state,
        transaction_partitions=None
        if transaction.state is State.EMPTY
        else tuple(PartitionsSchema(topic=topic, partition_ids=tuple(ids)) for topic, ids in by_topic.items()),
        transaction_last_update_timestamp_ms=transaction.updated,
        transaction_start_timestamp_ms=transaction.started,
        client_transaction_version=transaction.client_version,
    )
    return TransactionRecord(key=TransactionLogKey(transactional_id=transaction.transactional_id), value=value)


def transaction_of(key: TransactionLogKey, value: TransactionLogValue) -> Transaction:
    """Reads what `record_of` gave, or Apache Kafka wrote."""
    return Transaction(
        transactional_id=key.transactional_id,
        producer_id=ProducerId(value.producer_id),
        epoch=ProducerEpoch(value.producer_epoch),
        timeout_ms=value.transaction_timeout_ms,
        state=State(value.transaction_status),
        updated=Timestamp(value.transaction_last_update_timestamp_ms),
        started=Timestamp(value.transaction_start_timestamp_ms),
        partitions={
            (TopicName(each.topic), index): None
            for each in value.transaction_partitions or ()
            for index in each.partition_ids
        },
        previous_producer_id=ProducerId(value.previous_producer_id),
        next_producer_id=ProducerId(value.next_producer_id),
        client_version=value.client_transaction_version,
    )


def tombstone(transactional_id: str) -> TransactionRecord:
    return TransactionRecord(key=TransactionLogKey(transactional_id=transactional_id), value=None)
