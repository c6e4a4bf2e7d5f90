"""Puts one new segment in the place of old ones: what compaction ends in.

written     as `.cleaned`, with indexes, and synced; a crash drops it
ready       renamed to `.swap`, the log file last; from here on a crash finishes it (see `swap`)
in place    old files go to `.deleted`, new ones lose their suffix, and readers see the new segment, all in one step
"""

from collections.abc import Sequence

from headwater.kernel.world import Buffer
from headwater.log.errors import InvalidBatch, OffsetOutOfRange
from headwater.log.segments.contents import Contents
from headwater.log.segments.names import CLEANED, PRODUCER_SNAPSHOT, SWAP
from headwater.log.segments.segment import Placed, Segment, placed_as
from headwater.log.segments.store import Store
from headwater.log.settings import LogSettings
from headwater.wire.batch.header import read_header
from headwater.wire.types import Offset


def covered(contents: Contents, first: Offset, end: Offset) -> list[Segment]:
    """The segments from `first` up to `end`, which must be edges below the active one."""
    edges = [segment.base for segment in contents.segments]
    if first not in edges or end not in edges or first >= end:
        raise OffsetOutOfRange(end, contents.segments.first.base, contents.segments.active.base)
    return [segment for segment in contents.segments if first <= segment.base < end]


async def write_replacement(
    store: Store, contents: Contents, gone: Sequence[Segment], batches: Sequence[Buffer], settings: LogSettings
) -> Segment:
    """The new segment, ready to be put in place. Its files carry `.swap`."""
    base = gone[0].base
    segment = Segment(store.files, contents.folder, base, size=0, created=gone[-1].created, ending=CLEANED)
    segment.remove()
    segment.write(batches)
    segment.index(_placed(segment, batches), index_interval=settings.index_interval_bytes)
    for old in gone:
        for aborted in old.txns.entries():
            segment.txns.append(aborted)
    segment.seal()
    paths = segment.synced_paths()
    await store.committer.sync(paths, [contents.folder])
    for path in reversed(paths):
        store.files.forget(path)
        store.disk.rename(path, path.removesuffix(CLEANED) + SWAP)
    await store.disk.sync_folder(contents.folder)
    return segment


def put_in_place(store: Store, contents: Contents, segment: Segment, gone: Sequence[Segment], *, delay_ms: int) -> None:
    for old in gone:
        kept = old.path(PRODUCER_SNAPSHOT) if old is gone[0] else None
        store.deletions.delete_files([path for path in old.paths() if path != kept], delay_ms=delay_ms)
    for path in reversed(segment.synced_paths()):
        final = path.removesuffix(CLEANED)
        store.disk.rename(final + SWAP, final)
    contents.segments.put(
        Segment(store.files, contents.folder, segment.base, size=segment.size, created=segment.created), gone
    )
    contents.changed_folders.append(contents.folder)


def _placed(segment: Segment, batches: Sequence[Buffer]) -> list[Placed]:
    placed = []
    for batch in batches:
        view = memoryview(batch)
        at = 0
        while at < len(view):
            header = read_header(view, at)
            if not segment.can_hold(header.last_offset):
                raise InvalidBatch(f"offset {header.last_offset} is too far from the segment's base {segment.base}")
            placed.append(placed_as(header))
            at += header.size
    return placed


def take_back(store: Store, segment: Segment) -> None:
    """A replacement that came too late. Without its log file a crash does not finish it."""
    for path in segment.synced_paths():
        store.disk.remove(path.removesuffix(CLEANED) + SWAP)
