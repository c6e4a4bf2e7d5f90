"""The world as small ports: wall clock, randomness, disk and workers.

Whatever a program can observe outside its own memory comes through here or through the running event loop, which is the
network and the monotonic clock. So the whole broker runs in one thread from one seed, faults included: the simulation
plugs in other implementations, and `real/` holds the only code that calls the operating system.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeVar

from headwater.kernel.units import Timestamp

Result = TypeVar("Result")
Buffer = bytes | bytearray | memoryview


class Clock(Protocol):
    """The wall clock. It may jump either way: durations are taken from the event loop's `time()`."""

    def now(self) -> Timestamp:
        """Milliseconds since 1970-01-01 UTC."""
        ...


class Randomness(Protocol):
    """Every random number and every new id of the process."""

    def uuid(self) -> bytes:
        """Sixteen bytes of a version 4 UUID; never one that Kafka reserves (zero, one, or a leading `-` in text)."""
        ...

    def below(self, bound: int) -> int:
        """An integer from 0 up to, not including, `bound`."""
        ...

    def bytes(self, count: int) -> bytes:
        """Bytes fit for salts and nonces."""
        ...


class Mode(Enum):
    """How a file is opened."""

    READ = "read"
    WRITE = "write"
    """Reading and writing; made if it is missing, kept as it is if it is there."""


class File(Protocol):
    """One open file. Offsets and sizes are bytes. Every failure is a `DiskError` that names the path."""

    @property
    def path(self) -> str: ...

    @property
    def size(self) -> int:
        """As the file system has it now."""
        ...

    def pread(self, size: int, offset: int) -> bytes:
        """Up to `size` bytes from `offset`, fewer only at the end of the file. Waits for the disk if they are cold."""
        ...

    def pread_now(self, size: int, offset: int) -> bytes | bytearray | None:
        """The same from the page cache only: None where the disk would have to be asked."""
        ...

    def append(self, buffers: Sequence[Buffer]) -> int:
        """Write all of `buffers` at the end, in groups of at most IOV_MAX, short writes completed; gives the bytes."""
        ...

    def pwrite(self, data: Buffer, offset: int) -> None: ...

    def truncate(self, size: int) -> None: ...

    async def sync(self) -> None:
        """Everything written before the call is on stable storage when this returns (fdatasync, F_FULLFSYNC)."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Space:
    """What the file system below a folder has, in bytes."""

    total: int
    usable: int


class Lock(Protocol):
    """Exclusive ownership of a folder between processes, until it is released or the process ends."""

    def release(self) -> None: ...


class Disk(Protocol):
    """Files and folders by path. A missing path is a `FileMissing`, a full disk a `DiskFull`, the rest `DiskError`."""

    def open(self, path: str, mode: Mode) -> File: ...

    def read(self, path: str) -> bytes:
        """A whole small file."""
        ...

    async def write(self, path: str, data: bytes) -> None:
        """Replace a small file as one step: written beside it, synced, renamed over it, folder synced."""
        ...

    def list(self, path: str) -> list[str]:
        """The names in a folder, sorted."""
        ...

    def exists(self, path: str) -> bool: ...

    def size(self, path: str) -> int: ...

    def modified(self, path: str) -> Timestamp: ...

    def make_folder(self, path: str) -> None:
        """With its parents; one that is there already is fine."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Files and folders; a file at `new` is replaced. Durable only after `sync_folder` of the parent."""
        ...

    def remove(self, path: str) -> None:
        """A file, or a folder with all that is in it; a missing one is fine."""
        ...

    async def sync_folder(self, path: str) -> None:
        """Names made, renamed and removed in this folder are on stable storage when this returns."""
        ...

    async def sync_all(self, files: Sequence[File]) -> None:
        """`sync` for many files in one round, as parallel as the disk likes.

        The first failure is raised at once, while others may still be under way: only until this process ends does
        anyone know of it.
        """
        ...

    def space(self, path: str) -> Space: ...

    def lock(self, path: str) -> Lock:
        """Raises `FolderInUse` if another process holds it."""
        ...


class Workers(Protocol):
    """Somewhere else to run what would hold the event loop too long."""

    def run(self, job: Callable[[], Result]) -> Awaitable[Result]:
        """Run a synchronous, self-contained job away from the loop. At most a bounded number wait."""
        ...


class Companion(Protocol):
    """A process of ours beside this one: for work that a stranger's input may make endless, because a process can be ended."""

    async def ask(self, request: bytes) -> bytes:
        """One at a time. Raises CompanionEnded. Whoever gives up waiting must kill it, for its answer would be taken for the next."""
        ...

    async def kill(self) -> None: ...


class Companions(Protocol):
    """Starts them."""

    async def start(self, module: str) -> Companion:
        """`module` is run as a program; it answers by `real/answering.py`. Raises CompanionEnded."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """All of the outside that is not the event loop, handed down by assembly."""

    clock: Clock
    randomness: Randomness
    disk: Disk
    workers: Workers
