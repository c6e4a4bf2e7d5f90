"""Which batches are void, and which markers have outlived their data, seen in one walk over a log.

A marker ends what a reader holds against a producer, so it stays as long as there is a batch of its transaction. Even an
empty one counts: it is there for its producer's sequence, and opens the transaction again when a log is recovered.
"""

from collections.abc import Iterable

from headwater.log.port import AbortedTransaction
from headwater.wire.batch.header import BatchHeader
from headwater.wire.types import ProducerId


class Transactions:
    def __init__(self) -> None:
        self._with_data: dict[ProducerId, None] = {}

    def is_void(self, header: BatchHeader, aborted: Iterable[AbortedTransaction]) -> bool:
        """Whether this batch of records is of one of these transactions."""
        if not header.is_transactional:
            return False
        self._with_data[header.producer_id] = None
        return any(
            each.producer_id == header.producer_id and each.first <= header.base_offset <= each.last for each in aborted
        )

    def has_outlived(self, header: BatchHeader) -> bool:
        """Whether nothing was left of the transaction that this control batch ends. Other control batches end nothing."""
        if not header.has_producer:
            return False
        if header.producer_id in self._with_data:
            del self._with_data[header.producer_id]
            return False
        return True
