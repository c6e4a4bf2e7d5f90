"""Idempotence and transactions of one log, the same in every engine: who wrote what, and what is still undecided.

An engine asks `check` before it appends a batch and calls `replay` with every batch that it has given a place, in the order
of the log; after a restart it restores a snapshot and replays what follows it. So the state is a function of the log.

The last stable offset is where the oldest transaction begins that is open, or whose marker could still be lost.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from headwater.kernel.units import Timestamp
from headwater.log.errors import FencedCoordinator, InvalidTransaction
from headwater.log.port import AbortedTransaction, Origin, ProducerState
from headwater.log.producer import NO_OFFSET, Producer, Remembered, producer_of
from headwater.wire.batch.control import EndOfTransaction, read_end_of_transaction
from headwater.wire.batch.header import NO_SEQUENCE, BatchHeader, Readable
from headwater.wire.batch.records import iter_records
from headwater.wire.records.producer_snapshot import ProducerEntry
from headwater.wire.types import Offset, ProducerId

_MARKER_BYTES_MAX: Final = 4096


def marker_of(batch: Readable, header: BatchHeader) -> EndOfTransaction | None:
    """The transaction marker in a control batch; None for other control batches, and for one that compaction emptied."""
    if not header.is_control:
        return None
    for record in iter_records(batch, header, decompressed_max=max(len(batch), _MARKER_BYTES_MAX)):
        return read_end_of_transaction(record)
    return None


def ends_transaction(header: BatchHeader) -> bool:
    """Whether this is a transaction's marker: a control batch of a producer, unless compaction has emptied it."""
    return header.is_control and header.has_producer and header.record_count > 0


class Producers:
    """The state of all producers of one log."""

    def __init__(self, entries: Iterable[ProducerEntry] = ()) -> None:
        self._by_id: dict[ProducerId, Producer] = {}
        self._open: dict[Offset, ProducerId] = {}
        """By where each transaction began, oldest first: they begin in the order of the log."""
        self._ended: deque[tuple[Offset, Offset]] = deque()
        """Where a transaction began and where its marker stands, while that could still be lost."""
        for entry in entries:
            producer = producer_of(entry)
            self._by_id[producer.id] = producer
        began = ((each.transaction_start, each.id) for each in self._by_id.values())
        self._open.update(sorted((start, producer_id) for start, producer_id in began if start is not None))

    def check(
        self, header: BatchHeader, *, origin: Origin, marker: EndOfTransaction | None = None
    ) -> Remembered | None:
        """The first batch of which this is a duplicate, or None for one that may be appended; raises a ProducerRefused.

        A producer without kept state may begin at any sequence: its state may have expired. Copied batches were checked
        where they were first appended.
        """
        producer = self._by_id.get(header.producer_id)
        if producer is None or origin is Origin.LINK:
            return None
        if origin is Origin.CLIENT:
            if not producer.is_next(header):
                if first := producer.duplicate_of(header):
                    return first
                producer.check_epoch(header.producer_epoch)
                producer.check_sequence(header)
        else:
            producer.check_epoch(header.producer_epoch)
            if marker is not None:
                _check_coordinator(producer, marker)
                return None
        if producer.transaction_start is not None and not header.is_transactional:
            raise InvalidTransaction(f"producer {producer.id} has an open transaction, but the batch is not part of it")
        return None

    def await_first(self, header: BatchHeader) -> None:
        """A batch could not be written. If it was its producer's first, what was sent behind it can't be the first now."""
        if header.has_producer and header.base_sequence == 0:
            self._by_id.setdefault(header.producer_id, Producer(header.producer_id, header.producer_epoch))

    def replay(
        self, header: BatchHeader, base_offset: Offset, marker: EndOfTransaction | None = None
    ) -> AbortedTransaction | None:
        """A batch stands at `base_offset`. Gives what an abort marker made void, for the transaction index."""
        if header.producer_id < 0:
            return None
        producer = self._by_id.get(header.producer_id)
        if producer is None:
            producer = self._by_id[header.producer_id] = Producer(header.producer_id, header.producer_epoch)
        if marker is not None:
            return self._end(producer, header, base_offset, marker)
        if not header.is_control:
            in_transaction = producer.transaction_start is not None
            producer.take(header, base_offset)
            if header.is_transactional and not in_transaction:
                self._open[base_offset] = producer.id
        return None

    def _end(
        self, producer: Producer, header: BatchHeader, at: Offset, marker: EndOfTransaction
    ) -> AbortedTransaction | None:
        start = producer.end_transaction(header, marker.coordinator_epoch)
        if start is None:
            return None
        self._open.pop(start, None)
        self._ended.append((start, at))
        if marker.committed:
            return None
        return AbortedTransaction(
            producer_id=producer.id, first=start, last=at, last_stable=next(iter(self._open), Offset(at + 1))
        )

    def last_stable(self, high_watermark: Offset) -> Offset:
        """Where a read of committed records ends: not past the high watermark, nor past what is undecided below it."""
        while self._ended and self._ended[0][1] < high_watermark:
            self._ended.popleft()
        oldest = min((start for start, _ in self._ended), default=high_watermark)
        return min(high_watermark, oldest, next(iter(self._open), high_watermark))

    def expire(self, *, idle_since: Timestamp) -> None:
        """Forget producers whose last batch is not younger than this, unless they have a transaction open."""
        idle = [
            producer.id
            for producer in self._by_id.values()
            if producer.transaction_start is None and producer.timestamp <= idle_since
        ]
        for producer_id in idle:
            del self._by_id[producer_id]

    def snapshot(self) -> tuple[ProducerEntry, ...]:
        """What Kafka's `.snapshot` file holds. A transaction whose marker could still be lost counts as ended."""
        return tuple(producer.entry() for producer in self._by_id.values())

    def states(self) -> Sequence[ProducerState]:
        """For DescribeProducers."""
        return [_state(producer) for producer in self._by_id.values()]

    def state(self, producer_id: ProducerId) -> ProducerState | None:
        producer = self._by_id.get(producer_id)
        return None if producer is None else _state(producer)


def _check_coordinator(producer: Producer, marker: EndOfTransaction) -> None:
    if marker.coordinator_epoch < producer.coordinator_epoch:
        raise FencedCoordinator(
            f"a marker of coordinator epoch {marker.coordinator_epoch} came for producer {producer.id}, "
            f"but epoch {producer.coordinator_epoch} has begun"
        )


def _state(producer: Producer) -> ProducerState:
    last = producer.last
    return ProducerState(
        producer_id=producer.id,
        epoch=producer.epoch,
        last_sequence=last.last_sequence if last else NO_SEQUENCE,
        last_offset=last.last_offset if last else NO_OFFSET,
        last_timestamp=producer.timestamp,
        coordinator_epoch=producer.coordinator_epoch,
        transaction_start=producer.transaction_start,
    )
