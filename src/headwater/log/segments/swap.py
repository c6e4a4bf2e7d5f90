"""Finishes or undoes what a crash left half done in a log's folder, by Kafka's rules.

.deleted   was on its way out: it goes
.cleaned   was being made: it goes, and the old segments stay
.swap      was ready to take the place of old segments: those that it covers go, and it loses the suffix
"""

from collections.abc import Sequence

from headwater.kernel.world import Mode
from headwater.log.segments.file_cache import FileCache
from headwater.log.segments.names import CLEANED, DELETED, LOG, SEGMENT_SUFFIXES, SWAP, base_of
from headwater.log.segments.scan import walk_headers


def finish_swaps(files: FileCache, folder: str) -> list[str]:
    """The names that are left in the folder.

    A log file gets the suffix `.swap` last and loses it last, so with it all of its indexes are there, and without it they
    were never ready.
    """
    names = files.disk.list(folder)
    swapped = [name for name in names if name.endswith(SWAP)]
    if not swapped and not any(name.endswith((DELETED, CLEANED)) for name in names):
        return names
    ready = [base_of(name) for name in swapped if name.endswith(LOG + SWAP)]
    for name in names:
        if name.endswith((DELETED, CLEANED)) or (name.endswith(SWAP) and base_of(name) not in ready):
            files.disk.remove(f"{folder}/{name}")
    for name in swapped:
        if name.endswith(LOG + SWAP):
            _remove_covered(files, folder, name, names)
    for name in sorted(swapped, key=lambda name: name.endswith(LOG + SWAP)):
        if base_of(name) in ready:
            files.disk.rename(f"{folder}/{name}", f"{folder}/{name.removesuffix(SWAP)}")
    return files.disk.list(folder)


def _remove_covered(files: FileCache, folder: str, swap: str, names: Sequence[str]) -> None:
    """Files of the segments that begin within the swapped one. Those of its own name are replaced by renaming."""
    base = base_of(swap)
    assert base is not None, "only names of segments end like this"
    file = files.disk.open(f"{folder}/{swap}", Mode.READ)
    try:
        last = max((header.last_offset for _, header in walk_headers(file, 0, file.size)), default=base)
    finally:
        file.close()
    for name in names:
        offset = base_of(name)
        if offset is not None and base < offset <= last and name.endswith(SEGMENT_SUFFIXES):
            files.disk.remove(f"{folder}/{name}")
