"""One opener's view of a log in memory."""

import asyncio
from asyncio import Future
from collections.abc import AsyncIterable, Callable, Sequence

from headwater.kernel.units import Timestamp
from headwater.kernel.world import Clock
from headwater.log.admission import DECOMPRESSED_MAX, admit_all
from headwater.log.errors import EndMoved, LogClosed, OffsetOutOfRange
from headwater.log.memory.faults import Faults
from headwater.log.memory.storage import Batch, StoredLog, Write
from headwater.log.port import (
    AbortedTransaction,
    Appended,
    Bounds,
    Buffer,
    EpochEnd,
    Found,
    Isolation,
    Origin,
    PartitionId,
    ProducerState,
    Slice,
    Span,
    Wake,
)
from headwater.log.settings import LogSettings
from headwater.wire.batch.records import first_since
from headwater.wire.types import LeaderEpoch, Offset, ProducerId

Send = Callable[["MemoryLog", Write], Future[Appended]]


class MemoryLog:
    """The `Log` port over a `StoredLog`. What this opener has on its way counts for its `end`, and for nothing else."""

    def __init__(
        self, stored: StoredLog, *, epoch: LeaderEpoch, settings: LogSettings, send: Send, clock: Clock, faults: Faults
    ) -> None:
        self.stored = stored
        self._epoch = epoch
        self._settings = settings
        self._send = send
        self._clock = clock
        self._faults = faults
        self._on_its_way = 0
        self._closed = False
        self._wakes: list[Wake] = []
        self._bounds = self._look()
        stored.views.append(self._changed)
        stored.begin_epoch(epoch)

    @property
    def partition(self) -> PartitionId:
        return self.stored.partition

    @property
    def settings(self) -> LogSettings:
        return self._settings

    @property
    def bounds(self) -> Bounds:
        return self._bounds

    @property
    def size(self) -> int:
        return self.stored.size

    def append(
        self, batches: Sequence[memoryview], *, origin: Origin = Origin.CLIENT, expected_end: Offset | None = None
    ) -> Future[Appended]:
        self._check_open()
        if expected_end is not None and expected_end != self._bounds.end:
            raise EndMoved(expected_end, self._bounds.end)
        now = self._clock.now()
        admitted = admit_all([memoryview(bytearray(each)) for each in batches], self._settings, origin=origin, now=now)
        write = Write(
            batches=tuple(admitted),
            origin=origin,
            expected_end=expected_end,
            epoch=self._epoch,
            settings=self._settings,
            now=now,
        )
        sent = self._send(self, write)
        self._on_its_way += write.records
        self._bounds = self._look()
        return sent

    def arrived(self, write: Write) -> None:
        """It is on its way no longer; the storage decides now."""
        self._on_its_way -= write.records
        self._bounds = self._look()

    async def read(
        self,
        offset: Offset,
        *,
        bytes_max: int,
        isolation: Isolation = Isolation.READ_UNCOMMITTED,
        whole_first: bool = True,
    ) -> Slice:
        await self._travel()
        self._check_open()
        bounds = self._bounds
        if not bounds.start <= offset <= bounds.high_watermark:
            raise OffsetOutOfRange(offset, bounds.start, bounds.high_watermark)
        committed = isolation is Isolation.READ_COMMITTED
        found = self._fill(offset, bounds.last_stable if committed else bounds.high_watermark, bytes_max, whole_first)
        return Slice(
            data=tuple(batch.data for batch in found),
            size=sum(batch.header.size for batch in found),
            bounds=bounds,
            aborted=self._aborted(found) if committed and found else (),
        )

    def _fill(self, offset: Offset, end: Offset, bytes_max: int, whole_first: bool) -> list[Batch]:
        found: list[Batch] = []
        room = bytes_max
        for batch in self.stored.batches(offset):
            fits = batch.header.size <= room or (whole_first and not found)
            if batch.header.last_offset >= end or not fits:
                break
            found.append(batch)
            room -= batch.header.size
        return found

    def _aborted(self, found: list[Batch]) -> tuple[AbortedTransaction, ...]:
        first, last = found[0].header.base_offset, found[-1].header.last_offset
        touched = (each for each in self.stored.aborted if each.last >= first and each.first <= last)
        return tuple(sorted(touched, key=lambda each: each.first))

    def watch(self, wake: Wake) -> None:
        self._wakes.append(wake)

    def unwatch(self, wake: Wake) -> None:
        if wake in self._wakes:
            self._wakes.remove(wake)

    async def find_time(self, timestamp: Timestamp) -> Found | None:
        await self._travel()
        return self._first_since(timestamp)

    async def find_latest_time(self) -> Found | None:
        await self._travel()
        batches = self.stored.batches(self.stored.start)
        latest = max((batch.header.max_timestamp for batch in batches if batch.header.record_count), default=None)
        return None if latest is None else self._first_since(latest)

    def _first_since(self, timestamp: Timestamp) -> Found | None:
        start = self.stored.start
        for batch in self.stored.batches(start):
            found = first_since(
                batch.data, batch.header, timestamp=timestamp, offset=start, decompressed_max=DECOMPRESSED_MAX
            )
            if found is not None:
                return Found(offset=found[0], timestamp=found[1], epoch=batch.header.partition_leader_epoch)
        return None

    def end_of_epoch(self, epoch: LeaderEpoch) -> EpochEnd | None:
        return self.stored.epochs.end_of(epoch, self._bounds.high_watermark)

    async def trim(self, before: Offset) -> None:
        await self._travel()
        self._check_open()
        if before > self.stored.end:
            raise OffsetOutOfRange(before, self.stored.start, self.stored.end)
        if before > self.stored.start:
            self.stored.trim(before)

    async def replace(self, first: Offset, end: Offset, batches: AsyncIterable[Sequence[Buffer]]) -> None:
        self._check_open()
        taken = [bytes(each) async for some in batches for each in some]
        await self._travel()
        self._check_open()
        self.stored.replace(first, end, taken)

    @property
    def first_dirty(self) -> Offset | None:
        return self.stored.first_dirty

    async def keep_first_dirty(self, offset: Offset) -> None:
        await self._travel()
        self.stored.first_dirty = offset

    def spans(self) -> Sequence[Span]:
        return self.stored.spans()

    def producers(self) -> Sequence[ProducerState]:
        return self.stored.producers.states()

    def producer(self, producer_id: ProducerId) -> ProducerState | None:
        return self.stored.producers.state(producer_id)

    def expire_producers(self, *, idle_since: Timestamp) -> None:
        self.stored.producers.expire(idle_since=idle_since)

    def lead(self, epoch: LeaderEpoch) -> None:
        self._epoch = max(self._epoch, epoch)
        self.stored.begin_epoch(self._epoch)
        self._bounds = self._look()

    def configure(self, settings: LogSettings) -> None:
        self._settings = settings

    def close(self) -> None:
        """This opener is done with it: everyone who waits wakes, and appends are refused."""
        self._closed = True
        if self._changed in self.stored.views:
            self.stored.views.remove(self._changed)
        self._wake()

    def _check_open(self) -> None:
        if self._closed or self.stored.deleted:
            raise LogClosed(str(self.partition))

    async def _travel(self) -> None:
        """To the storage: a moment in which others may change what is found there."""
        if delay_s := self._faults.delay_s():
            await asyncio.sleep(delay_s)

    def _look(self) -> Bounds:
        stored = self.stored
        return Bounds(
            start=stored.start,
            local_start=stored.start,
            high_watermark=stored.end,
            last_stable=stored.last_stable,
            end=Offset(stored.end + self._on_its_way),
            epoch=self._epoch,
            epochs=stored.epochs.entries,
        )

    def _changed(self) -> None:
        before, self._bounds = self._bounds, self._look()
        now = self._bounds
        seen = (before.start, before.high_watermark, before.last_stable)
        if seen != (now.start, now.high_watermark, now.last_stable) or self.stored.deleted:
            self._wake()

    def _wake(self) -> None:
        wakes, self._wakes = self._wakes, []
        for wake in wakes:
            wake()
