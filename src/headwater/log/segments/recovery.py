"""Makes a log's contents from its folder.

After a clean stop nothing is scanned: names and sizes are taken as they are, the end is the recovery point, and the newest
producer snapshot was taken there. Otherwise every segment from the one that holds the recovery point is read whole: batches
count up to the first whose checksum or offset is wrong, what follows is cut off as a torn tail, and indexes, producers and
epochs are made anew from what is left. That is synced before anyone sees it, for it may never have been. Where the last
process ended because a sync failed, syncing again would only seem to work, and the bytes are copied to a new file.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct

from headwater.kernel.logging import get
from headwater.kernel.units import MiB
from headwater.kernel.world import File, Mode
from headwater.log.epochs import Epochs
from headwater.log.producers import Producers, marker_of
from headwater.log.segments.checkpoints import read_epochs
from headwater.log.segments.contents import Contents
from headwater.log.segments.names import (
    CLEANED,
    EPOCH_CHECKPOINT,
    LOG,
    OFFSET_INDEX,
    PARTITION_METADATA,
    PRODUCER_SNAPSHOT,
    TIME_INDEX,
    TXN_INDEX,
    base_of,
    stem,
)
from headwater.log.segments.producer_snapshot import read_snapshot
from headwater.log.segments.scan import walk_valid
from headwater.log.segments.segment import Segment, placed_as
from headwater.log.segments.segment_list import SegmentList
from headwater.log.segments.store import Store
from headwater.log.segments.swap import finish_swaps
from headwater.log.settings import LogSettings
from headwater.wire.batch.stored import is_old
from headwater.wire.types import LeaderEpoch, Offset

log = get("log.segments")

_SLICE: Final = 4 * MiB
"""How much is checked before the loop may breathe."""
_INDEX_INTERVAL: Final = LogSettings().index_interval_bytes
"""Topics' own settings are known only later; indexes of another density serve as well."""


class Remembered(Struct, frozen=True, kw_only=True):
    """What the store's checkpoints say of a log."""

    start: Offset | None = None
    """None for one that never moved. One that lies below the first file says that what is between lies elsewhere."""
    recovery_point: Offset | None = None
    is_clean: bool
    is_cache_true: bool = True
    """Whether what a read shows is, or with the next sync will be, on the disk."""
    newest_epoch: LeaderEpoch = LeaderEpoch(2**31 - 1)
    """The last leader epoch that has begun, as far as it is known."""


async def recover(store: Store, folder: str, remembered: Remembered) -> Contents:
    """What the folder holds. An empty one is a new log."""
    names = finish_swaps(store.files, folder)
    _remove_stray_indexes(store, folder, names)
    segments = _from(store, _segments(store, folder, names), remembered.start or Offset(0))
    sure, unsure, end = _split(segments, remembered)
    remade = _remake_missing_indexes(sure, names)
    snapshots = sorted(_offsets(names, PRODUCER_SNAPSHOT))
    producers, snapshot_at = _restored(store, folder, sure, [each for each in snapshots if each <= end], end)
    epochs = Epochs(read_epochs(store.disk, f"{folder}/{EPOCH_CHECKPOINT}"))
    contents = Contents(
        store.files, folder, SegmentList(sure), end=end, producers=producers, epochs=epochs, snapshot_at=snapshot_at
    )
    contents.rolled += remade
    if not remembered.is_clean:
        epochs.truncate_end(end)
        await _rebuild(store, contents, unsure, remembered)
    _begin_at(store, contents, remembered.start)
    _remove_snapshots(store, contents, snapshots)
    if not contents.end:  # nothing made its names sure so far: the first commit does
        contents.rolled.append(f"{folder}/{PARTITION_METADATA}")
        contents.changed_folders += (folder, store.root)
    return contents


def _remove_stray_indexes(store: Store, folder: str, names: Sequence[str]) -> None:
    """A crash kept their names and not that of their log file; a new segment of that name would take them for its own."""
    bases = dict.fromkeys(_offsets(names, LOG))
    for name in names:
        if name.endswith((OFFSET_INDEX, TIME_INDEX, TXN_INDEX)) and base_of(name) not in bases:
            store.disk.remove(f"{folder}/{name}")


def _segments(store: Store, folder: str, names: Sequence[str]) -> list[Segment]:
    disk = store.disk
    paths = ((base, f"{folder}/{name}") for base in _offsets(names, LOG) for name in (f"{base:020d}{LOG}",))
    return [
        Segment(store.files, folder, base, size=disk.size(path), created=disk.modified(path))
        for base, path in sorted(paths)
    ]


def _from(store: Store, segments: Sequence[Segment], start: Offset) -> list[Segment]:
    """Without those wholly below the start: of these any may be gone already, so a gap among them is no loss."""
    kept = list(segments)
    while len(kept) > 1 and kept[1].base <= start:
        store.deletions.delete_files(kept.pop(0).paths(), delay_ms=0)
    return kept


def _offsets(names: Sequence[str], suffix: str) -> list[Offset]:
    return [base for name in names if name.endswith(suffix) and (base := base_of(name)) is not None]


def _split(segments: Sequence[Segment], remembered: Remembered) -> tuple[list[Segment], list[Segment], Offset]:
    """Segments that can be taken as they are, those that can't, and where the first kind ends."""
    if not segments:
        return [], [], max(remembered.start or Offset(0), remembered.recovery_point or Offset(0))
    point = remembered.recovery_point
    if remembered.is_clean:
        last = segments[-1]
        return list(segments), [], last.end_offset() if point is None or point < last.base else point
    # A segment's indexes are synced with the first batch behind it: one that ends at the point may lack them.
    sure = [segment for segment, after in pairwise(segments) if after.base < (point or 0)]
    unsure = list(segments[len(sure) :])
    return sure, unsure, unsure[0].base


def _remake_missing_indexes(sure: Sequence[Segment], names: Sequence[str]) -> list[str]:
    """Someone removed them, or a replacement came through a crash without. Gives the files to sync."""
    paths: list[str] = []
    for segment in sure:
        if segment.size and not {stem(segment.base) + suffix for suffix in (OFFSET_INDEX, TIME_INDEX)} <= set(names):
            segment.remake_indexes(index_interval=_INDEX_INTERVAL)
            segment.seal()
            paths += segment.synced_paths()
    return paths


def _restored(
    store: Store, folder: str, segments: Sequence[Segment], snapshots: Sequence[Offset], end: Offset
) -> tuple[Producers, Offset]:
    """The producers as they were at `end`, and the snapshot that was used: the newest that can be read."""
    for offset in reversed(snapshots):
        if (entries := read_snapshot(store.disk, folder, offset)) is not None:
            producers = Producers(entries)
            break
    else:
        producers, offset = Producers(), Offset(0)
    for segment in SegmentList(segments).following(offset) if offset < end else ():
        for position, header in segment.headers_from(offset):
            if header.has_producer:
                batch = segment.log.pread(header.size, position) if header.is_control else b""
                producers.replay(header, header.base_offset, marker_of(batch, header))
    return producers, offset


async def _rebuild(store: Store, contents: Contents, unsure: Sequence[Segment], remembered: Remembered) -> None:
    left, is_whole, has_bytes = deque(unsure), True, any(segment.size for segment in unsure)
    while is_whole and left and _continues(contents, left[0]):
        segment = left.popleft()
        if len(contents.segments):
            contents.snapshot_producers()
        contents.segments.add(segment)
        is_whole = await _check(store, segment, contents, newest_epoch=remembered.newest_epoch)
        if not remembered.is_cache_true:
            await _copy(store, contents.folder, segment)
        segment.seal()
        contents.rolled += segment.synced_paths() if left else [segment.path(LOG)]
    for lost in left:
        log.warn("dropped a segment behind a loss", path=lost.path(LOG), end=contents.end)
        store.deletions.delete_files(lost.paths(), delay_ms=0)
    if not has_bytes and not contents.end:  # it never held anything that could be lost
        contents.rolled.clear()
        return
    contents.rolled.append(f"{contents.folder}/{PARTITION_METADATA}")
    await store.committer.sync(contents.rolled, [contents.folder])
    contents.rolled.clear()


def _continues(contents: Contents, segment: Segment) -> bool:
    """Whether nothing is lost before this segment. A gap is a loss, and what follows it was never acknowledged:

    a segment begins where the log ended, unless copied offsets jump farther than its indexes reach, and what compaction
    thinned out lies below the recovery point.
    """
    return segment.base == contents.end or not (
        len(contents.segments) and contents.segments.active.can_hold(segment.base)
    )


async def _copy(store: Store, folder: str, segment: Segment) -> None:
    """After a failed sync: the same bytes in a new file, of which the disk can't believe that it has them."""
    path = segment.path(LOG)
    source, copy = store.disk.open(path, Mode.READ), store.disk.open(path + CLEANED, Mode.WRITE)
    try:
        copy.truncate(0)
        for at in range(0, segment.size, _SLICE):
            copy.append((source.pread(min(_SLICE, segment.size - at), at),))
            await asyncio.sleep(0)
        await copy.sync()
    finally:
        source.close()
        copy.close()
    store.files.forget(path)
    store.disk.rename(path + CLEANED, path)
    await store.disk.sync_folder(folder)


async def _check(store: Store, segment: Segment, contents: Contents, *, newest_epoch: LeaderEpoch) -> bool:
    """Count the batches that are right, and cut off the rest. False if there was any."""
    file = store.disk.open(segment.path(LOG), Mode.READ)
    try:
        return await _check_file(file, segment, contents, newest_epoch)
    finally:
        file.close()


async def _check_file(file: File, segment: Segment, contents: Contents, newest_epoch: LeaderEpoch) -> bool:
    file_size = segment.size
    segment.clear_indexes()
    breath = _SLICE
    for position, header, batch in walk_valid(file, 0):
        if header.base_offset < contents.end or not segment.can_hold(header.last_offset):
            break
        if not is_old(header) and not _has_begun(header.partition_leader_epoch, contents.epochs.latest, newest_epoch):
            break
        segment.index([placed_as(header)], index_interval=_INDEX_INTERVAL)
        contents.take(header, header.base_offset, header.partition_leader_epoch, marker_of(batch, header))
        if position >= breath:
            breath = position + _SLICE
            await asyncio.sleep(0)
    if segment.size == file_size:
        return True
    log.warn("cut off a torn tail", path=segment.path(LOG), kept=segment.size, cut=file_size - segment.size)
    segment.log.truncate(segment.size)
    return False


def _has_begun(epoch: LeaderEpoch, latest: LeaderEpoch | None, newest: LeaderEpoch) -> bool:
    return (latest is None or epoch >= latest) and epoch <= newest


def _begin_at(store: Store, contents: Contents, remembered: Offset | None) -> None:
    """The checkpointed start holds, whatever files are left below it."""
    start = remembered or Offset(0)
    if contents.end < start:
        for segment in contents.segments.take_from(Offset(0)):
            store.deletions.delete_files(segment.paths(), delay_ms=0)
        contents.end = start
    if not len(contents.segments):
        now = store.world.clock.now()
        contents.segments.add(Segment(store.files, contents.folder, contents.end, size=0, created=now))
    for segment in contents.segments.take_below(start):
        store.deletions.delete_files(segment.paths(), delay_ms=0)
    contents.start = contents.segments.first.base if remembered is None else start
    contents.epochs.truncate_start(contents.start)


def _remove_snapshots(store: Store, contents: Contents, snapshots: Sequence[Offset]) -> None:
    """Those that belong to no segment, but for the newest, which a clean stop leaves at the end of the log."""
    bases = [segment.base for segment in contents.segments]
    for offset in snapshots:
        if offset != contents.snapshot_at and (offset not in bases or offset > contents.end):
            store.disk.remove(f"{contents.folder}/{offset:020d}{PRODUCER_SNAPSHOT}")
