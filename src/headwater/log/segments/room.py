"""How much clients may still write: the last of the disk is kept for what frees it.

To move a segment away, or to forget one, a checkpoint and a record must be written. The disk is asked once for many appends.
"""

from typing import Final

from headwater.kernel.errors import DiskFull
from headwater.kernel.units import MiB
from headwater.kernel.world import Disk

_GRANT_BYTES: Final = 4 * MiB
"""So much may be written before the disk is asked again; others may write there too."""


class Room:
    __slots__ = ("_disk", "_granted", "_reserve_bytes", "_root")

    def __init__(self, disk: Disk, root: str, *, reserve_bytes: int) -> None:
        self._disk = disk
        self._root = root
        self._reserve_bytes = reserve_bytes
        self._granted = 0

    def take(self, size: int) -> None:
        """Raises DiskFull where only the reserve would be left."""
        self._granted -= size
        if self._granted < 0 and self._reserve_bytes:
            self._ask(size)

    def _ask(self, size: int) -> None:
        free = self._disk.space(self._root).usable - self._reserve_bytes
        if size > free:
            self._granted = 0
            raise DiskFull(self._root)
        self._granted = min(free, _GRANT_BYTES) - size
