"""Every log of one folder: the `Logs` port, and the order in which a folder is opened and closed.

Opening takes the lock and the clean mark, and finds the partitions. After a clean stop a log is read when it is asked for;
after any other, all are recovered first, for only then is known what they hold. Closing commits, writes what a clean start
relies on, and puts the mark back as the very last thing.
"""

import asyncio
from collections.abc import Callable, Sequence
from posixpath import dirname

from msgspec.structs import replace

from headwater.kernel.errors import DiskError
from headwater.kernel.logging import get
from headwater.kernel.world import Disk, Lock, World
from headwater.log.errors import LogClosed
from headwater.log.port import PartitionId, Stored
from headwater.log.segments.checkpointing import Checkpointing
from headwater.log.segments.contents import Contents
from headwater.log.segments.file_cache import OPEN_MAX
from headwater.log.segments.folder import put_clean_mark, take_clean_mark
from headwater.log.segments.log import SegmentLog
from headwater.log.segments.names import DELETED_FOLDER, METADATA_TOPIC, SYNC_FAILED, folder_name
from headwater.log.segments.partition_metadata import find_partitions, first_base, read_topic_id, topic_id_file
from headwater.log.segments.recovery import Remembered, recover
from headwater.log.segments.store import Store, make_store
from headwater.log.settings import LogSettings
from headwater.wire.types import LeaderEpoch, Offset, Uuid

log = get("log.segments")

_RECOVERED_TOGETHER = 16
"""As many partitions wait for the disk side by side as it takes."""
_FOLDER_NAME_MAX = 200
"""With an id and the suffix a deleted folder's name stays below the file system's 255 bytes."""


async def open_logs(
    world: World,
    root: str,
    *,
    open_files_max: int = OPEN_MAX,
    reserve_bytes: int = 0,
    check: Callable[[], None] = lambda: None,
) -> "SegmentLogs":
    """Raises FolderInUse if another process has the folder, a DiskError if it can't be written.

    `check` is called while nothing is written yet and nobody else can write; what it raises ends it there.
    """
    await _make_root(world.disk, root)
    lock = world.disk.lock(root)
    try:
        check()
        has_mark = await take_clean_mark(world.disk, root)
        partitions = find_partitions(world.disk, root)
        store = make_store(world, root, open_files_max=open_files_max, reserve_bytes=reserve_bytes)
        logs = SegmentLogs(store, lock, partitions, clean=has_mark or not partitions)
    except BaseException:
        lock.release()
        raise
    try:
        await logs.recover_all()
    except BaseException as error:
        await logs.fail(str(error))
        raise
    return logs


async def _make_root(disk: Disk, root: str) -> None:
    """With its parents, and so that it is still there after a loss of power: what is in a folder is lost with its name."""
    parents: list[str] = []
    folder = root
    while folder and not disk.exists(folder):
        folder = dirname(folder)
        parents.append(folder or ".")
    disk.make_folder(root)
    for parent in parents:
        await disk.sync_folder(parent)


class SegmentLogs:
    def __init__(self, store: Store, lock: Lock, partitions: Sequence[PartitionId], *, clean: bool) -> None:
        self._store = store
        self._lock = lock
        self._clean = clean
        self._found = dict.fromkeys(partitions)
        self._recovered: dict[PartitionId, Contents] = {}
        self._logs: dict[tuple[Uuid, int], SegmentLog] = {}
        self._opening = asyncio.Lock()
        self._closed = False
        self._is_cache_true = not store.disk.exists(f"{store.root}/{SYNC_FAILED}")
        self._checkpointing = Checkpointing(store, self._logs)

    @property
    def clean(self) -> bool:
        return self._clean

    @property
    def failed(self) -> asyncio.Future[None]:
        return self._store.committer.failed

    async def recover_all(self) -> None:
        """Before anything is opened: finish deletions, and after an unclean stop recover every log."""
        store = self._store
        for name in store.disk.list(store.root):
            if name.endswith(DELETED_FOLDER):
                store.deletions.remove_later(f"{store.root}/{name}", delay_ms=0)
        if not self._clean:
            await self._recover_found()

    async def _recover_found(self) -> None:
        store, found = self._store, list(self._found)
        for start in range(0, len(found), _RECOVERED_TOGETHER):
            group = found[start : start + _RECOVERED_TOGETHER]
            recovered = await asyncio.gather(*map(self._recover_found_one, group), return_exceptions=True)
            for partition, contents in zip(group, recovered, strict=True):
                if isinstance(contents, BaseException):
                    raise contents
                self._recovered[partition] = contents
        await store.disk.sync_folder(store.root)
        store.disk.remove(f"{store.root}/{SYNC_FAILED}")

    async def _recover_found_one(self, partition: PartitionId) -> Contents:
        if not self._is_cache_true:
            await self._store.disk.write(*topic_id_file(self._folder(partition), partition.topic_id))
        return await recover(self._store, self._folder(partition), self._remembered(partition))

    def stored(self) -> Sequence[Stored]:
        return [self._describe(partition) for partition in self._found if partition.topic != METADATA_TOPIC]

    def _describe(self, partition: PartitionId) -> Stored:
        if contents := self._recovered.get(partition):
            return Stored(partition=partition, start=contents.start, end=contents.end)
        if found := self.get(partition.topic_id, partition.index):
            return Stored(partition=partition, start=found.bounds.start, end=found.bounds.end)
        remembered = self._remembered(partition)
        start = remembered.start
        if start is None:
            start = first_base(self._store.disk, self._folder(partition))
        return Stored(partition=partition, start=start, end=max(start, remembered.recovery_point or Offset(0)))

    def _remembered(self, partition: PartitionId) -> Remembered:
        """A clean end tells a recovery point of every log that it is true of: of Kafka's own metadata log it is not."""
        recovery_point = self._store.recovery_points.get(partition)
        return Remembered(
            start=self._store.log_starts.get(partition),
            recovery_point=recovery_point,
            is_clean=self._clean and recovery_point is not None,
            is_cache_true=self._is_cache_true,
        )

    def get(self, topic_id: Uuid, index: int) -> SegmentLog | None:
        return self._logs.get((topic_id, index))

    async def open(self, partition: PartitionId, *, epoch: LeaderEpoch, settings: LogSettings) -> SegmentLog:
        key = (partition.topic_id, partition.index)
        async with self._opening:
            found = self._logs.get(key)
            if found is None:
                contents = await self._contents(partition, epoch)
                found = SegmentLog(partition, self._store, contents, epoch=epoch, settings=settings)
                self._logs[key] = found
                self._found[partition] = None
        found.lead(epoch)
        return found

    async def _contents(self, partition: PartitionId, epoch: LeaderEpoch) -> Contents:
        """No checksum covers a batch's epoch. Only now is it known which epochs there were, and so what a torn one is."""
        store, folder = self._store, self._folder(partition)
        if contents := self._recovered.pop(partition, None):
            if (contents.epochs.latest or 0) <= epoch:
                return contents
            return await recover(store, folder, replace(self._remembered(partition), newest_epoch=epoch))
        if self._closed:
            raise LogClosed(str(partition))
        if store.disk.exists(folder):
            if read_topic_id(store.disk, folder) == partition.topic_id:
                return await recover(store, folder, replace(self._remembered(partition), newest_epoch=epoch))
            self._delete_folder(partition, delay_ms=0)
        return await self._make(partition)

    async def _make(self, partition: PartitionId) -> Contents:
        """A new log. What was kept of an earlier one under its name must be gone before this one holds anything."""
        store, folder = self._store, self._folder(partition)
        for checkpoint in store.checkpoints:
            await checkpoint.erase(partition)
        store.disk.make_folder(folder)
        contents = await recover(store, folder, Remembered(is_clean=True))
        path, data = topic_id_file(folder, partition.topic_id)
        store.files.get(path).append((data,))
        return contents

    async def forget(self, partition: PartitionId) -> None:
        self._found.pop(partition, None)
        self._recovered.pop(partition, None)
        found = self._logs.pop((partition.topic_id, partition.index), None)
        if found is not None:
            found.delete()
        folder = self._folder(partition)
        if self._store.disk.exists(folder) and read_topic_id(self._store.disk, folder) == partition.topic_id:
            self._delete_folder(partition, delay_ms=found.settings.file_delete_delay_ms if found else 0)

    def _delete_folder(self, partition: PartitionId, *, delay_ms: int) -> None:
        """Renamed at once, so that the topic can be made again, and removed in the background."""
        store, folder = self._store, self._folder(partition)
        unique = store.world.randomness.uuid().hex()
        gone = f"{store.root}/{folder_name(partition)[:_FOLDER_NAME_MAX]}.{unique}{DELETED_FOLDER}"
        store.files.forget_folder(folder)
        store.disk.rename(folder, gone)
        store.deletions.remove_later(gone, delay_ms=delay_ms)
        for checkpoint in store.checkpoints:
            checkpoint.drop(partition)

    def _folder(self, partition: PartitionId) -> str:
        return f"{self._store.root}/{folder_name(partition)}"

    async def fail(self, reason: str) -> None:
        """Stop without order: the next start recovers."""
        self._store.committer.fail(reason)
        await self.close()

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        store = self._store
        await self._checkpointing.stop()
        self._close_logs()
        await store.committer.close()
        if self.failed.done():
            log.error("the store failed and is left as it is; the next start will recover it")
        else:
            await self._leave_in_order()
        await store.deletions.close()
        store.files.close()
        self._lock.release()

    async def _leave_in_order(self) -> None:
        """So that the next start need not recover; of logs that were recovered and not opened no checkpoint tells."""
        try:
            await self._checkpointing.checkpoint()
            if not self._recovered:
                await put_clean_mark(self._store.disk, self._store.root)
        except DiskError as error:
            log.error("the folder could not be left in order; the next start will recover it", error=error)

    def _close_logs(self) -> None:
        try:
            for segment_log in self._logs.values():
                segment_log.close()
        except DiskError as error:
            self._store.committer.fail(str(error))
