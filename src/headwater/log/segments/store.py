"""What all logs of one folder share."""

from dataclasses import dataclass
from typing import Final

from headwater.kernel.tasks import Ward
from headwater.kernel.world import Disk, World
from headwater.log.segments.checkpoints import CLEANER, HIGH_WATERMARK, LOG_START, RECOVERY_POINT, OffsetCheckpoint
from headwater.log.segments.committer import Committer
from headwater.log.segments.deletion import Deletions
from headwater.log.segments.file_cache import FileCache
from headwater.log.segments.room import Room

_TASKS_MAX: Final = 8
"""The committer, the deletions, the checkpointing, and a writer for each checkpoint file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Store:
    root: str
    world: World
    ward: Ward
    files: FileCache
    committer: Committer
    deletions: Deletions
    room: Room
    recovery_points: OffsetCheckpoint
    log_starts: OffsetCheckpoint
    high_watermarks: OffsetCheckpoint
    cleaner_points: OffsetCheckpoint

    @property
    def disk(self) -> Disk:
        return self.world.disk

    @property
    def checkpoints(self) -> tuple[OffsetCheckpoint, ...]:
        return self.recovery_points, self.log_starts, self.high_watermarks, self.cleaner_points


def make_store(world: World, root: str, *, open_files_max: int, reserve_bytes: int) -> Store:
    disk, files = world.disk, FileCache(world.disk, open_max=open_files_max)
    ward = Ward("segments", children_max=_TASKS_MAX, randomness=world.randomness)
    return Store(
        root=root,
        world=world,
        ward=ward,
        files=files,
        committer=Committer(files, root, ward),
        deletions=Deletions(world, files, ward),
        room=Room(disk, root, reserve_bytes=reserve_bytes),
        recovery_points=OffsetCheckpoint(disk, f"{root}/{RECOVERY_POINT}", ward),
        log_starts=OffsetCheckpoint(disk, f"{root}/{LOG_START}", ward),
        high_watermarks=OffsetCheckpoint(disk, f"{root}/{HIGH_WATERMARK}", ward),
        cleaner_points=OffsetCheckpoint(disk, f"{root}/{CLEANER}", ward),
    )
