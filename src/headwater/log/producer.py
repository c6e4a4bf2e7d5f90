"""What a log remembers of one producer, and the rules by which its next batch is in order (KIP-98).

A producer numbers its records. With the last five batches remembered, one that comes again is recognised and answered
with where the first stands; five is what a client may have in flight. Sequences go from 2^31 - 1 on to 0.
"""

from collections import deque
from typing import Final

from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.log.errors import DuplicateSequence, FencedProducer, OutOfOrderSequence
from headwater.wire.batch.header import NO_SEQUENCE, NO_TIMESTAMP, BatchHeader
from headwater.wire.records.producer_snapshot import ProducerEntry
from headwater.wire.types import Offset, ProducerEpoch, ProducerId, Sequence

REMEMBERED_MAX: Final = 5
NO_OFFSET: Final = Offset(-1)
_NO_COORDINATOR: Final = -1
_SEQUENCES: Final = 2**31


class Remembered(Struct, frozen=True, gc=False):
    """A batch that was appended, by which its duplicates are known."""

    first_sequence: Sequence
    last_sequence: Sequence
    base_offset: Offset
    last_offset: Offset
    timestamp: Timestamp


class Producer:
    """One producer's state in one log."""

    __slots__ = ("batches", "coordinator_epoch", "epoch", "id", "run", "timestamp", "transaction_start")

    def __init__(self, producer_id: ProducerId, epoch: ProducerEpoch) -> None:
        self.id = producer_id
        self.epoch = epoch
        self.batches: deque[Remembered] = deque(maxlen=REMEMBERED_MAX)
        self.run = 0
        """How many records in an unbroken run of sequences are known to be in the log."""
        self.coordinator_epoch = _NO_COORDINATOR
        self.timestamp = NO_TIMESTAMP
        self.transaction_start: Offset | None = None

    @property
    def last(self) -> Remembered | None:
        return self.batches[-1] if self.batches else None

    def is_next(self, header: BatchHeader) -> bool:
        """The batch follows the last one, as nearly all do: it is no duplicate, and in order."""
        return (
            header.producer_epoch == self.epoch
            and len(self.batches) > 0
            and header.base_sequence == (self.batches[-1].last_sequence + 1) % _SEQUENCES
        )

    def duplicate_of(self, header: BatchHeader) -> Remembered | None:
        """The batch that was appended when this one came the first time, if it is one of those remembered."""
        if header.producer_epoch == self.epoch:
            for batch in self.batches:
                if batch.first_sequence == header.base_sequence and batch.last_sequence == header.last_sequence:
                    return batch
        return None

    def check_epoch(self, epoch: ProducerEpoch) -> None:
        if epoch < self.epoch:
            raise FencedProducer(f"producer {self.id} writes with epoch {epoch}, but its epoch is {self.epoch} now")

    def check_sequence(self, header: BatchHeader) -> None:
        """Raises unless the batch is the next one: sequence 0 in a new epoch, else one more than the last."""
        if header.producer_epoch != self.epoch:
            expected = 0
        else:
            expected = (self.batches[-1].last_sequence + 1) % _SEQUENCES if self.batches else 0
        if header.base_sequence == expected:
            return
        if header.producer_epoch == self.epoch and self._is_behind(header):
            raise DuplicateSequence(
                f"the batch at sequence {header.base_sequence} of producer {self.id} is here already"
            )
        raise OutOfOrderSequence(
            f"producer {self.id} sent sequence {header.base_sequence} in epoch {header.producer_epoch}, not {expected}"
        )

    def _is_behind(self, header: BatchHeader) -> bool:
        """Whether the batch lies wholly in the run that is known to be in the log. A doubt is no duplicate."""
        if not self.batches:
            return False
        newest = self.batches[-1].last_sequence
        since_first = (newest - header.base_sequence) % _SEQUENCES
        return (newest - header.last_sequence) % _SEQUENCES <= since_first < self.run

    def take(self, header: BatchHeader, base_offset: Offset) -> None:
        """A data batch of this producer stands at `base_offset`."""
        self._enter(header.producer_epoch)
        self.run = min(self.run + header.last_offset_delta + 1, _SEQUENCES // 2)
        self.timestamp = header.max_timestamp
        last = Offset(base_offset + header.last_offset_delta)
        self.batches.append(
            Remembered(header.base_sequence, header.last_sequence, base_offset, last, header.max_timestamp)
        )
        if header.is_transactional and self.transaction_start is None:
            self.transaction_start = base_offset

    def end_transaction(self, header: BatchHeader, coordinator_epoch: int) -> Offset | None:
        """A marker stands in the log; gives where the transaction began, if it wrote anything here."""
        self._enter(header.producer_epoch)
        self.coordinator_epoch = coordinator_epoch
        self.timestamp = header.max_timestamp
        start, self.transaction_start = self.transaction_start, None
        return start

    def _enter(self, epoch: ProducerEpoch) -> None:
        if epoch != self.epoch:
            self.epoch = epoch
            self.batches.clear()
            self.run = 0

    def entry(self) -> ProducerEntry:
        """As Kafka's snapshot file keeps it: of the batches, the last one only."""
        last = self.last
        return ProducerEntry(
            producer_id=self.id,
            epoch=self.epoch,
            last_sequence=last.last_sequence if last else NO_SEQUENCE,
            last_offset=last.last_offset if last else NO_OFFSET,
            offset_delta=last.last_offset - last.base_offset if last else 0,
            timestamp=self.timestamp,
            coordinator_epoch=self.coordinator_epoch,
            current_txn_first_offset=NO_OFFSET if self.transaction_start is None else self.transaction_start,
        )


def producer_of(entry: ProducerEntry) -> Producer:
    """Reads what `Producer.entry` gave."""
    producer = Producer(ProducerId(entry.producer_id), ProducerEpoch(entry.epoch))
    producer.coordinator_epoch = entry.coordinator_epoch
    producer.timestamp = Timestamp(entry.timestamp)
    if entry.current_txn_first_offset >= 0:
        producer.transaction_start = Offset(entry.current_txn_first_offset)
    if entry.last_offset >= 0:
        producer.run = entry.offset_delta + 1
        producer.batches.append(
            Remembered(
                first_sequence=Sequence((entry.last_sequence - entry.offset_delta) % _SEQUENCES),
                last_sequence=Sequence(entry.last_sequence),
                base_offset=Offset(entry.last_offset - entry.offset_delta),
                last_offset=Offset(entry.last_offset),
                timestamp=Timestamp(entry.timestamp),
            )
        )
    return producer
