"""Puts one new segment in the place of old ones: what compaction ends in.

    written     as `.cleaned`, with indexes, and synced; a crash drops it
    ready       renamed to `.swap`, the log file last, and that is sure; from here on a crash finishes it (see `swap`)
    in place    readers see the new segment in the same step in which the old files are renamed to `.deleted`
    settled     once it is sure that the old files are gone, the new ones lose their suffix

Names become sure in any order until their folder is synced. So what undoes comes before what finishes, with a sync between.
"""

import asyncio
from collections.abc import AsyncIterable, Sequence

from headwater.kernel.world import Buffer
from headwater.log.errors import InvalidBatch, OffsetOutOfRange
from headwater.log.producers import ends_transaction
from headwater.log.segments.contents import Contents
from headwater.log.segments.names import CLEANED, PRODUCER_SNAPSHOT, REPLACING, SWAP
from headwater.log.segments.segment import Placed, Segment, placed_as
from headwater.log.segments.store import Store
from headwater.log.settings import LogSettings
from headwater.wire.batch.header import NO_TIMESTAMP, BatchHeader
from headwater.wire.batch.stored import iter_stored_headers
from headwater.wire.types import Offset


def covered(contents: Contents, first: Offset, end: Offset) -> list[Segment]:
    """The segments from `first` up to `end`, which must be edges below the active one."""
    edges = [segment.base for segment in contents.segments]
    if first not in edges or end not in edges or first >= end:
        raise OffsetOutOfRange(end, contents.segments.first.base, contents.segments.active.base)
    return [segment for segment in contents.segments if first <= segment.base < end]


async def write_replacement(
    store: Store,
    contents: Contents,
    gone: Sequence[Segment],
    end: Offset,
    batches: AsyncIterable[Sequence[Buffer]],
    settings: LogSettings,
) -> Segment:
    """The new segment for everything up to `end`, ready to be put in place. After a failure nothing of it is left."""
    base, folder, created = gone[0].base, contents.folder, gone[-1].created
    take_back(store, contents, base)
    made = Segment(store.files, folder, base, size=0, created=created, ending=CLEANED)
    try:
        await _fill(made, gone, batches, settings)
        paths = made.synced_paths()
        await store.disk.write(_range_path(made), str(end).encode())
        await store.committer.sync(paths, [folder])
        _rename(store, paths, CLEANED, SWAP)
        await store.disk.sync_folder(folder)
    except Exception:
        take_back(store, contents, base)
        raise
    return Segment(store.files, folder, base, size=made.size, created=created, ending=SWAP)


async def _fill(
    made: Segment, gone: Sequence[Segment], batches: AsyncIterable[Sequence[Buffer]], settings: LogSettings
) -> None:
    markers: dict[Offset, None] = {}
    made.write(())
    async for some in batches:
        headers = [header for batch in some for _, header in iter_stored_headers(batch)]
        made.write(some)
        made.index(_placed(made, headers), index_interval=settings.index_interval_bytes)
        markers.update((header.last_offset, None) for header in headers if ends_transaction(header))
        await asyncio.sleep(0)
    for aborted in (each for old in gone for each in old.txns.entries()):
        if aborted.last in markers:
            made.txns.append(aborted)
    made.seal()


def take_back(store: Store, contents: Contents, base: Offset) -> None:
    """What came too late, or was given up. Without its log file, which goes first, a crash does not finish it."""
    for ending in (SWAP, CLEANED):
        segment = Segment(store.files, contents.folder, base, size=0, created=NO_TIMESTAMP, ending=ending)
        segment.remove()
        store.disk.remove(_range_path(segment))


def put_in_place(
    store: Store, contents: Contents, replacement: Segment, gone: Sequence[Segment], *, delay_ms: int
) -> None:
    for old in gone:
        kept = old.path(PRODUCER_SNAPSHOT) if old is gone[0] else None
        store.deletions.delete_files([path for path in old.paths() if path != kept], delay_ms=delay_ms)
    contents.segments.put(replacement, gone)


def settle(store: Store, contents: Contents, replacements: Sequence[Segment]) -> None:
    """Give them their final names, if they were not trimmed away meanwhile."""
    for each in replacements:
        if each in contents.segments:
            _rename(store, each.synced_paths(), SWAP, "")
            store.disk.remove(_range_path(each))
            settled = Segment(store.files, contents.folder, each.base, size=each.size, created=each.created)
            contents.segments.put(settled, [each])
            contents.changed_folders.append(contents.folder)


def _rename(store: Store, paths: Sequence[str], ending: str, wanted: str) -> None:
    """The log file, which is the first of them, last."""
    for path in reversed(paths):
        store.files.forget(path)
        store.disk.rename(path, path.removesuffix(ending) + wanted)


def _range_path(segment: Segment) -> str:
    return segment.path(REPLACING).removesuffix(segment.ending)


def _placed(segment: Segment, headers: Sequence[BatchHeader]) -> list[Placed]:
    for header in headers:
        if not segment.can_hold(header.last_offset):
            raise InvalidBatch(f"offset {header.last_offset} is too far from the segment's base {segment.base}")
    return [placed_as(header) for header in headers]
