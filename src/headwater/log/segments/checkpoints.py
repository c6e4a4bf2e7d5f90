"""Kafka's checkpoint files: small texts that say, for each partition or epoch, one offset.

    0                       version of the format
    2                       count of lines that follow
    orders 0 4711           topic, partition, offset        (leader-epoch-checkpoint: epoch, offset)
    orders 1 4230

Four stand in the root folder: how far each log is synced (recovery point), where it starts (the only home of what
DeleteRecords did), its high watermark, and how far the cleaner came. Each is replaced as a whole, never patched.
"""

from asyncio import Lock, ensure_future, shield
from collections.abc import Iterable, Sequence
from typing import Final

from headwater.kernel.world import Disk
from headwater.log.errors import StorageFailed
from headwater.log.port import EpochStart, PartitionId
from headwater.wire.types import LeaderEpoch, Offset

RECOVERY_POINT: Final = "recovery-point-offset-checkpoint"
LOG_START: Final = "log-start-offset-checkpoint"
HIGH_WATERMARK: Final = "replication-offset-checkpoint"
CLEANER: Final = "cleaner-offset-checkpoint"

_VERSION: Final = "0"


def write_lines(lines: Iterable[str]) -> bytes:
    rows = list(lines)
    return "".join(f"{line}\n" for line in (_VERSION, str(len(rows)), *rows)).encode()


def read_lines(disk: Disk, path: str) -> list[list[str]]:
    """The words of each line; a missing or an empty file has none. One that Kafka would refuse is a StorageFailed."""
    if not disk.exists(path):
        return []
    lines = disk.read(path).decode(errors="replace").splitlines()
    rows = [line.split() for line in lines[2:]]
    if lines and lines[:2] != [_VERSION, str(len(rows))]:
        raise StorageFailed(f"{path} is no checkpoint file of version {_VERSION} with as many lines as it says")
    return rows


def write_epochs(epochs: Sequence[EpochStart]) -> bytes:
    return write_lines(f"{each.epoch} {each.start}" for each in epochs)


def read_epochs(disk: Disk, path: str) -> list[EpochStart]:
    rows = read_lines(disk, path)
    return [EpochStart(epoch=LeaderEpoch(int(epoch)), start=Offset(int(start))) for epoch, start in rows]


class OffsetCheckpoint:
    """One of the root's files, and its content in memory. Who sets offsets decides when they are saved."""

    def __init__(self, disk: Disk, path: str) -> None:
        self._disk = disk
        self._path = path
        self._offsets: dict[tuple[str, int], Offset] = {
            (topic, int(index)): Offset(int(offset)) for topic, index, offset in read_lines(disk, path)
        }
        self._changes = 0
        self._saved = 0
        self._writing = Lock()

    def get(self, partition: PartitionId) -> Offset | None:
        return self._offsets.get((partition.topic, partition.index))

    def set(self, partition: PartitionId, offset: Offset) -> None:
        key = (partition.topic, partition.index)
        if self._offsets.get(key) != offset:
            self._offsets[key] = offset
            self._changes += 1

    def drop(self, partition: PartitionId) -> None:
        if self._offsets.pop((partition.topic, partition.index), None) is not None:
            self._changes += 1

    async def save(self) -> None:
        """Durable when this returns. Who waits while another writes shares the next write with all who wait."""
        await shield(ensure_future(self._save(self._changes)))

    async def _save(self, wanted: int) -> None:
        """Not cancelled with its waiter: the disk would go on writing, and the next save with it."""
        async with self._writing:
            if self._saved < wanted:
                writing = self._changes
                lines = (f"{topic} {index} {offset}" for (topic, index), offset in self._offsets.items())
                await self._disk.write(self._path, write_lines(lines))
                self._saved = writing
