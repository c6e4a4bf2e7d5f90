"""What a request leads to, before it becomes a Decision: an answer, and what the transaction is from then on."""

from typing import TypeAlias

from msgspec import Struct

from headwater.control.transactions.errors import TransactionError
from headwater.control.transactions.requests import NewProducerIdNeeded, ProducerIdentity
from headwater.control.transactions.transaction import Transaction
from headwater.wire.types import ProducerEpoch

Given: TypeAlias = TransactionError | ProducerIdentity | NewProducerIdNeeded | None


class Outcome(Struct, frozen=True, kw_only=True):
    answer: Given
    transaction: Transaction | None = None
    """None where nothing changes."""
    last_epoch: ProducerEpoch | None = None
    """The epoch that was replaced, by which a producer that asks again is known. It is volatile, as in Kafka."""
