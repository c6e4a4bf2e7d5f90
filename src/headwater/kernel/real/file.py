"""One open file of the operating system.

Reads and writes happen on the caller's thread: they are copies to and from the page cache, and a round trip to a thread
costs more than most of them take. What truly waits for the disk, the sync, runs in the disk's own threads.
"""

import errno
import fcntl
import os
from collections.abc import Sequence
from typing import Final

from headwater.kernel.errors import DiskError
from headwater.kernel.real.failures import disk_error
from headwater.kernel.real.syncing import SyncThreads
from headwater.kernel.world import Buffer, Mode

IOV_MAX: Final = os.sysconf("SC_IOV_MAX")
_FLAGS: Final = {Mode.READ: os.O_RDONLY, Mode.WRITE: os.O_RDWR | os.O_CREAT}
_FULL_SYNC: Final[int | None] = getattr(fcntl, "F_FULLFSYNC", None)
_NO_WAIT: Final[int | None] = getattr(os, "RWF_NOWAIT", None)


def sync_descriptor(descriptor: int) -> None:
    """To stable storage. On macOS only F_FULLFSYNC empties the drive's own cache too, where the file system knows it."""
    if _FULL_SYNC is None:
        os.fdatasync(descriptor)
        return
    try:
        fcntl.fcntl(descriptor, _FULL_SYNC)
    except OSError as error:
        if error.errno not in (errno.ENOTSUP, errno.EINVAL, errno.ENOTTY):
            raise
        os.fsync(descriptor)


class RealFile:
    """A descriptor and the path it was opened by. It is closed only after the last round of syncs that holds it."""

    __slots__ = ("_closed", "_descriptor", "_failure", "_is_at_end", "_path", "_syncing", "_threads")

    def __init__(self, path: str, mode: Mode, threads: SyncThreads) -> None:
        try:
            self._descriptor = os.open(path, _FLAGS[mode], 0o644)
        except OSError as error:
            raise disk_error(path, error) from error
        self._path = path
        self._threads = threads
        self._failure: DiskError | None = None
        self._syncing = 0
        self._closed = False
        self._is_at_end = False
        """Whether the descriptor stands where the next append goes, as an append leaves it."""

    @property
    def path(self) -> str:
        return self._path

    @property
    def size(self) -> int:
        try:
            return os.fstat(self._descriptor).st_size
        except OSError as error:
            raise disk_error(self._path, error) from error

    def pread(self, size: int, offset: int) -> bytes:
        try:
            return os.pread(self._descriptor, size, offset)
        except OSError as error:
            raise disk_error(self._path, error) from error

    def pread_now(self, size: int, offset: int) -> bytes | bytearray | None:
        if _NO_WAIT is None:
            return self.pread(size, offset)
        try:
            return self._cached(size, offset, _NO_WAIT)
        except BlockingIOError:
            return None
        except OSError as error:
            if error.errno == errno.EOPNOTSUPP:  # a file system that can't tell: its reads are plain reads
                return self.pread(size, offset)
            raise disk_error(self._path, error) from error

    def _cached(self, size: int, offset: int, no_wait: int) -> bytearray | None:
        """Copied once, out of the cache. A short read is the end of the file or of what is cached; only the size tells which."""
        data = bytearray(size)
        got = os.preadv(self._descriptor, [data], offset, no_wait)
        if got < size:
            if offset + got < os.fstat(self._descriptor).st_size:
                return None
            del data[got:]
        return data

    def append(self, buffers: Sequence[Buffer]) -> int:
        try:
            if not self._is_at_end:
                os.lseek(self._descriptor, 0, os.SEEK_END)
                self._is_at_end = True
            if len(buffers) <= IOV_MAX:
                return self._write_group(buffers)
            return sum(self._write_group(buffers[at : at + IOV_MAX]) for at in range(0, len(buffers), IOV_MAX))
        except OSError as error:
            raise disk_error(self._path, error) from error

    def _write_group(self, buffers: Sequence[Buffer]) -> int:
        wanted = sum(map(len, buffers))
        written = os.writev(self._descriptor, buffers) if wanted else 0
        if written < wanted:
            self._complete(b"".join(buffers), written)
        return wanted

    def _complete(self, data: Buffer, written: int) -> None:
        """A short write is rare (a disk that just filled up, over 2 GiB at once): the rest is copied and written."""
        rest = memoryview(data)[written:]
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def pwrite(self, data: Buffer, offset: int) -> None:
        rest = memoryview(data)
        self._is_at_end = False
        try:
            while rest:
                done = os.pwrite(self._descriptor, rest, offset)
                rest, offset = rest[done:], offset + done
        except OSError as error:
            raise disk_error(self._path, error) from error

    def truncate(self, size: int) -> None:
        self._is_at_end = False
        try:
            os.ftruncate(self._descriptor, size)
        except OSError as error:
            raise disk_error(self._path, error) from error

    async def sync(self) -> None:
        await sync_together((self,), self._threads)

    def sync_here(self) -> None:
        """In a sync thread. After a failure the page cache no longer tells the truth, so it is never tried again."""
        if self._failure is not None:
            raise self._failure
        try:
            sync_descriptor(self._descriptor)
        except OSError as error:
            self._failure = disk_error(self._path, error)
            raise self._failure from error

    def hold(self) -> None:
        """A round of syncs begins: the descriptor's number must not be given to another file until it ended."""
        self._syncing += 1

    def let_go(self) -> None:
        self._syncing -= 1
        if self._closed and not self._syncing:
            os.close(self._descriptor)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            if not self._syncing:
                os.close(self._descriptor)


async def sync_together(files: Sequence[RealFile], threads: SyncThreads) -> None:
    """One round over `files`, which stay open under it even if its waiter is cancelled."""
    for file in files:
        file.hold()

    def ended() -> None:
        for file in files:
            file.let_go()

    await threads.run([file.sync_here for file in files], ended)
