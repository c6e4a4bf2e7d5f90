"""Every partition is looked at again and again, some of them at a time: what is to be copied, what is to go.

A partition that failed waits longer each time; the others do not wait for it. That a topic is gone is found by comparing, so
nothing is missed that happened while this did not run.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from msgspec import Struct

from headwater.broker.errors import Refused
from headwater.broker.partitions import Partitions
from headwater.broker.tiering.deletion import Deletion
from headwater.broker.tiering.metadata import RemoteMetadata
from headwater.broker.tiering.tender import Tender
from headwater.control.tiering.errors import TieringError
from headwater.kernel.counters import Counter, Counters
from headwater.kernel.errors import DiskError, TooBusy
from headwater.kernel.layers import Settings
from headwater.kernel.logging import get
from headwater.kernel.tasks import Backoff, Ward
from headwater.kernel.units import SECOND_MS
from headwater.kernel.world import Randomness
from headwater.log.errors import LogError
from headwater.log.port import PartitionId
from headwater.log.tiering.known import KnownSegments
from headwater.log.tiering.logs import TieredLogs
from headwater.log.tiering.remote_files import RemoteFiles
from headwater.log.tiering.settings import COPIES_AT_ONCE, RETRY_BACKOFF_MAX_MS, RETRY_BACKOFF_MS, TASK_INTERVAL_MS
from headwater.machine.errors import MachineError

log = get("broker.tiering")

FORESEEN: Final = (LogError, MachineError, Refused, TieringError, DiskError, TooBusy)
"""The store, the list or the disk can't do it now."""
_LOGS_AT_ONCE: Final = 50


Work = Callable[[], Awaitable[bool]]
"""Whether there is more to be done at once."""


class Aside(Struct, frozen=True, kw_only=True):
    """A partition that failed: how often in a row, and until when it is left alone."""

    failures: int
    until: float


class Mover:
    def __init__(
        self,
        logs: TieredLogs,
        partitions: Partitions,
        known: KnownSegments,
        files: RemoteFiles,
        metadata: RemoteMetadata,
        tender: Tender,
        deletion: Deletion,
        settings: Callable[[], Settings],
        *,
        ward: Ward,
        randomness: Randomness,
    ) -> None:
        self._logs = logs
        self._partitions = partitions
        self._known = known
        self._files = files
        self._metadata = metadata
        self._tender = tender
        self._deletion = deletion
        self._settings = settings
        self._ward = ward
        self._randomness = randomness
        self._working: dict[PartitionId, None] = {}
        self._aside: dict[PartitionId, Aside] = {}
        self._left = asyncio.Event()
        self._waits = False
        self.failures = 0

    def watch(self, counters: Counters) -> None:
        tender, files = self._tender, self._files
        told: tuple[tuple[str, str, Callable[[], float]], ...] = (
            ("remote_copied_segments_total", "Segments copied to remote storage.", lambda: tender.segments_copied),
            ("remote_copied_bytes_total", "Bytes of segments copied to remote storage.", lambda: tender.bytes_copied),
            ("remote_deleted_segments_total", "Segments deleted there.", lambda: self._deletion.segments_deleted),
            ("remote_task_failures_total", "Rounds that failed in a partition.", lambda: self.failures),
            ("remote_fetched_bytes_total", "Bytes fetched from remote storage.", lambda: files.bytes_fetched),
            ("remote_cache_hits_total", "Pieces that were in memory when they were asked for.", lambda: files.hits),
            ("remote_cache_misses_total", "Pieces that had to be fetched.", lambda: files.misses),
        )
        for name, doc, value in told:
            counters.watch(name, doc, value, meter=Counter)
        counters.watch("remote_cache_bytes", "Fetched pieces in memory.", lambda: files.bytes_cached)
        counters.watch("remote_segments", "Segments in remote storage.", lambda: sum(map(len, self._known.all())))
        counters.watch("remote_bytes", "Bytes of segments there.", lambda: sum(each.size for each in self._known.all()))
        counters.watch("remote_failing_partitions", "Partitions that failed last time.", lambda: len(self._aside))

    async def run(self) -> None:
        while True:
            await self.round()
            await asyncio.sleep(self._settings()[TASK_INTERVAL_MS] / SECOND_MS)

    async def round(self) -> None:
        """Begin with every partition that is due; wait where too many are under way."""
        for number, each in enumerate(self._logs.all()):
            if number % _LOGS_AT_ONCE == 0:
                await asyncio.sleep(0)
            if each.settings.remote_storage or len(each.remote):
                await self._begin(each.partition, partial(self._tender.tend, each))
        for held in self._metadata.all():
            if not self._partitions.has_id(held.partition.topic_id, held.partition.index):
                await self._begin(held.partition, partial(self._bury, held.partition))

    async def settled(self) -> None:
        """Until nothing is under way."""
        await self._fewer_than(1)

    async def _begin(self, partition: PartitionId, work: Work) -> None:
        aside = self._aside.get(partition)
        if partition in self._working or (aside is not None and asyncio.get_running_loop().time() < aside.until):
            return
        await self._fewer_than(self._settings()[COPIES_AT_ONCE])
        self._working[partition] = None
        self._ward.start(f"tier {partition}", partial(self._do, partition, work), ended=partial(self._ended, partition))

    async def _fewer_than(self, bound: int) -> None:
        self._waits = True
        while len(self._working) >= bound:
            self._left.clear()
            await self._left.wait()
        self._waits = False

    def _ended(self, partition: PartitionId) -> None:
        del self._working[partition]
        self._left.set()

    async def _do(self, partition: PartitionId, work: Work) -> None:
        """As long as there is something to be done and nobody else waits."""
        try:
            while await work() and not self._waits:
                self._aside.pop(partition, None)
        except FORESEEN as error:
            self._put_aside(partition, error)
        else:
            self._aside.pop(partition, None)

    def _put_aside(self, partition: PartitionId, error: Exception) -> None:
        settings, before = self._settings(), self._aside.get(partition)
        failures = 1 if before is None else before.failures + 1
        backoff = Backoff(first_ms=settings[RETRY_BACKOFF_MS], most_ms=settings[RETRY_BACKOFF_MAX_MS])
        delay_ms = backoff.delay_ms(failures, self._randomness)
        until = asyncio.get_running_loop().time() + delay_ms / SECOND_MS
        self._aside[partition] = Aside(failures=failures, until=until)
        self.failures += 1
        log.warn("remote storage could not be tended", error=error, partition=partition, again_in_ms=delay_ms)

    async def _bury(self, partition: PartitionId) -> bool:
        await self._deletion.bury(self._metadata.held(partition))
        self._known.forget(partition)
        log.info("deleted what a topic had in remote storage", partition=partition)
        return False
