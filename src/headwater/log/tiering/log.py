"""A log whose older records lie in an object store: the `Log` port over a log of an engine.

    offset   start ............ local_start ................ high watermark
    read     the store, in ranges            the engine

What is appended, decided and described goes to the engine. Only reads, searches and the list of spans know that there is more
than it has.
"""

from asyncio import Future
from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from functools import partial
from typing import Final

from msgspec.structs import replace

from headwater.kernel.units import Timestamp
from headwater.log.errors import OffsetOutOfRange, ReadFailed, RemoteTooSlow
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
from headwater.log.tiering.known import KnownSegments
from headwater.log.tiering.local_log import LocalLog
from headwater.log.tiering.reader import RemotePiece, RemoteReader
from headwater.log.tiering.segment import RemoteSegment
from headwater.log.tiering.settings import Patience
from headwater.log.tiering.waiting import Waiting
from headwater.wire.types import LeaderEpoch, Offset, ProducerId


class TieredLog:
    def __init__(
        self,
        local: LocalLog,
        known: KnownSegments,
        reader: RemoteReader,
        waiting: Waiting,
        patience: Callable[[], Patience],
    ) -> None:
        self.local: Final = local
        self._known = known
        self.remote: Final = known.of(local.partition)
        """What is finished there, as far as durable records tell."""
        self._reader = reader
        self._waiting = waiting
        self._patience = patience
        self._below: Bounds | None = None
        self._bounds: Bounds

    @property
    def partition(self) -> PartitionId:
        return self.local.partition

    @property
    def settings(self) -> LogSettings:
        return self.local.settings

    @property
    def is_known(self) -> bool:
        """Whether `remote` is all that there is."""
        return self._known.is_known(self.partition)

    @property
    def size(self) -> int:
        return self.local.size

    @property
    def bounds(self) -> Bounds:
        return self._completed(self.local.bounds)

    def _completed(self, below: Bounds) -> Bounds:
        """What the log below says, and how far remote storage has it; made once for each change."""
        end = self._tiered_end()
        if below is not self._below or self._bounds.tiered_end != end:
            self._below = below
            self._bounds = below if end is None else replace(below, tiered_end=end)
        return self._bounds

    def _tiered_end(self) -> Offset | None:
        remote = self.remote
        return remote.end if self.settings.remote_storage or len(remote) else None

    # Reading

    async def read(
        self,
        offset: Offset,
        *,
        bytes_max: int,
        isolation: Isolation = Isolation.READ_UNCOMMITTED,
        whole_first: bool = True,
    ) -> Slice:
        if offset >= self.local.bounds.local_start:
            try:
                found = await self.local.read(offset, bytes_max=bytes_max, isolation=isolation, whole_first=whole_first)
            except OffsetOutOfRange:
                if offset >= self.local.bounds.local_start:
                    raise
            else:
                bounds = self._completed(found.bounds)
                return found if bounds is found.bounds else replace(found, bounds=bounds)
        return await self._read_remote(offset, bytes_max, isolation, whole_first)

    async def _read_remote(self, offset: Offset, bytes_max: int, isolation: Isolation, whole_first: bool) -> Slice:
        """After `remote.fetch.max.wait.ms` without records: they still come, and the next read may find them."""
        bounds = self.bounds
        segment = self._holding(offset)

        async def read() -> tuple[RemotePiece, tuple[AbortedTransaction, ...]]:
            piece = await self._reader.read(segment, offset, bytes_max=bytes_max, whole_first=whole_first)
            committed = isolation is Isolation.READ_COMMITTED and piece.data
            return piece, await self._aborted(offset, piece.end) if committed else ()

        try:
            piece, aborted = await self._waiting.wait(read, most_ms=self._patience().fetch_ms)
        except TimeoutError:
            piece, aborted = RemotePiece(b"", offset), ()
        except ReadFailed:
            self._holding(offset)  # what was deleted meanwhile is out of range
            raise
        size = len(piece.data)
        return Slice(data=(piece.data,) if size else (), size=size, bounds=bounds, aborted=aborted)

    def _holding(self, offset: Offset) -> RemoteSegment:
        bounds = self.local.bounds
        if not bounds.start <= offset <= bounds.high_watermark:
            raise OffsetOutOfRange(offset, bounds.start, bounds.high_watermark)
        found = self.remote.holding(offset)
        if found is not None:
            return found
        if not self.is_known:
            raise ReadFailed(str(self.partition), "what is in remote storage is not known yet")
        raise OffsetOutOfRange(offset, bounds.local_start, bounds.high_watermark)

    async def _aborted(self, first: Offset, end: Offset) -> tuple[AbortedTransaction, ...]:
        """A marker may stand in a later segment, or here. Segments that lie in both places tell it twice."""
        found: dict[tuple[ProducerId, Offset], AbortedTransaction] = {}
        for segment in self.remote.following(first):
            for each in await self._reader.aborted(segment) if segment.has_aborted else ():
                if each.last >= first and each.first < end:
                    found[each.producer_id, each.first] = each
                if each.last_stable >= end:
                    return _by_first(found.values())
        found |= {(each.producer_id, each.first): each for each in self.local.aborted(first, end)}
        return _by_first(found.values())

    async def find_time(self, timestamp: Timestamp) -> Found | None:
        older = [each for each in self._elsewhere() if each.largest_timestamp >= timestamp]
        if older:
            try:
                searching = partial(self._find_remote, older, timestamp)
                found = await self._waiting.wait(searching, most_ms=self._patience().search_ms)
            except TimeoutError as error:
                raise RemoteTooSlow(str(self.partition)) from error
            if found:
                return found
        return await self.local.find_time(timestamp)

    async def _find_remote(self, segments: Sequence[RemoteSegment], timestamp: Timestamp) -> Found | None:
        start = self.local.bounds.start
        for segment in segments:
            if found := await self._reader.find_time(segment, timestamp, start=start):
                return found
        return None

    async def find_latest_time(self) -> Found | None:
        """Largest first: of a segment whose beginning is cut off the largest may be gone."""
        here = await self.local.find_latest_time()
        times = [segment.largest_timestamp for segment in self._elsewhere()] + ([here.timestamp] if here else [])
        for timestamp in sorted(dict.fromkeys(times), reverse=True):
            if found := await self.find_time(timestamp):
                return found
        return None

    def _elsewhere(self) -> list[RemoteSegment]:
        """Segments with records that are not here. Raises ReadFailed where nobody knows yet."""
        bounds = self.local.bounds
        if bounds.start < bounds.local_start and not self.is_known:
            raise ReadFailed(str(self.partition), "what is in remote storage is not known yet")
        return [each for each in self.remote if each.end > bounds.start and each.base < bounds.local_start]

    def spans(self) -> Sequence[Span]:
        """What lies elsewhere alone, and then what lies here."""
        bounds = self.local.bounds
        older = [each.span() for each in self.remote if bounds.start < each.end and each.base < bounds.local_start]
        return [*older, *self.local.spans()]

    # What the log below answers alone

    def append(
        self, batches: Sequence[memoryview], *, origin: Origin = Origin.CLIENT, expected_end: Offset | None = None
    ) -> Future[Appended]:
        return self.local.append(batches, origin=origin, expected_end=expected_end)

    def watch(self, wake: Wake) -> None:
        self.local.watch(wake)

    def unwatch(self, wake: Wake) -> None:
        self.local.unwatch(wake)

    def end_of_epoch(self, epoch: LeaderEpoch) -> EpochEnd | None:
        return self.local.end_of_epoch(epoch)

    async def trim(self, before: Offset) -> None:
        await self.local.trim(before)

    async def replace(self, first: Offset, end: Offset, batches: AsyncIterable[Sequence[Buffer]]) -> None:
        await self.local.replace(first, end, batches)

    @property
    def first_dirty(self) -> Offset | None:
        return self.local.first_dirty

    async def keep_first_dirty(self, offset: Offset) -> None:
        await self.local.keep_first_dirty(offset)

    def producers(self) -> Sequence[ProducerState]:
        return self.local.producers()

    def producer(self, producer_id: ProducerId) -> ProducerState | None:
        return self.local.producer(producer_id)

    def expire_producers(self, *, idle_since: Timestamp) -> None:
        self.local.expire_producers(idle_since=idle_since)

    def lead(self, epoch: LeaderEpoch) -> None:
        self.local.lead(epoch)

    def configure(self, settings: LogSettings) -> None:
        self.local.configure(settings)


def _by_first(aborted: Iterable[AbortedTransaction]) -> tuple[AbortedTransaction, ...]:
    return tuple(sorted(aborted, key=lambda each: each.first))
