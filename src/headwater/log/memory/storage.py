"""What survives: the committed batches of every log, shared by all who opened them.

Nothing here waits. One call is one transaction: offsets are assigned, sequences checked and a writer's expected end
compared in the same step, whoever else writes to the log.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.log.admission import Admitted, check_continues
from headwater.log.epochs import Epochs
from headwater.log.errors import EndMoved, LogClosed, OffsetOutOfRange
from headwater.log.port import AbortedTransaction, Appended, Origin, PartitionId, Span
from headwater.log.producer import Remembered
from headwater.log.producers import Producers, ends_transaction, marker_of
from headwater.log.settings import LogSettings
from headwater.wire.batch.header import NO_TIMESTAMP, BatchHeader, iter_headers, patch, read_header
from headwater.wire.types import LeaderEpoch, Offset


class Batch(Struct, frozen=True, gc=False):
    """A committed batch; its header holds its place."""

    header: BatchHeader
    data: bytes


class Write(Struct, frozen=True, kw_only=True):
    """One append on its way."""

    batches: tuple[Admitted, ...]
    origin: Origin
    expected_end: Offset | None
    epoch: LeaderEpoch
    settings: LogSettings
    now: Timestamp

    @property
    def records(self) -> int:
        return sum(each.header.last_offset_delta + 1 for each in self.batches)


class StoredSpan:
    """Sums over the batches between two edges, kept so that nobody has to look at them all."""

    __slots__ = ("base", "created", "largest_timestamp", "size")

    def __init__(self, base: Offset, created: Timestamp) -> None:
        self.base = base
        self.created = created
        self.size = 0
        self.largest_timestamp = NO_TIMESTAMP

    def take(self, header: BatchHeader) -> None:
        self.size += header.size
        if header.record_count:
            self.largest_timestamp = max(self.largest_timestamp, header.max_timestamp)


class StoredLog:
    """One partition as the storage has it. `views` are called whenever what a reader may see has changed."""

    def __init__(self, partition: PartitionId) -> None:
        self.partition = partition
        self.start = Offset(0)
        self.end = Offset(0)
        self.epochs = Epochs()
        self.producers = Producers()
        self.aborted: list[AbortedTransaction] = []
        self.first_dirty: Offset | None = None
        self.deleted = False
        self.views: list[Callable[[], None]] = []
        self._batches: list[Batch] = []
        self._spans: list[StoredSpan] = []

    @property
    def size(self) -> int:
        return sum(span.size for span in self._spans)

    @property
    def last_stable(self) -> Offset:
        return self.producers.last_stable(self.end)

    def commit(self, write: Write) -> Appended:
        """Append all of a write or raise; a duplicate changes nothing."""
        if self.deleted:
            raise LogClosed(str(self.partition))
        if write.expected_end is not None and write.expected_end != self.end:
            raise EndMoved(write.expected_end, self.end)
        if write.origin is Origin.LINK:
            self._check_continues(write)
        for admitted in write.batches:
            if first := self._check(admitted, write.origin):
                return self._duplicate(first, write)
        base = self.end if write.origin is not Origin.LINK else write.batches[0].header.base_offset
        for admitted in write.batches:
            self._place(admitted, write)
        self.changed()
        return Appended(
            base_offset=base,
            last_offset=Offset(self.end - 1),
            append_time=write.batches[-1].append_time,
            start=self.start,
        )

    def _check_continues(self, write: Write) -> None:
        end, epoch = self.end, self.epochs.latest
        for admitted in write.batches:
            check_continues(admitted.header, end=end, epoch=epoch)
            end = Offset(admitted.header.last_offset + 1)
            epoch = admitted.header.partition_leader_epoch

    def _check(self, admitted: Admitted, origin: Origin) -> Remembered | None:
        header = admitted.header
        if not header.has_producer:
            return None
        return self.producers.check(header, origin=origin, marker=marker_of(admitted.batch, header))

    def _duplicate(self, first: Remembered, write: Write) -> Appended:
        return Appended(
            base_offset=first.base_offset,
            last_offset=first.last_offset,
            append_time=first.timestamp if write.settings.log_append_time else None,
            start=self.start,
            duplicate=True,
        )

    def _place(self, admitted: Admitted, write: Write) -> None:
        data = bytearray(admitted.batch)
        if write.origin is not Origin.LINK:
            epoch = max(write.epoch, self.epochs.latest or write.epoch)
            patch(memoryview(data), base_offset=self.end, leader_epoch=epoch)
        header = read_header(data)
        self._span_for(header, write).take(header)
        self._batches.append(Batch(header, bytes(data)))
        if header.partition_leader_epoch >= 0:
            self.epochs.assign(header.partition_leader_epoch, header.base_offset)
        void = self.producers.replay(header, header.base_offset, marker_of(data, header))
        if void is not None:
            self.aborted.append(void)
        self.end = Offset(header.last_offset + 1)

    def _span_for(self, header: BatchHeader, write: Write) -> StoredSpan:
        """The active span, or a new one where the batch would make it too large."""
        active = self._spans[-1] if self._spans else None
        if active is None:
            self._spans.append(StoredSpan(self.start, write.now))
        elif active.size and active.size + header.size > write.settings.segment_bytes:
            self._spans.append(StoredSpan(self.end, write.now))
        return self._spans[-1]

    def batches(self, first: Offset) -> Iterator[Batch]:
        """From the one that holds `first`, or the next after it."""
        at = bisect_left(self._batches, first, key=lambda batch: batch.header.last_offset)
        for place in range(at, len(self._batches)):
            yield self._batches[place]

    def trim(self, before: Offset) -> None:
        """Spans that lie wholly below the new start go; a batch that it cuts stays whole."""
        self.start = before
        self.epochs.truncate_start(before)
        while len(self._spans) > 1 and self._spans[1].base <= before:
            del self._spans[0]
        if self._spans:
            self._put(Offset(0), self._spans[0].base, [])
        self.aborted = [each for each in self.aborted if each.last >= before]
        self.changed()

    def replace(self, first: Offset, end: Offset, batches: Sequence[bytes]) -> None:
        """See the port. The spans from `first` to `end` become one."""
        edges = [span.base for span in self._spans]
        if first not in edges or end not in edges or first >= end:
            raise OffsetOutOfRange(end, self.start, self.end)
        new = [Batch(header, data[at : at + header.size]) for data in batches for at, header in iter_headers(data)]
        merged = StoredSpan(first, self._spans[edges.index(first)].created)
        free = first
        for header in (batch.header for batch in new):
            if not free <= header.base_offset <= header.last_offset < end:
                raise ValueError(f"the batch at {header.base_offset} does not lie in order within {first} to {end}")
            free = Offset(header.last_offset + 1)
            merged.take(header)
        self._spans[edges.index(first) : edges.index(end)] = [merged]
        self._put(first, end, new)
        markers = {header.last_offset for header in (batch.header for batch in new) if ends_transaction(header)}
        self.aborted = [each for each in self.aborted if not first <= each.last < end or each.last in markers]
        self.changed()

    def _put(self, first: Offset, end: Offset, new: list[Batch]) -> None:
        """`new` where the batches from `first` up to `end` were."""
        at = bisect_left(self._batches, first, key=lambda batch: batch.header.last_offset)
        until = bisect_left(self._batches, end, key=lambda batch: batch.header.last_offset)
        self._batches[at:until] = new

    def spans(self) -> list[Span]:
        if not self._spans:
            return []
        ends = [*(span.base for span in self._spans[1:]), self.end]
        return [
            Span(
                base=span.base,
                end=end,
                size=span.size,
                largest_timestamp=span.largest_timestamp,
                created=span.created,
                active=span is self._spans[-1],
            )
            for span, end in zip(self._spans, ends, strict=True)
        ]

    def begin_epoch(self, epoch: LeaderEpoch) -> None:
        """Also an epoch in which nothing is written yet is known, so that a client's view of it is answered."""
        latest = self.epochs.latest
        if epoch >= 0 and (latest is None or epoch > latest):
            self.epochs.assign(epoch, self.end)
            self.changed()

    def delete(self) -> None:
        self.deleted = True
        self.changed()

    def changed(self) -> None:
        for view in list(self.views):
            view()


class MemoryStorage:
    """Every log of one store. Hand the same one to several `MemoryLogs`, at once or one after the other."""

    def __init__(self) -> None:
        self.logs: dict[tuple[bytes, int], StoredLog] = {}
        self.crashed = False
        """Whether the last one who ended did so without closing."""

    def get_or_make(self, partition: PartitionId) -> StoredLog:
        key = (partition.topic_id, partition.index)
        if key not in self.logs:
            self.logs[key] = StoredLog(partition)
        return self.logs[key]

    def delete(self, partition: PartitionId) -> None:
        log = self.logs.pop((partition.topic_id, partition.index), None)
        if log is not None:
            log.delete()
