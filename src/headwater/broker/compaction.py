"""Logs are compacted one after the other, the dirtiest first (Kafka's `log.cleaner.*`).

What fails is put aside: until the next pause where the log was trimmed, closed or had no room on the disk, and for good
where its records make no sense.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from headwater.broker.partitions import Partitions
from headwater.kernel.counters import Counter, Counters
from headwater.kernel.errors import DiskError, TooBusy
from headwater.kernel.layers import Settings
from headwater.kernel.logging import get
from headwater.kernel.units import SECOND_MS, KiB, Timestamp
from headwater.kernel.world import Clock, Workers
from headwater.log.compaction.cleaner import Cleaner
from headwater.log.compaction.dirty import Dirty, measure
from headwater.log.compaction.keys import KeyMap
from headwater.log.compaction.pace import Pace
from headwater.log.compaction.settings import (
    CLEANER_BACKOFF_MS,
    CLEANER_ENABLE,
    DEDUPE_BUFFER_SIZE,
    DEDUPE_LOAD_FACTOR,
    IO_BUFFER_SIZE,
    IO_MAX_BYTES_PER_SECOND,
)
from headwater.log.errors import LogError
from headwater.log.port import Log, PartitionId
from headwater.wire.batch.stored import read_stored_header
from headwater.wire.errors import BatchError
from headwater.wire.types import Offset

log = get("broker.compaction")

_LOGS_AT_ONCE: Final = 20
_READ_BYTES_MIN: Final = 4 * KiB
_FOR_EVER: Final = 2**63 - 1


class Compactor:
    def __init__(
        self, partitions: Partitions, settings: Callable[[], Settings], *, clock: Clock, workers: Workers
    ) -> None:
        self._partitions = partitions
        self._settings = settings
        self._clock = clock
        self._workers = workers
        self._aside: dict[PartitionId, None] = {}
        self._damaged: dict[PartitionId, None] = {}
        self._rounds = self._bytes_read = self._bytes_written = 0

    def watch(self, counters: Counters) -> None:
        told = (
            ("compactions_total", "Rounds of compaction.", lambda: self._rounds),
            ("compaction_read_bytes_total", "Bytes that compaction has read.", lambda: self._bytes_read),
            ("compaction_written_bytes_total", "Bytes that compaction has kept.", lambda: self._bytes_written),
        )
        for name, doc, value in told:
            counters.watch(name, doc, value, meter=Counter)
        counters.watch("compaction_damaged_logs", "Logs that can't be compacted.", lambda: len(self._damaged))

    def forget(self, partition: PartitionId) -> None:
        """Its topic is gone."""
        self._damaged.pop(partition, None)

    async def run(self) -> None:
        while self._settings()[CLEANER_ENABLE]:
            await self.round()
            await asyncio.sleep(self._settings()[CLEANER_BACKOFF_MS] / SECOND_MS)

    async def round(self) -> None:
        """Until no log is due that could be cleaned."""
        self._aside.clear()
        while (due := await self._dirtiest()) is not None:
            await self._clean(*due)

    async def _dirtiest(self) -> tuple[Log, Dirty] | None:
        now = self._clock.now()
        found: tuple[Log, Dirty] | None = None
        for number, each in enumerate(self._partitions.open_logs()):
            if number % _LOGS_AT_ONCE == 0:
                await asyncio.sleep(0)
            if not each.settings.compact_policy or each.partition in self._aside or each.partition in self._damaged:
                continue
            dirty = measure(each.spans(), each.bounds, each.settings, first_dirty=each.first_dirty, now=now)
            if (found is None or dirty.ratio > found[1].ratio) and await self._is_due(each, dirty, now):
                found = each, dirty
        return found

    async def _is_due(self, each: Log, dirty: Dirty, now: Timestamp) -> bool:
        if not dirty.dirty_bytes:
            return False
        if dirty.ratio > each.settings.min_dirty_ratio:
            return True
        lag_max = each.settings.max_compaction_lag_ms
        return lag_max != _FOR_EVER and await self._has_older(each, dirty, Timestamp(now - lag_max))

    async def _has_older(self, each: Log, dirty: Dirty, than: Timestamp) -> bool:
        """Whether a dirty span begins with a batch older than this."""
        try:
            for span in each.spans():
                if span.end <= dirty.first or span.base >= dirty.end:
                    continue
                found = await each.read(Offset(max(span.base, dirty.first)), bytes_max=1)
                if found.size and 0 < read_stored_header(memoryview(found.data[0])).max_timestamp < than:
                    return True
        except LogError:
            self._aside[each.partition] = None
        return False

    async def _clean(self, each: Log, dirty: Dirty) -> None:
        settings = self._settings()
        keys = KeyMap(bytes_max=settings[DEDUPE_BUFFER_SIZE], load_factor=settings[DEDUPE_LOAD_FACTOR])
        cleaner = Cleaner(
            each,
            dirty,
            keys,
            now=self._clock.now(),
            pace=Pace(bytes_per_second=settings[IO_MAX_BYTES_PER_SECOND]),
            workers=self._workers,
            read_bytes=max(_READ_BYTES_MIN, settings[IO_BUFFER_SIZE]),
        )
        try:
            done = await cleaner.clean()
        except BatchError as error:
            self._damaged[each.partition] = None
            log.error("a log can't be compacted", error=error, partition=each.partition)
        except (LogError, DiskError, TooBusy) as error:
            self._aside[each.partition] = None
            log.info("a log could not be compacted now", error=error, partition=each.partition)
        else:
            self._rounds += 1
            self._bytes_read += done.bytes_read
            self._bytes_written += done.bytes_written
            log.info(
                "compacted", partition=each.partition, up_to=done.end, read=done.bytes_read, kept=done.bytes_written
            )
