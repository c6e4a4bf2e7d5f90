"""One partition's log in segment files: the `Log` port.

This module says who does what; how it is done stands in `append`, `read`, `search` and `committer`.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Sequence
from typing import Final

from headwater.kernel.errors import DiskError, TooBusy
from headwater.kernel.units import Timestamp
from headwater.kernel.world import Buffer
from headwater.log.errors import (
    AppendFailed,
    EndMoved,
    InvalidBatch,
    LogClosed,
    LogError,
    OffsetOutOfRange,
    ReadFailed,
    StorageFailed,
)
from headwater.log.port import (
    AbortedTransaction,
    Appended,
    Bounds,
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
from headwater.log.segments.append import Appender
from headwater.log.segments.checkpoints import write_epochs
from headwater.log.segments.committer import Unsynced
from headwater.log.segments.contents import Contents
from headwater.log.segments.high_watermark import HighWatermark
from headwater.log.segments.place import Place
from headwater.log.segments.read import Reader
from headwater.log.segments.replace import covered, put_in_place, settle, take_back, write_replacement
from headwater.log.segments.search import Search
from headwater.log.segments.span_files import SegmentFiles
from headwater.log.segments.store import Store
from headwater.log.settings import FlushMode, LogSettings
from headwater.wire.errors import WireError
from headwater.wire.types import LeaderEpoch, Offset, ProducerId

_UNREADABLE: Final = (DiskError, WireError, TooBusy)
"""What a read may end in where the disk, its bytes, or the workers that wait for it are in trouble."""


class SegmentLog:
    def __init__(
        self, partition: PartitionId, store: Store, contents: Contents, *, epoch: LeaderEpoch, settings: LogSettings
    ) -> None:
        self._partition = partition
        self._store = store
        self._contents = contents
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._appender = Appender(store, contents, epoch=epoch)
        self._reader = Reader(store, contents)
        self._search = Search(store, contents, self._check_open)
        self._high_watermark = HighWatermark(contents.end, self._end_place())
        self._bounds: Bounds | None = None
        self._closed = False
        self._deleted = False
        contents.enter(epoch)
        if not settings.remote_storage:
            contents.begin_here()
        self.recovery_point = contents.end
        """Everything below is synced."""

    @property
    def partition(self) -> PartitionId:
        return self._partition

    @property
    def settings(self) -> LogSettings:
        return self._settings

    @property
    def contents(self) -> Contents:
        return self._contents

    @property
    def deleted(self) -> bool:
        """Its folder is gone, or on its way."""
        return self._deleted

    @property
    def size(self) -> int:
        return self._contents.segments.size

    @property
    def bounds(self) -> Bounds:
        if self._bounds is None:
            contents, high_watermark = self._contents, self._high_watermark.offset
            self._bounds = Bounds(
                start=contents.start,
                local_start=contents.local_start,
                high_watermark=high_watermark,
                last_stable=contents.producers.last_stable(high_watermark),
                end=contents.end,
                epoch=self._appender.epoch,
                epochs=contents.epochs.entries,
            )
        return self._bounds

    # Appending

    def append(
        self, batches: Sequence[memoryview], *, origin: Origin = Origin.CLIENT, expected_end: Offset | None = None
    ) -> asyncio.Future[Appended]:
        self._check_open()
        if expected_end is not None and expected_end != self._contents.end:
            raise EndMoved(expected_end, self._contents.end)
        if not batches:
            raise InvalidBatch("there is no batch to append")
        settings, contents = self._settings, self._contents
        appended = self._appender.append(batches, origin=origin, settings=settings)
        self._bounds = None
        answered: asyncio.Future[Appended] = self._loop.create_future()
        commits = settings.flush_mode is FlushMode.COMMIT
        if not commits and not appended.duplicate:
            self._high_watermark.move(contents.end, self._end_place())
        if commits or contents.rolled:
            self._store.committer.register(self)
        self._high_watermark.answer(answered, appended)
        return answered

    def take_unsynced(self) -> Unsynced:
        files, folders = self._contents.take_unsynced()
        return Unsynced(end=self._contents.end, place=self._end_place(), files=files, folders=folders)

    def commit(self, unsynced: Unsynced) -> None:
        self.recovery_point = unsynced.end
        if unsynced.end > self._high_watermark.offset:
            self._move_high_watermark(unsynced.end, unsynced.place)

    def abandon(self, error: LogError) -> None:
        self._high_watermark.abandon(error)

    def _move_high_watermark(self, offset: Offset, place: Place) -> None:
        self._bounds = None
        self._high_watermark.move(offset, place)

    def _end_place(self) -> Place:
        active = self._contents.segments.active
        return Place(active, active.size)

    # Reading

    async def read(
        self,
        offset: Offset,
        *,
        bytes_max: int,
        isolation: Isolation = Isolation.READ_UNCOMMITTED,
        whole_first: bool = True,
    ) -> Slice:
        bounds = self._readable(offset)
        committed = isolation is Isolation.READ_COMMITTED
        end = bounds.last_stable if committed else bounds.high_watermark
        if offset >= end:
            return Slice(data=(), size=0, bounds=bounds)
        try:
            limit = self._high_watermark.place if end == bounds.high_watermark else self._reader.locate(end)
            piece = await self._reader.read(offset, end, limit, bytes_max=bytes_max, whole_first=whole_first)
            aborted = tuple(self._aborted_here(offset, piece.next_offset)) if committed else ()
        except _UNREADABLE as error:
            raise ReadFailed(str(self._partition), str(error)) from error
        size = len(piece.data)
        return Slice(data=(piece.data,) if size else (), size=size, bounds=bounds, aborted=aborted)

    def _readable(self, offset: Offset) -> Bounds:
        self._check_open()
        bounds = self.bounds
        if not bounds.local_start <= offset <= bounds.high_watermark:
            raise OffsetOutOfRange(offset, bounds.local_start, bounds.high_watermark)
        return bounds

    def _aborted_here(self, start: Offset, end: Offset) -> Sequence[AbortedTransaction]:
        """If their indexes did not go while the records were read."""
        self._readable(start)
        return self.aborted(start, end)

    def aborted(self, first: Offset, end: Offset) -> Sequence[AbortedTransaction]:
        found: list[AbortedTransaction] = []
        for segment in self._contents.segments.following(first):
            for aborted in segment.txns.entries():
                if aborted.last >= first and aborted.first < end:
                    found.append(aborted)
                if aborted.last_stable >= end:
                    return tuple(sorted(found, key=lambda each: each.first))
        return tuple(sorted(found, key=lambda each: each.first))

    def watch(self, wake: Wake) -> None:
        if self._closed:
            wake()
        else:
            self._high_watermark.watch(wake)

    def unwatch(self, wake: Wake) -> None:
        self._high_watermark.unwatch(wake)

    async def find_time(self, timestamp: Timestamp) -> Found | None:
        self._check_open()
        return await self._searched(self._search.find_time(timestamp, end=self._high_watermark.offset))

    async def find_latest_time(self) -> Found | None:
        self._check_open()
        return await self._searched(self._search.find_latest_time(end=self._high_watermark.offset))

    async def _searched(self, searching: Awaitable[Found | None]) -> Found | None:
        try:
            return await searching
        except _UNREADABLE as error:
            raise ReadFailed(str(self._partition), str(error)) from error

    def end_of_epoch(self, epoch: LeaderEpoch) -> EpochEnd | None:
        return self._contents.epochs.end_of(epoch, self._high_watermark.offset)

    # Cutting and describing

    async def trim(self, before: Offset) -> None:
        self._check_open()
        contents = self._contents
        if not 0 <= before <= self._high_watermark.offset:
            raise OffsetOutOfRange(before, contents.start, self._high_watermark.offset)
        if before <= contents.start:
            return
        try:
            await self._keep_start(before)
            if self._deleted or before <= contents.start:
                return
            contents.start = before
            contents.epochs.truncate_start(before)
            self._bounds = None
            self._high_watermark.wake()
            self._drop_below(before)
        except DiskError as error:
            raise AppendFailed(str(error)) from error

    async def _keep_start(self, before: Offset) -> None:
        """A higher start than this one may be on its way to the disk: it must not be taken back."""
        starts = self._store.log_starts
        starts.set(self._partition, max(before, starts.get(self._partition) or before))
        await starts.save()

    def _drop_below(self, offset: Offset) -> None:
        self._reader.forget_positions()
        for segment in self._contents.segments.take_below(offset):
            self._store.deletions.delete_files(segment.paths(), delay_ms=self._settings.file_delete_delay_ms)

    async def release(self, before: Offset) -> None:
        """What the files would have told the checkpoints must tell now. Of the files some may come back with a crash."""
        self._check_open()
        contents = self._contents
        if before > self.recovery_point:
            raise OffsetOutOfRange(before, contents.start, self.recovery_point)
        if contents.segments.released(before) is None:
            return
        try:
            await (self.keep_epochs() if contents.segments.active.size else self._keep_recovery_point())
            await self._keep_start(contents.start)
            await self._let_go(before)
        except DiskError as error:
            raise AppendFailed(str(error)) from error

    async def _let_go(self, before: Offset) -> None:
        """One after the other, each for sure: a later one that is gone before an earlier one that came back would be a gap."""
        while not self._closed and (edge := self._contents.segments.released(before)) is not None:
            self._bounds = None
            self._drop_below(edge)
            await self._store.disk.sync_folder(self._contents.folder)

    def files(self, base: Offset) -> SegmentFiles:
        self._check_open()
        segments = self._contents.segments
        segment = segments.holding(base)
        following = segments.after(segment)
        if segment.base != base or following is None or following.base > self.recovery_point:
            raise OffsetOutOfRange(base, segments.first.base, self.recovery_point)
        try:
            return SegmentFiles(self._store.world, self._contents, segment, following.base)
        except DiskError as error:
            raise ReadFailed(str(self._partition), str(error)) from error

    async def replace(self, first: Offset, end: Offset, batches: AsyncIterable[Sequence[Buffer]]) -> None:
        self._check_open()
        contents, settings = self._contents, self._settings
        await self._settle()
        if end >= self.recovery_point or contents.segments.active.base > self.recovery_point:
            raise OffsetOutOfRange(end, contents.start, self.recovery_point)
        gone = covered(contents, first, end)
        try:
            await self._keep_recovery_point()
            replacement = await write_replacement(self._store, contents, gone, end, self._while_open(batches), settings)
        except DiskError as error:
            raise AppendFailed(str(error)) from error
        if self._closed or gone[0].base < contents.segments.first.base:
            take_back(self._store, contents, first)
            raise OffsetOutOfRange(first, contents.start, self.recovery_point)
        try:
            put_in_place(self._store, contents, replacement, gone, delay_ms=settings.file_delete_delay_ms)
        except DiskError as error:  # half of the old files may have lost their names
            raise self._store.committer.fail(str(error)) from error
        self._reader.forget_positions()
        self._bounds = None
        await self._settle()

    async def _settle(self) -> None:
        """What is in the place of others gets its final names, also after a replacement that was given up just before."""
        contents = self._contents
        unsettled = [segment for segment in contents.segments if segment.ending]
        if not unsettled:
            return
        try:
            await self._store.disk.sync_folder(contents.folder)
            if not self._closed:
                settle(self._store, contents, unsettled)
                self._reader.forget_positions()
        except DiskError as error:
            self._check_open()
            raise self._store.committer.fail(str(error)) from error

    async def _while_open(self, batches: AsyncIterable[Sequence[Buffer]]) -> AsyncIterator[Sequence[Buffer]]:
        """Once the folder is another's, nothing more may be written to its paths."""
        async for some in batches:
            self._check_open()
            yield some

    @property
    def first_dirty(self) -> Offset | None:
        return self._store.cleaner_points.get(self._partition)

    async def keep_first_dirty(self, offset: Offset) -> None:
        self._check_open()
        self._store.cleaner_points.set(self._partition, offset)
        await self._store.cleaner_points.save()

    def finish_if_expired(self, now: Timestamp) -> None:
        """Close the active segment if `retention.ms` is over for all of it, or its time here is."""
        active, settings = self._contents.segments.active, self._settings
        most_ms = settings.here_ms if settings.remote_storage else settings.retention_ms
        expires = settings.delete_policy and most_ms >= 0 and active.size and not self._closed
        if expires and now - (active.largest[0] if active.largest[0] >= 0 else active.created) > most_ms:
            self._contents.roll(self._contents.end, now)
            self._store.committer.register(self)

    def spans(self) -> Sequence[Span]:
        segments = list(self._contents.segments)
        ends = [*(segment.base for segment in segments[1:]), self._contents.end]
        return [segment.span(end, active=segment is segments[-1]) for segment, end in zip(segments, ends, strict=True)]

    def producers(self) -> Sequence[ProducerState]:
        return self._contents.producers.states()

    def producer(self, producer_id: ProducerId) -> ProducerState | None:
        return self._contents.producers.state(producer_id)

    def expire_producers(self, *, idle_since: Timestamp) -> None:
        self._contents.producers.expire(idle_since=idle_since)

    def lead(self, epoch: LeaderEpoch) -> None:
        self._appender.epoch = max(self._appender.epoch, epoch)
        self._contents.enter(self._appender.epoch)
        self._bounds = None

    def configure(self, settings: LogSettings) -> None:
        self._settings = settings

    def close(self) -> None:
        """Take no more, write what a clean start relies on, and have everything committed. What never held anything may be lost."""
        self._closed = True
        contents = self._contents
        if contents.changed:
            contents.finish()
        if contents.changed or (contents.rolled and contents.end):
            self._store.committer.register(self)
        self._high_watermark.wake()

    def delete(self) -> None:
        """Take no more; who waits for an append is told that the log is closed."""
        self._closed = self._deleted = True
        self._high_watermark.abandon(LogClosed(str(self._partition)))

    async def _keep_recovery_point(self) -> None:
        """Below it a gap is no loss."""
        await self.keep_epochs()
        self._check_open()
        self._store.recovery_points.set(self._partition, self.recovery_point)
        await self._store.recovery_points.save()

    async def keep_epochs(self) -> None:
        """Before the recovery point is kept, from which on they could be learned from the batches.

        An epoch in which nothing was written begins again with the log, or is forgotten like one that never was.
        """
        end = self._contents.end
        entries = tuple(each for each in self._contents.epochs.entries if each.start < end)
        if entries != self._contents.kept_epochs and not self._deleted:
            await self._store.disk.write(self._contents.epochs_path, write_epochs(entries))
            self._contents.kept_epochs = entries

    def _check_open(self) -> None:
        if self._closed:
            raise LogClosed(str(self._partition))
        if self._store.committer.failure is not None:
            raise StorageFailed(self._store.committer.failure.reason)
