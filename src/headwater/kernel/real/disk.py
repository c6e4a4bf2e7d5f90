"""The file systems of this machine behind the Disk port."""

import fcntl
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress

from headwater.kernel.errors import FolderInUse
from headwater.kernel.real.failures import disk_error
from headwater.kernel.real.file import RealFile, sync_descriptor, sync_together
from headwater.kernel.real.syncing import SyncThreads
from headwater.kernel.units import Timestamp
from headwater.kernel.world import File, Mode, Space


class RealDisk:
    """Paths are the operating system's. One writer a path at a time: `write` uses `<path>.tmp`, as Kafka does."""

    def __init__(self) -> None:
        self._threads = SyncThreads()

    def open(self, path: str, mode: Mode) -> RealFile:
        return RealFile(path, mode, self._threads)

    def read(self, path: str) -> bytes:
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError as error:
            raise disk_error(path, error) from error

    async def write(self, path: str, data: bytes) -> None:
        await self._threads.run([lambda: _replace(path, data)])

    def list(self, path: str) -> list[str]:
        try:
            return sorted(os.listdir(path))
        except OSError as error:
            raise disk_error(path, error) from error

    def exists(self, path: str) -> bool:
        """A disk that can't tell is an error: taken for a no, it would have a file's content forgotten."""
        try:
            os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise disk_error(path, error) from error
        return True

    def size(self, path: str) -> int:
        return _stat(path).st_size

    def modified(self, path: str) -> Timestamp:
        return Timestamp(_stat(path).st_mtime_ns // 1_000_000)

    def make_folder(self, path: str) -> None:
        try:
            os.makedirs(path, exist_ok=True)
        except OSError as error:
            raise disk_error(path, error) from error

    def rename(self, old: str, new: str) -> None:
        try:
            os.replace(old, new)
        except OSError as error:
            raise disk_error(old, error) from error

    def remove(self, path: str) -> None:
        try:
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise disk_error(path, error) from error

    async def sync_folder(self, path: str) -> None:
        await self._threads.run([lambda: _sync_folder(path)])

    async def sync_all(self, files: Sequence[File]) -> None:
        await sync_together([_own(file) for file in files], self._threads)

    def space(self, path: str) -> Space:
        try:
            facts = os.statvfs(path)
        except OSError as error:
            raise disk_error(path, error) from error
        return Space(total=facts.f_blocks * facts.f_frsize, usable=facts.f_bavail * facts.f_frsize)

    def lock(self, path: str) -> "RealLock":
        return RealLock(path)


class RealLock:
    """Kafka's `.lock` file, held in both ways there are: flock, which also sees a second holder in this process, and
    POSIX locks, which are what Java takes, so that a running Apache Kafka and we keep each other out."""

    def __init__(self, folder: str) -> None:
        try:
            self._descriptor = os.open(os.path.join(folder, ".lock"), os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise disk_error(folder, error) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            if isinstance(error, BlockingIOError | PermissionError):
                raise FolderInUse(folder) from None
            raise disk_error(folder, error) from error

    def release(self) -> None:
        """The file stays: removing it would let two later processes lock two different files of one name."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _own(file: File) -> RealFile:
    if not isinstance(file, RealFile):
        raise TypeError(f"{file!r} was not opened by this disk")
    return file


def _stat(path: str) -> os.stat_result:
    try:
        return os.stat(path)
    except OSError as error:
        raise disk_error(path, error) from error


def _replace(path: str, data: bytes) -> None:
    """In a sync thread: beside it, synced, over it, and the folder synced."""
    beside = f"{path}.tmp"
    try:
        with open(beside, "wb", buffering=0) as file:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
            sync_descriptor(file.fileno())
        os.replace(beside, path)
        _sync_folder(os.path.dirname(path) or ".")
    except OSError as error:
        with suppress(OSError):
            os.unlink(beside)
        raise disk_error(path, error) from error


def _sync_folder(path: str) -> None:
    """In a sync thread. A folder's entries are metadata, so it is fsync and not fdatasync."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise disk_error(path, error) from error
