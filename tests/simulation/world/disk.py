"""The Disk and File ports over a simulated machine's storage, for one process.

Reads and writes are at once, as into a page cache; only a sync takes time, and only a sync makes anything sure. When the
process dies its disk is shut, and whatever its code still calls fails.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from random import Random

from tests.simulation.world.sectors import SECTOR, Buffer, Content
from tests.simulation.world.storage import Folder, Storage
from tests.simulation.world.trace import Trace

from headwater.kernel.errors import DiskError, FolderInUse
from headwater.kernel.units import Timestamp
from headwater.kernel.world import Clock, File, Mode, Space


@dataclass(kw_only=True, slots=True)
class Habits:
    """How the hardware behaves; faults change it while the simulation runs."""

    sync_s: tuple[float, float] = (0.000_2, 0.002)
    bytes_per_s: float = inf
    """What reaches the platter, one sync after the other; each takes its `sync_s` besides."""
    failing_syncs: float = 0.0
    cold_reads: float = 0.0


class SimulatedDisk:
    def __init__(self, storage: Storage, habits: Habits, clock: Clock, random: Random, trace: Trace) -> None:
        self.storage = storage
        self.habits = habits
        self.random = random
        self._clock = clock
        self._trace = trace
        self._shut = False
        self._busy_until = 0.0

    def shut(self) -> None:
        """The process is gone."""
        self._shut = True
        for folder in [each for each, holder in self.storage.locks.items() if holder is self]:
            del self.storage.locks[folder]

    def check(self, path: str) -> None:
        if self._shut:
            raise DiskError(path, "the process that opened it is dead")

    def stamp(self, node: Folder | Content) -> None:
        node.modified_ms = self._clock.now()

    def note(self, event: str) -> None:
        self._trace.note(f"disk {event}")

    def open(self, path: str, mode: Mode) -> "SimulatedFile":
        self.check(path)
        if mode is Mode.WRITE and self.storage.find(path) is None:
            self.note(f"make {path}")
            content = Content()
            self.storage.add(path, content)
            self.stamp(content)
        return SimulatedFile(self, path, self.storage.need(path, Content), mode)

    def read(self, path: str) -> bytes:
        self.check(path)
        return bytes(self.storage.need(path, Content).data)

    async def write(self, path: str, data: bytes) -> None:
        """Goes on when its waiter is cancelled, as a thread does; then nobody asks whether it failed."""
        replacing = asyncio.ensure_future(self._replace(path, data))
        replacing.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.shield(replacing)

    async def _replace(self, path: str, data: bytes) -> None:
        self.check(path)
        self.storage.place(path)
        beside = f"{path}.tmp"
        try:
            file = self.open(beside, Mode.WRITE)
            file.truncate(0)
            file.append([data])
            await file.sync()
            self.rename(beside, path)
            await self.sync_folder(path.rpartition("/")[0])
        except DiskError:
            self.remove(beside)
            raise

    def list(self, path: str) -> list[str]:
        self.check(path)
        return sorted(self.storage.need(path, Folder).entries)

    def exists(self, path: str) -> bool:
        self.check(path)
        return self.storage.find(path) is not None

    def size(self, path: str) -> int:
        self.check(path)
        return len(self.storage.need(path, Content).data)

    def modified(self, path: str) -> Timestamp:
        self.check(path)
        node = self.storage.find(path)
        return Timestamp((node or self.storage.need(path, Content)).modified_ms)

    def make_folder(self, path: str) -> None:
        self.check(path)
        self.storage.make_folders(path)

    def rename(self, old: str, new: str) -> None:
        self.check(old)
        self.note(f"rename {old} to {new}")
        self.storage.move(old, new)

    def remove(self, path: str) -> None:
        self.check(path)
        self.note(f"remove {path}")
        self.storage.take_away(path)

    async def sync_folder(self, path: str) -> None:
        self.check(path)
        folder = self.storage.need(path, Folder)
        changes = self.storage.changes_in(folder)
        await self._wait_for_hardware(path)
        self.storage.make_sure(changes)

    async def sync_all(self, files: Sequence[File]) -> None:
        """Every file is sure at its own moment, so a crash in the round leaves some of them synced."""
        own = [each for each in files if isinstance(each, SimulatedFile)]
        assert len(own) == len(files), "a file of another disk"
        await asyncio.gather(*(each.sync() for each in own))

    async def flush(self, path: str, content: Content) -> None:
        self.check(path)
        flush = content.begin_flush()
        try:
            await self._wait_for_hardware(path, len(flush.sectors) * SECTOR)
        except DiskError:
            content.fail_flush(flush)
            raise
        content.finish_flush(flush)

    async def _wait_for_hardware(self, path: str, size: int = 0) -> None:
        now = asyncio.get_running_loop().time()
        self._busy_until = max(self._busy_until, now) + size / self.habits.bytes_per_s
        await asyncio.sleep(self._busy_until - now + self.random.uniform(*self.habits.sync_s))
        self.check(path)
        if self.random.random() < self.habits.failing_syncs:
            self.note(f"sync of {path} fails")
            raise DiskError(path, "Input/output error")
        self.note(f"synced {path}")

    def space(self, path: str) -> Space:
        self.check(path)
        self.storage.need(path, Folder)
        total = self.storage.bytes_max
        return Space(total=total, usable=max(0, total - self.storage.used))

    def lock(self, path: str) -> "SimulatedLock":
        self.check(path)
        folder = self.storage.need(path, Folder)
        if folder in self.storage.locks:
            raise FolderInUse(path)
        self.open(f"{path}/.lock", Mode.WRITE)
        self.storage.locks[folder] = self
        return SimulatedLock(lambda: self.storage.locks.pop(folder, None))


class SimulatedLock:
    def __init__(self, release: Callable[[], object]) -> None:
        self._release: Callable[[], object] | None = release

    def release(self) -> None:
        if self._release is not None:
            self._release()
            self._release = None


class SimulatedFile:
    """The File port. It holds the content, not the name, so it follows renames and outlives removal."""

    def __init__(self, disk: SimulatedDisk, path: str, content: Content, mode: Mode) -> None:
        self._disk = disk
        self._path = path
        self._content = content
        self._mode = mode
        self._closed = False

    @property
    def path(self) -> str:
        return self._path

    @property
    def size(self) -> int:
        self._check()
        return len(self._content.data)

    def pread(self, size: int, offset: int) -> bytes:
        self._check()
        return bytes(self._content.data[offset : offset + size])

    def pread_now(self, size: int, offset: int) -> bytes | None:
        chance = self._disk.habits.cold_reads
        if chance and self._disk.random.random() < chance and not self._content.is_dirty(offset, offset + size):
            return None
        return self.pread(size, offset)

    def append(self, buffers: Sequence[Buffer]) -> int:
        data = b"".join(buffers)
        self._write(data, len(self._content.data))
        return len(data)

    def pwrite(self, data: Buffer, offset: int) -> None:
        self._write(data, offset)

    def truncate(self, size: int) -> None:
        self._check_writable()
        self._disk.note(f"truncate {self._path} to {size}")
        self._disk.storage.truncate(self._content, size)
        self._disk.stamp(self._content)

    async def sync(self) -> None:
        self._check()
        await self._disk.flush(self._path, self._content)

    def close(self) -> None:
        self._closed = True

    def _write(self, data: Buffer, offset: int) -> None:
        self._check_writable()
        self._disk.note(f"write {self._path} {len(data)} bytes at {offset}")
        self._disk.storage.write(self._path, self._content, data, offset)
        self._disk.stamp(self._content)

    def _check(self) -> None:
        self._disk.check(self._path)
        if self._closed:
            raise DiskError(self._path, "Bad file descriptor")

    def _check_writable(self) -> None:
        self._check()
        if self._mode is Mode.READ:
            raise DiskError(self._path, "Bad file descriptor")
