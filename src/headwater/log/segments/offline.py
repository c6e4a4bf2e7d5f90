"""A log's batches read from its folder without opening it: nothing is written, finished or cut off.

For whoever wants to know what a folder holds before it is anyone's. It is read as far as it is whole: batches up to the first
whose checksum is wrong, as a recovery would keep them.
"""

from collections.abc import Iterator

from headwater.kernel.world import Disk, Mode
from headwater.log.segments.names import LOG, base_of
from headwater.log.segments.scan import walk_valid
from headwater.wire.batch.header import FIRST_OFFSET, BatchHeader
from headwater.wire.types import Offset

Stored = tuple[int, BatchHeader, memoryview]
"""A batch's position in its file, its header and its bytes."""


def log_files(disk: Disk, folder: str) -> list[tuple[Offset, str]]:
    """Where each segment begins, and its log file; oldest first."""
    names = disk.list(folder) if disk.exists(folder) else []
    found = ((base_of(name), f"{folder}/{name}") for name in names if name.endswith(LOG))
    return sorted((base, path) for base, path in found if base is not None)


def batches_in(disk: Disk, path: str) -> Iterator[Stored]:
    """One log file's."""
    file = disk.open(path, Mode.READ)
    try:
        yield from walk_valid(file, 0)
    finally:
        file.close()


def stored_batches(disk: Disk, folder: str, *, first: Offset = FIRST_OFFSET) -> Iterator[Stored]:
    """All of a log's from the one that holds `first`."""
    for _, path in log_files(disk, folder):
        for position, header, batch in batches_in(disk, path):
            if header.last_offset >= first:
                yield position, header, batch
