"""What the store does every minute: finish segments that are too old, and keep how far each log is.

A recovery reads what came after the last time, and nothing else.
"""

import asyncio
from collections.abc import Mapping
from itertools import islice
from typing import Final

from headwater.kernel.errors import DiskError
from headwater.kernel.logging import get
from headwater.log.segments.log import SegmentLog
from headwater.log.segments.store import Store
from headwater.wire.types import Uuid

log = get("log.segments")

INTERVAL_S: Final = 60
_SLICE: Final = 256
"""Logs handled side by side."""


class Checkpointing:
    def __init__(self, store: Store, logs: Mapping[tuple[Uuid, int], SegmentLog]) -> None:
        self._store = store
        self._logs = logs
        self._stopping = asyncio.Event()
        self._task = store.ward.start("checkpointing", self._run)

    async def checkpoint(self) -> None:
        """Epochs first: those below a recovery point are not learned from batches any more."""
        store = self._store
        logs = iter(list(self._logs.values()))
        while some := list(islice(logs, _SLICE)):
            points = [(each, each.recovery_point, each.bounds.high_watermark) for each in some]
            await asyncio.gather(*(each.keep_epochs() for each in some))
            for each, recovery_point, high_watermark in points:
                if not each.deleted:
                    store.recovery_points.set(each.partition, recovery_point)
                    store.high_watermarks.set(each.partition, high_watermark)
        for checkpoint in store.checkpoints:
            await checkpoint.save()

    async def _finish_expired(self) -> None:
        """Retention spares the active segment, so one whose records are all too old must not stay active."""
        logs = iter(list(self._logs.values()))
        while some := list(islice(logs, _SLICE)):
            now = self._store.world.clock.now()
            for each in some:
                each.finish_if_expired(now)
            await asyncio.sleep(0)

    async def stop(self) -> None:
        """Not cancelled, for a write that is under way goes on in the disk's thread."""
        self._stopping.set()
        await self._task

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                async with asyncio.timeout(INTERVAL_S):
                    await self._stopping.wait()
            except TimeoutError:
                await self._try()

    async def _try(self) -> None:
        """Without new checkpoints a recovery only takes longer."""
        try:
            await self._finish_expired()
            await self.checkpoint()
        except DiskError as error:
            log.error("the checkpoints could not be written", error=error)
