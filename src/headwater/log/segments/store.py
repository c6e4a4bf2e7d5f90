"""What all logs of one folder share."""

from dataclasses import dataclass

from headwater.kernel.world import Disk, World
from headwater.log.segments.checkpoints import HIGH_WATERMARK, LOG_START, RECOVERY_POINT, OffsetCheckpoint
from headwater.log.segments.committer import Committer
from headwater.log.segments.deletion import Deletions
from headwater.log.segments.file_cache import FileCache


@dataclass(frozen=True, kw_only=True, slots=True)
class Store:
    root: str
    world: World
    files: FileCache
    committer: Committer
    deletions: Deletions
    recovery_points: OffsetCheckpoint
    log_starts: OffsetCheckpoint
    high_watermarks: OffsetCheckpoint

    @property
    def disk(self) -> Disk:
        return self.world.disk


def make_store(world: World, root: str) -> Store:
    files = FileCache(world.disk)
    return Store(
        root=root,
        world=world,
        files=files,
        committer=Committer(files, root),
        deletions=Deletions(world, files),
        recovery_points=OffsetCheckpoint(world.disk, f"{root}/{RECOVERY_POINT}"),
        log_starts=OffsetCheckpoint(world.disk, f"{root}/{LOG_START}"),
        high_watermarks=OffsetCheckpoint(world.disk, f"{root}/{HIGH_WATERMARK}"),
    )
