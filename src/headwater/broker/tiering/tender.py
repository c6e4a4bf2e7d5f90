"""What is to be done for one partition, in this order:

finish    deletions, and copies that were cut short, by a crash or by the store
expire    segments wholly below the log start offset are deleted
copy      closed segments, oldest first; each of them is finished in the list before the next one begins
release   what need not lie here any longer, and is finished in the list
"""

from typing import Final

from headwater.broker.tiering.deletion import Deletion
from headwater.broker.tiering.metadata import RemoteMetadata
from headwater.kernel.world import Clock, Randomness
from headwater.log.port import Span
from headwater.log.tiering.copying import copy_segment
from headwater.log.tiering.local_log import Part, SpanFiles
from headwater.log.tiering.log import TieredLog
from headwater.log.tiering.object_store import ObjectStore
from headwater.log.tiering.policy import first_here, to_copy
from headwater.log.tiering.segment import RemoteSegment
from headwater.log.tiering.throttle import Throttle
from headwater.wire.types import Uuid

_COPIES_MAX: Final = 16
"""Before another partition has its turn."""


class Tender:
    """One call at a time for a partition. What it raises is tried again later, from the beginning."""

    def __init__(
        self,
        metadata: RemoteMetadata,
        store: ObjectStore,
        deletion: Deletion,
        throttle: Throttle,
        *,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._metadata = metadata
        self._store = store
        self._deletion = deletion
        self._throttle = throttle
        self._clock = clock
        self._randomness = randomness
        self.segments_copied = self.bytes_copied = 0

    async def tend(self, log: TieredLog) -> bool:
        """Whether there is more to copy."""
        held = self._metadata.held(log.partition)
        await self._deletion.finish_what_was_begun(held)
        if not log.settings.remote_storage:
            await self._leave(log)
            return False
        await self._expire(log)
        if log.settings.remote_copy_disable:
            return False
        return await self._move(log)

    async def _leave(self, log: TieredLog) -> None:
        """Remote storage was disabled: what is there goes, and the log begins here."""
        if log.settings.remote_delete_on_disable and len(log.remote):
            await log.trim(log.bounds.local_start)
            await self._deletion.delete(self._metadata.held(log.partition), list(log.remote))

    async def _expire(self, log: TieredLog) -> None:
        start = log.bounds.start
        gone = [each for each in log.remote if each.end <= start]
        await self._deletion.delete(self._metadata.held(log.partition), gone)

    async def _move(self, log: TieredLog) -> bool:
        for _ in range(_COPIES_MAX):
            now = self._clock.now()
            span = next(to_copy(log.local.spans(), log.bounds, log.remote, log.settings, now=now), None)
            if span is not None:
                await self._copy(log, span)
            spans, bounds = log.local.spans(), log.bounds
            first = first_here(spans, bounds, log.remote, log.settings, now=now)
            if first > bounds.local_start:
                await log.local.release(first)
            if span is None:
                return False
        return True

    async def _copy(self, log: TieredLog, span: Span) -> None:
        files = log.local.files(span.base)
        try:
            segment = self._segment(log, span, files)
            await self._metadata.begin_copy(segment)
            manifest = await copy_segment(self._store, segment, files, self._throttle.take)
        finally:
            files.close()
        await self._metadata.finish_copy(segment, manifest)
        self.segments_copied += 1
        self.bytes_copied += segment.size

    def _segment(self, log: TieredLog, span: Span, files: SpanFiles) -> RemoteSegment:
        return RemoteSegment(
            id=Uuid(self._randomness.uuid()),
            partition=log.partition,
            base=span.base,
            end=span.end,
            size=files.log_bytes,
            largest_timestamp=span.largest_timestamp,
            copied=self._clock.now(),
            epochs=tuple(files.epochs),
            has_aborted=Part.TXN_INDEX in files.small,
        )
