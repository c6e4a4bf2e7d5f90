"""Finishes or undoes what a crash left half done in a log's folder, by Kafka's rules.

.deleted     was on its way out: it goes
.cleaned     was being made: it goes, and the old segments stay
.swap        was ready to take the place of old segments: those that it covers go, and it loses the suffix
.replacing   says how far it covers; without it, it is as far as its last record, as in Kafka
"""

from collections.abc import Sequence

from headwater.kernel.world import Mode
from headwater.log.segments.file_cache import FileCache
from headwater.log.segments.names import CLEANED, DELETED, LOG, REPLACING, SEGMENT_SUFFIXES, SWAP, base_of, stem
from headwater.log.segments.scan import walk_headers
from headwater.wire.types import Offset

_UNFINISHED = (DELETED, CLEANED, SWAP, REPLACING)


def finish_swaps(files: FileCache, folder: str) -> list[str]:
    """The names that are left in the folder.

    A log file gets the suffix `.swap` last, so without it the swap was never ready. An index that was not renamed with it
    is missing then, and is made anew.
    """
    names = files.disk.list(folder)
    if not any(name.endswith(_UNFINISHED) for name in names):
        return names
    ready = [base for name in names if name.endswith(LOG + SWAP) and (base := base_of(name)) is not None]
    for base in ready:
        _remove_covered(files, folder, base, names)
    for name in sorted(names, key=lambda name: name.endswith(LOG + SWAP)):
        if name.endswith(SWAP) and base_of(name) in ready:
            files.disk.rename(f"{folder}/{name}", f"{folder}/{name.removesuffix(SWAP)}")
        elif name.endswith(_UNFINISHED):
            files.disk.remove(f"{folder}/{name}")
    return files.disk.list(folder)


def _remove_covered(files: FileCache, folder: str, base: Offset, names: Sequence[str]) -> None:
    """Files of the segments that begin behind the swapped one. Those of its own name are replaced by renaming."""
    end = _end_of_swap(files, folder, base)
    for name in names:
        offset = base_of(name)
        if offset is not None and base < offset < end and name.endswith(SEGMENT_SUFFIXES):
            files.disk.remove(f"{folder}/{name}")


def _end_of_swap(files: FileCache, folder: str, base: Offset) -> Offset:
    if files.disk.exists(path := f"{folder}/{stem(base)}{REPLACING}"):
        return Offset(int(files.disk.read(path)))
    file = files.disk.open(f"{folder}/{stem(base)}{LOG}{SWAP}", Mode.READ)
    try:
        return max((Offset(header.last_offset + 1) for _, header in walk_headers(file, 0, file.size)), default=base)
    finally:
        file.close()
