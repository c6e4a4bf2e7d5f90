"""Records that count only if a transaction is committed, which another log decides.

The journal writes them in batches of their producer, and the end as a control batch, as Kafka does: so the broker's own logs
need nothing besides for what a reader of committed records sees. A machine holds such records back until the end comes.
All records of one decision belong to one producer, or to none.
"""

from msgspec import Struct

from headwater.machine.decision import Record
from headwater.wire.types import ProducerEpoch, ProducerId


class InTransaction(Struct, frozen=True, kw_only=True):
    producer_id: ProducerId
    producer_epoch: ProducerEpoch
    record: Record


class TransactionEnd(Struct, frozen=True, kw_only=True):
    """The marker: what the producer has open in this log counts, or never was. It is alone in its decision."""

    producer_id: ProducerId
    producer_epoch: ProducerEpoch
    committed: bool
    coordinator_epoch: int
