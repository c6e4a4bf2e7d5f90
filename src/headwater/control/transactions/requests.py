"""What a transaction machine can be asked, and what it answers. New producer ids come inside: the machine draws nothing."""

from msgspec import Struct

from headwater.control.transactions.transaction import TopicPartition
from headwater.wire.types import ProducerEpoch, ProducerId


class ProducerIdentity(Struct, frozen=True, kw_only=True):
    """A producer id and its epoch, under which a producer writes."""

    producer_id: ProducerId
    epoch: ProducerEpoch


class InitProducer(Struct, frozen=True, kw_only=True):
    """InitProducerId. Answered by a `ProducerIdentity`, `NewProducerIdNeeded` or a refusal."""

    transactional_id: str
    timeout_ms: int
    expected: ProducerIdentity | None = None
    """Who the producer was until now, if it goes on after an error (KIP-360)."""
    new_producer_id: ProducerId | None = None


class NewProducerIdNeeded(Struct, frozen=True, kw_only=True):
    """Ask again, with a producer id that nobody has had."""


class AddPartitions(Struct, frozen=True, kw_only=True):
    """These partitions will be written to, and need a marker at the end. Answered by None or a refusal.

    While the transaction before is being ended it waits, for a bounded time.
    """

    transactional_id: str
    producer: ProducerIdentity
    partitions: tuple[TopicPartition, ...]


class VerifyPartitions(Struct, frozen=True, kw_only=True):
    """Whether these partitions are in the open transaction. Answered as `AddPartitions`; it changes nothing."""

    transactional_id: str
    producer: ProducerIdentity
    partitions: tuple[TopicPartition, ...]


class EndTransaction(Struct, frozen=True, kw_only=True):
    """EndTxn. Answered, once the outcome stands, by the `ProducerIdentity` to go on with, `NewProducerIdNeeded` or a refusal."""

    transactional_id: str
    producer: ProducerIdentity
    commits: bool
    bumps_epoch: bool
    """From EndTxn 5 on each end begins a new epoch (KIP-890)."""
    new_producer_id: ProducerId | None = None


class Complete(Struct, frozen=True, kw_only=True):
    """Every partition has its marker. Answered by None, also where it came too late."""

    transactional_id: str
    producer: ProducerIdentity
