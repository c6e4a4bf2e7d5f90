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
from headwater.log.errors import EndMoved, LogClosed
from headwater.log.port import AbortedTransaction, Appended, Origin, PartitionId, Span
from headwater.log.producer import Remembered
from headwater.log.producers import Producers, marker_of
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


class StoredLog:
    """One partition as the storage has it. `views` are called whenever what a reader may see has changed."""

    def __init__(self, partition: PartitionId) -> None:
        self.partition = partition
        self.start = Offset(0)
        self.end = Offset(0)
        self.size = 0
        self.epochs = Epochs()
        self.producers = Producers()
        self.aborted: list[AbortedTransaction] = []
        self.deleted = False
        self.views: list[Callable[[], None]] = []
        self._batches: list[Batch] = []
        self._bases: list[tuple[Offset, Timestamp]] = []
        """Where each span begins, and when it was begun."""
        self._active_size = 0

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
        self._roll(header, write)
        self._batches.append(Batch(header, bytes(data)))
        self.size += header.size
        if header.partition_leader_epoch >= 0:
            self.epochs.assign(header.partition_leader_epoch, header.base_offset)
        void = self.producers.replay(header, header.base_offset, marker_of(data, header))
        if void is not None:
            self.aborted.append(void)
        self.end = Offset(header.last_offset + 1)

    def _roll(self, header: BatchHeader, write: Write) -> None:
        """Begin a new span where the batch would make the active one too large."""
        if not self._bases:
            self._bases.append((self.start, write.now))
        if self._active_size and self._active_size + header.size > write.settings.segment_bytes:
            self._bases.append((self.end, write.now))
            self._active_size = 0
        self._active_size += header.size

    def batches(self, first: Offset) -> Iterator[Batch]:
        """From the one that holds `first`, or the next after it."""
        at = bisect_left(self._batches, first, key=lambda batch: batch.header.last_offset)
        for place in range(at, len(self._batches)):
            yield self._batches[place]

    def _between(self, first: Offset, end: Offset) -> list[Batch]:
        return [batch for batch in self.batches(first) if batch.header.base_offset < end]

    def trim(self, before: Offset) -> None:
        """Spans that lie wholly below the new start go; a batch that it cuts stays whole."""
        self.start = before
        self.epochs.truncate_start(before)
        while len(self._bases) > 1 and self._bases[1][0] <= before:
            del self._bases[0]
        if self._bases:
            self._cut(Offset(0), self._bases[0][0], [])
        self.aborted = [each for each in self.aborted if each.last >= before]
        self.changed()

    def replace(self, first: Offset, end: Offset, batches: Sequence[bytes]) -> None:
        """See the port. The spans from `first` to `end` become one."""
        edges = [base for base, _ in self._bases]
        if first not in edges or end not in edges or first >= end:
            raise ValueError(f"{first} to {end} are not edges of closed spans of {self.partition}")
        new = [Batch(header, data[at : at + header.size]) for data in batches for at, header in iter_headers(data)]
        free = first
        for header in (batch.header for batch in new):
            if not free <= header.base_offset <= header.last_offset < end:
                raise ValueError(f"the batch at {header.base_offset} does not lie in order within {first} to {end}")
            free = Offset(header.last_offset + 1)
        created = dict(self._bases)[first]
        self._bases = [
            (first, created) if base == first else (base, at) for base, at in self._bases if not first < base < end
        ]
        self._cut(first, end, new)
        self.changed()

    def _cut(self, first: Offset, end: Offset, new: list[Batch]) -> None:
        """Put `new` where the batches from `first` up to `end` were."""
        old = self._between(first, end)
        at = bisect_left(self._batches, first, key=lambda batch: batch.header.last_offset)
        self._batches[at : at + len(old)] = new
        self.size += sum(each.header.size for each in new) - sum(each.header.size for each in old)

    def spans(self) -> list[Span]:
        ends = [*(base for base, _ in self._bases[1:]), self.end]
        return [
            self._span(base, end, created, active=end == self.end)
            for (base, created), end in zip(self._bases, ends, strict=True)
        ]

    def _span(self, base: Offset, end: Offset, created: Timestamp, *, active: bool) -> Span:
        held = [batch.header for batch in self._between(base, end)]
        return Span(
            base=base,
            end=end,
            size=sum(header.size for header in held),
            largest_timestamp=max((header.max_timestamp for header in held), default=NO_TIMESTAMP),
            created=created,
            active=active,
        )

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
