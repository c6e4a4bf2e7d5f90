"""Kafka's checkpoint files: small texts that say, for each partition or epoch, one offset.

    0                       version of the format
    2                       count of lines that follow
    orders 0 4711           topic, partition, offset        (leader-epoch-checkpoint: epoch, offset)
    orders 1 4230

Four stand in the root folder: how far each log is synced (recovery point), where it starts (the only home of what
DeleteRecords did), its high watermark, and how far the cleaner came. Each is replaced as a whole, never patched.
"""

from asyncio import Future, get_running_loop
from collections.abc import Iterable, Sequence
from typing import Final

from headwater.kernel.tasks import Ward
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

    def __init__(self, disk: Disk, path: str, ward: Ward) -> None:
        self._disk = disk
        self._path = path
        self._offsets: dict[tuple[str, int], Offset] = {
            (topic, int(index)): Offset(int(offset)) for topic, index, offset in read_lines(disk, path)
        }
        self._changes = 0
        self._saved = 0 if disk.exists(path) else -1
        self._ward = ward
        self._waiting: list[Future[None]] = []
        self._is_writing = False

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

    async def erase(self, partition: PartitionId) -> None:
        """The file tells nothing of it when this returns."""
        self.drop(partition)
        if self._saved < self._changes:
            await self.save()

    async def save(self) -> None:
        """Durable when this returns. Who comes while another write is under way shares the next one."""
        saved: Future[None] = get_running_loop().create_future()
        self._waiting.append(saved)
        if len(self._waiting) == 1 and not self._is_writing:
            self._is_writing = True
            self._ward.start(self._path, self._write)
        await saved

    async def _write(self) -> None:
        """By a task of its own: one whose waiter is cancelled goes on in the disk's thread, and must not meet the next."""
        while waiting := self._waiting:
            self._waiting = []
            try:
                await self._write_changes()
            except (
                Exception
            ) as error:  # whatever it is, who waits must hear of it, and the next one must not wait for ever
                _settle(waiting, error)
            else:
                _settle(waiting, None)
        self._is_writing = False

    async def _write_changes(self) -> None:
        changes = self._changes
        if self._saved < changes:
            lines = (f"{topic} {index} {offset}" for (topic, index), offset in self._offsets.items())
            await self._disk.write(self._path, write_lines(lines))
            self._saved = changes


def _settle(waiting: Sequence[Future[None]], error: Exception | None) -> None:
    for each in waiting:
        if each.done():
            continue
        if error is None:
            each.set_result(None)
        else:
            each.set_exception(error)
