"""Where the metadata log's snapshots are kept: files `<offset>-<epoch>.checkpoint` beside its segments, as KRaft names them."""

import re
from typing import Final, Protocol

from msgspec import Struct

from headwater.kernel.world import Disk
from headwater.wire.types import LeaderEpoch, Offset

_NAME: Final = re.compile(r"(\d{20})-(\d{10})\.checkpoint")


class SnapshotId(Struct, frozen=True, kw_only=True, order=True):
    """The state of all records before `end`, the last of which is of `epoch`."""

    end: Offset
    epoch: LeaderEpoch


BOOTSTRAP_SNAPSHOT: Final = SnapshotId(end=Offset(0), epoch=LeaderEpoch(0))
"""What Kafka's format makes: the quorum's voters, and from 4.4 on the records that the cluster shall begin with."""


class SnapshotStore(Protocol):
    """Whole snapshots by their ids. What was written stays until it is removed."""

    def newest(self) -> SnapshotId | None: ...

    def read(self, snapshot: SnapshotId) -> bytes: ...

    async def write(self, snapshot: SnapshotId, data: bytes) -> None:
        """As one step: there whole, or not at all."""
        ...

    def remove_before(self, snapshot: SnapshotId) -> None:
        """Older ones are needed no longer."""
        ...


class CheckpointFiles:
    """The `SnapshotStore` port over a folder."""

    def __init__(self, disk: Disk, folder: str) -> None:
        self._disk = disk
        self._folder = folder

    def newest(self) -> SnapshotId | None:
        return max(self._all(), default=None)

    def read(self, snapshot: SnapshotId) -> bytes:
        return self._disk.read(self._path(snapshot))

    async def write(self, snapshot: SnapshotId, data: bytes) -> None:
        await self._disk.write(self._path(snapshot), data)

    def remove_before(self, snapshot: SnapshotId) -> None:
        for each in self._all():
            if each < snapshot:
                self._disk.remove(self._path(each))

    def _all(self) -> list[SnapshotId]:
        names = (_NAME.fullmatch(name) for name in self._disk.list(self._folder))
        return [SnapshotId(end=Offset(int(name[1])), epoch=LeaderEpoch(int(name[2]))) for name in names if name]

    def _path(self, snapshot: SnapshotId) -> str:
        return f"{self._folder}/{snapshot.end:020d}-{snapshot.epoch:010d}.checkpoint"
