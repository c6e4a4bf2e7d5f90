"""One sync round for everything that was written since the last one, and then the answers, all at once.

A sync costs the same whether one append waits for it or a thousand. So logs register when they have written, and while a
round is under way the next one fills up. How many files are synced side by side is the disk's choice; a journal or one
file for many could take the place of `_sync` without anyone above noticing.

A failed sync is never tried again: the page cache counts the bytes as written now and would call the second try a success.
The store goes offline, whoever waits is told, and the process ends. It leaves a mark, for the next one sees those bytes too;
the mark itself need not be synced, since a loss of power takes both.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Protocol

from msgspec import Struct

from headwater.kernel.errors import DiskError, FileMissing
from headwater.kernel.tasks import Ward
from headwater.kernel.world import Mode
from headwater.log.errors import StorageFailed
from headwater.log.segments.file_cache import FileCache
from headwater.log.segments.names import SYNC_FAILED
from headwater.log.segments.place import Place
from headwater.wire.types import Offset

ROUND_DEADLINE_S: Final = 300
"""A disk that hangs for so long is no disk: better the process ends than that everybody waits for ever."""
_SWEEP_S: Final = 30
_FOLDERS_TOGETHER: Final = 64


class Unsynced(Struct, frozen=True, kw_only=True, gc=False):
    """What a log needs on stable storage so that everything below `end` is safe."""

    end: Offset
    place: Place
    """Where `end` stands."""
    files: Sequence[str]
    folders: Sequence[str] = ()
    """Those with new names in them."""


class Committable(Protocol):
    """A log, as the committer sees it."""

    @property
    def deleted(self) -> bool: ...

    def take_unsynced(self) -> Unsynced: ...

    def commit(self, unsynced: Unsynced) -> None: ...

    def abandon(self, error: StorageFailed) -> None: ...


class Committer:
    def __init__(self, files: FileCache, root: str, ward: Ward) -> None:
        self._files = files
        self._mark = f"{root}/{SYNC_FAILED}"
        self._waiting: dict[int, Committable] = {}
        self._wake = asyncio.Event()
        self._closing = False
        self.failure: StorageFailed | None = None
        self.failed: Final[asyncio.Future[None]] = asyncio.get_running_loop().create_future()
        self._under_way: Sequence[Committable] = ()
        self._began: float | None = None
        """When the round began that is under way."""
        self._sweeping = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)
        self._rounds = ward.start("committer", self._run)

    def register(self, log: Committable) -> None:
        """The next round includes this log. Registering twice is once."""
        self._waiting[id(log)] = log
        self._wake.set()

    def fail(self, reason: str) -> StorageFailed:
        """The store goes offline for good; the first reason is the one that counts."""
        if self.failure is None:
            self.failure = StorageFailed(reason)
            self.failed.set_exception(self.failure)
            self.failed.exception()  # retrieved: the process is told by whoever awaits `failed`, and no warning is due
            self._abandon(list(self._waiting.values()))
            self._wake.set()
        return self.failure

    async def close(self) -> None:
        """End after everything registered is committed. A sync that hangs is not waited for."""
        self._closing = True
        self._wake.set()
        if not self._hangs:
            await self._rounds
        self._sweeping.cancel()

    @property
    def _hangs(self) -> bool:
        return self._began is not None and asyncio.get_running_loop().time() - self._began > ROUND_DEADLINE_S

    def _sweep(self) -> None:
        if self._hangs:
            self.fail(f"the disk has not answered a sync for {ROUND_DEADLINE_S} s")
            self._abandon(self._under_way)
            return
        self._sweeping = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)

    async def _run(self) -> None:
        try:
            await self._run_rounds()
        except Exception as error:
            self.fail(f"the committer stopped: {error}")
            raise

    async def _run_rounds(self) -> None:
        while self.failure is None:
            await self._wake.wait()
            self._wake.clear()
            if self._waiting:
                await self._round()
            if self._closing and not self._waiting:
                return

    async def _round(self) -> None:
        logs, self._waiting = list(self._waiting.values()), {}
        self._under_way, self._began = logs, asyncio.get_running_loop().time()
        work = [(log, log.take_unsynced()) for log in logs if not log.deleted]
        try:
            await self.sync(
                [path for _, unsynced in work for path in unsynced.files],
                [path for _, unsynced in work for path in unsynced.folders],
            )
        except Exception as error:  # whatever it is, who waits must hear of it
            self.fail(str(error))
            self._abandon(logs)
            return
        self._began = None
        if self.failure is not None:  # it came too late
            return
        for log, unsynced in work:
            if not log.deleted:
                log.commit(unsynced)

    async def sync(self, files: Sequence[str], folders: Sequence[str]) -> None:
        """For what no append waits for."""
        try:
            await self._sync_files(files)
            await self._sync_folders(list(dict.fromkeys(folders)))
        except DiskError:
            self._files.disk.open(self._mark, Mode.WRITE).close()
            raise

    async def _sync_files(self, files: Sequence[str]) -> None:
        together = self._files.open_max // 2  # more would push each other out of the cache before their sync began
        for start in range(0, len(files), together):
            group = files[start : start + together]
            await self._files.disk.sync_all([file for path in group if (file := self._files.find(path)) is not None])

    async def _sync_folders(self, folders: Sequence[str]) -> None:
        for start in range(0, len(folders), _FOLDERS_TOGETHER):
            await asyncio.gather(*map(self._sync_folder, folders[start : start + _FOLDERS_TOGETHER]))

    async def _sync_folder(self, folder: str) -> None:
        with suppress(FileMissing):  # its topic was deleted meanwhile
            await self._files.disk.sync_folder(folder)

    def _abandon(self, logs: Sequence[Committable]) -> None:
        assert self.failure is not None
        for log in logs:
            if not log.deleted:
                log.abandon(self.failure)
