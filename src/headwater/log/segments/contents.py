"""What one log holds: its segments, and what is known about them without reading them.

Recovery makes it from a folder, appends change it, reads look at it.
"""

from collections.abc import Sequence

from headwater.kernel.units import Timestamp
from headwater.kernel.world import Buffer
from headwater.log.epochs import Epochs
from headwater.log.producers import Producers
from headwater.log.segments.file_cache import FileCache
from headwater.log.segments.names import EPOCH_CHECKPOINT, LOG
from headwater.log.segments.producer_snapshot import write_snapshot
from headwater.log.segments.segment import Segment
from headwater.log.segments.segment_list import SegmentList
from headwater.wire.batch.control import EndOfTransaction
from headwater.wire.batch.header import BatchHeader
from headwater.wire.types import NO_EPOCH, LeaderEpoch, Offset


class Contents:
    __slots__ = (
        "changed",
        "changed_folders",
        "end",
        "epochs",
        "files",
        "folder",
        "kept_epochs",
        "producers",
        "rolled",
        "segments",
        "snapshot_at",
        "start",
    )

    def __init__(
        self,
        files: FileCache,
        folder: str,
        segments: SegmentList,
        *,
        end: Offset,
        producers: Producers,
        epochs: Epochs,
        snapshot_at: Offset,
    ) -> None:
        self.files = files
        self.folder = folder
        self.segments = segments
        self.start = Offset(0)
        self.end = end
        self.producers = producers
        self.epochs = epochs
        self.changed = False
        """Something was written since the log was opened."""
        self.kept_epochs = epochs.entries
        """What the leader-epoch-checkpoint says."""
        self.snapshot_at = snapshot_at
        """The offset of the newest producer snapshot; what follows is replayed at the next start."""
        self.changed_folders: list[str] = []
        """Those with names in them that are not synced yet."""
        self.rolled: list[str] = []
        """Files that are finished, but not synced yet."""

    @property
    def local_start(self) -> Offset:
        """Above `start` where older records lie elsewhere."""
        return max(self.start, self.segments.first.base)

    def begin_here(self) -> None:
        """There is nothing elsewhere."""
        self.start = self.local_start
        self.epochs.truncate_start(self.start)

    def snapshot_producers(self) -> None:
        """Keep the producers as they are at the end of the log, unless a file says so already."""
        if self.snapshot_at != self.end:
            self.rolled.append(write_snapshot(self.files, self.folder, self.end, self.producers.snapshot()))
            self.snapshot_at = self.end
            self.changed_folders.append(self.folder)

    def roll(self, base: Offset, now: Timestamp, *, jitter_ms: int = 0) -> None:
        """Finish the active segment and begin the next one, whose first batch will stand at `base`."""
        active = self.segments.active
        self.snapshot_producers()
        if active.size:
            active.seal()
            self.rolled += active.synced_paths()
        else:
            self.segments.take_from(active.base)
            active.remove()
        self.segments.add(Segment(self.files, self.folder, base, size=0, created=now, roll_jitter_ms=jitter_ms))
        self.changed_folders.append(self.folder)

    def write(self, buffers: Sequence[Buffer]) -> None:
        """Whole batches into the active segment, whose file is made with its first ones."""
        active = self.segments.active
        if not active.size:
            self.changed_folders.append(self.folder)
        active.write(buffers)

    def finish(self) -> None:
        """Write what a clean start relies on; it is the caller's to have it synced."""
        self.segments.active.seal()
        self.snapshot_producers()
        self.rolled += self.segments.active.synced_paths()
        self.changed_folders.append(self.folder)

    def enter(self, epoch: LeaderEpoch) -> None:
        """What comes from here on is of this epoch."""
        self.epochs.assign(epoch, self.end)

    def take(self, header: BatchHeader, base: Offset, epoch: LeaderEpoch, marker: EndOfTransaction | None) -> None:
        """Learn of a batch that stands in the active segment, at an append as at a recovery. The oldest have no epoch."""
        if epoch != NO_EPOCH:
            self.epochs.assign(epoch, base)
        self.end = Offset(base + header.last_offset_delta + 1)
        self.changed = True
        if aborted := self.producers.replay(header, base, marker):
            txns = self.segments.active.txns
            if not txns.exists:
                self.changed_folders.append(self.folder)
            txns.append(aborted)

    def take_unsynced(self) -> tuple[list[str], list[str]]:
        """Files and folders that make everything appended so far safe; they are the caller's to sync now."""
        files, self.rolled = [*self.rolled, self.segments.active.path(LOG)], []
        folders, self.changed_folders = self.changed_folders, []
        return files, folders

    @property
    def epochs_path(self) -> str:
        return f"{self.folder}/{EPOCH_CHECKPOINT}"
