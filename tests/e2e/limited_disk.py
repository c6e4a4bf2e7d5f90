"""This machine's disk, with room for so many bytes: what is past that is a full disk."""

import os
from collections.abc import Sequence
from pathlib import Path

from headwater.kernel.errors import DiskFull
from headwater.kernel.real.clock import SystemClock
from headwater.kernel.real.disk import RealDisk
from headwater.kernel.real.file import RealFile
from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.real.workers import WorkerThreads
from headwater.kernel.world import Buffer, Mode, Space, World


class LimitedDisk(RealDisk):
    """Counts what is written, and looks again at what is there before it says that the disk is full."""

    def __init__(self, root: str, *, bytes_max: int) -> None:
        super().__init__()
        self._root = root
        self._bytes_max = bytes_max
        self._used = 0

    def open(self, path: str, mode: Mode) -> RealFile:
        file = LimitedFile(path, mode, self._threads)
        file.disk = self
        return file

    async def write(self, path: str, data: bytes) -> None:
        self.take(path, len(data))
        await super().write(path, data)

    def space(self, path: str) -> Space:
        return Space(total=self._bytes_max, usable=max(0, self._bytes_max - self._look()))

    def take(self, path: str, size: int) -> None:
        self._used += size
        if self._used > self._bytes_max:
            self._used = self._look() + size
        if self._used > self._bytes_max:
            self._used -= size
            raise DiskFull(path)

    def _look(self) -> int:
        sizes = 0
        for folder, _, names in os.walk(self._root):
            for name in names:
                try:
                    sizes += Path(folder, name).stat().st_size
                except FileNotFoundError:
                    continue
        return sizes


class LimitedFile(RealFile):
    __slots__ = ("disk",)
    disk: LimitedDisk

    def append(self, buffers: Sequence[Buffer]) -> int:
        self.disk.take(self.path, sum(map(len, buffers)))
        return super().append(buffers)

    def pwrite(self, data: Buffer, offset: int) -> None:
        self.disk.take(self.path, max(0, offset + len(data) - self.size))
        super().pwrite(data, offset)


def limited_world(root: str, *, bytes_max: int) -> World:
    disk = LimitedDisk(root, bytes_max=bytes_max)
    return World(clock=SystemClock(), randomness=SystemRandomness(), disk=disk, workers=WorkerThreads())
