"""What stays of a batch in a round of compaction: Kafka's rules, without the walking.

A batch that would lose all its records stays empty where it is the last of a producer that may write again, or the last of
the round, for it says where its producer and the log were. Tombstones and markers go in two steps: the round that finds
nothing before them writes down when they may go, and a round after that lets them go.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.log.compaction.keys import KeyMap
from headwater.log.compaction.transactions import Transactions
from headwater.log.port import AbortedTransaction, ProducerState
from headwater.wire.batch.header import BatchHeader
from headwater.wire.batch.stored import is_old
from headwater.wire.batch.thinning import IS_TOMBSTONE, OFFSET_DELTA, KeyedRecord
from headwater.wire.types import Offset, ProducerId

_NO_OFFSET = -1


class Fate(Enum):
    """What becomes of a batch, as far as its header says."""

    STAYS = "stays"
    GETS_HORIZON = "gets horizon"
    IS_THINNED = "is thinned"
    IS_DROPPED = "is dropped"


class Round(Struct, frozen=True, kw_only=True):
    """What one round knows before its second pass."""

    keys: KeyMap
    end: Offset
    """Where what may be cleaned ends: the batch before it stays, empty if need be."""
    now: Timestamp
    delete_retention_ms: int

    @property
    def delete_horizon(self) -> Timestamp:
        return Timestamp(self.now + self.delete_retention_ms)


class Rules:
    """One walk from the start of a log. Each batch is asked about once, in order."""

    def __init__(self, round_: Round, producers: Iterable[ProducerState]) -> None:
        self._round = round_
        self._producers: Mapping[ProducerId, ProducerState] = {each.producer_id: each for each in producers}
        self._transactions = Transactions()

    def fate(self, header: BatchHeader, aborted: Iterable[AbortedTransaction]) -> Fate:
        if header.is_control:
            if not self._transactions.has_outlived(header):
                return Fate.STAYS
            if not header.record_count:
                return Fate.IS_DROPPED
            return Fate.IS_DROPPED if self._may_forget(header) else self._horizon_once(header)
        if self._transactions.is_void(header, aborted) or not header.record_count:
            return Fate.IS_DROPPED
        return Fate.STAYS if header.base_offset > self._round.keys.latest else Fate.IS_THINNED

    def _horizon_once(self, header: BatchHeader) -> Fate:
        return Fate.STAYS if header.has_delete_horizon else Fate.GETS_HORIZON

    def must_leave_a_trace(self, header: BatchHeader) -> bool:
        """Whether the batch stays even without a record."""
        if header.last_offset + 1 == self._round.end:
            return True
        producer = self._producers.get(header.producer_id) if header.has_producer else None
        if producer is None:
            return False
        if producer.last_offset != _NO_OFFSET:
            return header.last_offset == producer.last_offset
        return header.is_control and header.producer_epoch == producer.epoch

    def left_of(self, records: Sequence[KeyedRecord], header: BatchHeader) -> list[KeyedRecord]:
        """The records that stay, of some that stand in this batch."""
        base, latest = header.base_offset, self._round.keys.latest
        if header.last_offset <= latest:
            left = self._round.keys.newest(records, base)
            return [each for each in left if not each[IS_TOMBSTONE]] if self._may_forget(header) else left
        known = [each for each in records if base + each[OFFSET_DELTA] <= latest]
        left = self._round.keys.newest(known, base)
        if self._may_forget(header):
            left = [each for each in left if not each[IS_TOMBSTONE]]
        return left + list(records[len(known) :])

    def needs_horizon(self, left: Iterable[KeyedRecord], header: BatchHeader) -> bool:
        """Whether tombstones are left whose time begins now: nothing older than they is in the log after this round."""
        if is_old(header) or header.has_delete_horizon or header.last_offset > self._round.keys.latest:
            return False
        return any(each[IS_TOMBSTONE] for each in left)

    def _may_forget(self, header: BatchHeader) -> bool:
        """Messages of old formats have no place for a horizon; their time is long over."""
        if is_old(header):
            return header.max_timestamp + self._round.delete_retention_ms <= self._round.now
        return header.has_delete_horizon and header.base_timestamp <= self._round.now
