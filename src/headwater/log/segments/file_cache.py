"""Open files, a bounded number of them.

Ten thousand partitions are thirty thousand files, and the usual limit is 1,024 open ones. So nobody holds a file: who needs
one asks for it by path, and the one that was not asked for longest is closed. A file may be closed with bytes that are not
synced yet: they belong to the file and not to the descriptor, and a later sync through another descriptor covers them.
"""

from collections import OrderedDict
from typing import Final

from headwater.kernel.world import Disk, File, Mode

OPEN_MAX: Final = 400
"""Leaves room for connections below the usual limit of 1,024 descriptors."""


class FileCache:
    def __init__(self, disk: Disk, *, open_max: int = OPEN_MAX) -> None:
        self.disk: Final = disk
        self.open_max: Final = open_max
        self._files: OrderedDict[str, File] = OrderedDict()

    def get(self, path: str) -> File:
        """For reading and writing. Good until the next call: a file that is kept longer may have been closed."""
        if (file := self._files.get(path)) is not None:
            self._files.move_to_end(path)
            return file
        file = self._files[path] = self.disk.open(path, Mode.WRITE)
        if len(self._files) > self.open_max:
            self._files.popitem(last=False)[1].close()
        return file

    def find(self, path: str) -> File | None:
        """None for a file that is gone. One that is open is there: it is closed before it is removed."""
        return self.get(path) if path in self._files or self.disk.exists(path) else None

    def forget(self, path: str) -> None:
        """Close it before it is renamed or removed."""
        if (file := self._files.pop(path, None)) is not None:
            file.close()

    def forget_folder(self, folder: str) -> None:
        for path in [path for path in self._files if path.startswith(f"{folder}/")]:
            self.forget(path)

    def close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()
