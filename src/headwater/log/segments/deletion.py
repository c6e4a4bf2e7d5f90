"""Files and folders that are no longer part of any log, on their way out.

They are renamed at once, so that nobody takes them for living ones after a crash, and removed a while later, as Kafka does it:
a slow reader may still have one open, and removing a gigabyte takes long enough to be no business of whoever waits.
"""

import asyncio
from collections import deque
from functools import partial
from typing import Final

from headwater.kernel.errors import DiskError, TooBusy
from headwater.kernel.logging import get
from headwater.kernel.tasks import Ward
from headwater.kernel.units import SECOND_MS
from headwater.kernel.world import World
from headwater.log.segments.file_cache import FileCache
from headwater.log.segments.names import DELETED

log = get("segments.deletion")

_AGAIN_MS: Final = SECOND_MS
"""When the workers had too much else to do."""


class Deletions:
    def __init__(self, world: World, files: FileCache, ward: Ward) -> None:
        self._world = world
        self._files = files
        self._due: deque[str] = deque()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._wake = asyncio.Event()
        self._closing = False
        self._removing = ward.start("deletions", self._run)

    def delete_files(self, paths: list[str], *, delay_ms: int) -> None:
        """Rename them to `.deleted` now and remove them after the delay."""
        for path in paths:
            self._files.forget(path)
            self._world.disk.rename(path, path + DELETED)
            self.remove_later(path + DELETED, delay_ms=delay_ms)

    def remove_later(self, path: str, *, delay_ms: int) -> None:
        """One that waits under the same name already was replaced by this one."""
        if earlier := self._timers.pop(path, None):
            earlier.cancel()
        loop = asyncio.get_running_loop()
        self._timers[path] = loop.call_later(delay_ms / SECOND_MS, self._remove_soon, path)

    def _remove_soon(self, path: str) -> None:
        self._timers.pop(path).cancel()
        self._due.append(path)
        self._wake.set()

    async def close(self) -> None:
        """Remove what is left without waiting for its time."""
        self._closing = True
        for path in list(self._timers):
            self._remove_soon(path)
        self._wake.set()
        await self._removing

    async def _run(self) -> None:
        while not self._closing or self._due:
            await self._wake.wait()
            self._wake.clear()
            while self._due:
                await self._remove(self._due.popleft())

    async def _remove(self, path: str) -> None:
        """A failure is only logged: what is left is removed at the next start."""
        try:
            await self._world.workers.run(partial(self._world.disk.remove, path))
        except TooBusy:
            if not self._closing:
                self.remove_later(path, delay_ms=_AGAIN_MS)
        except DiskError as error:
            log.error("a deleted file could not be removed", error=error, path=path)
