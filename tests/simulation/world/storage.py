"""What outlives a process: the names and files of one simulated machine, as programs see them and as they are for sure.

What was made, renamed or removed in a folder is sure once that folder is synced; syncing a file does not make its name
sure. Until then a crash keeps such changes up to some moment, as the journals of ext4 and xfs do, or with `reorders` any
of them, as POSIX allows. But a change is one step: a rename never leaves both names or none.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from tests.simulation.world.sectors import Buffer, Content

from headwater.kernel.errors import DiskError, DiskFull, FileMissing

Kind = TypeVar("Kind", "Folder", Content)


class Folder:
    """`entries` is what programs see, `sure` what survives."""

    def __init__(self) -> None:
        self.entries: dict[str, Node] = {}
        self.sure: dict[str, Node] = {}
        self.modified_ms = 0


Node = Folder | Content
Place = tuple[Folder, str]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Change:
    """`node` leaves one place, comes to another, or both."""

    node: Node
    leaves: Place | None = None
    comes_to: Place | None = None

    def touches(self, folder: Folder) -> bool:
        return any(place is not None and place[0] is folder for place in (self.leaves, self.comes_to))

    def reach_platter(self) -> None:
        if self.leaves is not None:
            folder, name = self.leaves
            if folder.sure.get(name) is self.node:
                del folder.sure[name]
        if self.comes_to is not None:
            folder, name = self.comes_to
            folder.sure[name] = self.node


class Storage:
    """`bytes_max` is the size of the disk, of which only what files hold counts."""

    def __init__(self, random: Random, *, bytes_max: int = 2**40) -> None:
        self.bytes_max = bytes_max
        self.used = 0
        self.tears = False
        """Whether a crash may leave garbage in a sector that was being written."""
        self.reorders = False
        """Whether a crash may keep a change of names without one before it."""
        self.locks: dict[Folder, object] = {}
        self._root = Folder()
        self._unsure: list[Change] = []
        self._random = random

    # Names.

    def find(self, path: str) -> Node | None:
        node: Node | None = self._root
        for name in _names(path):
            node = node.entries.get(name) if isinstance(node, Folder) else None
        return node

    def need(self, path: str, kind: type[Kind]) -> Kind:
        node = self.find(path)
        if node is None:
            raise FileMissing(path)
        if not isinstance(node, kind):
            raise DiskError(path, "Is a directory" if kind is Content else "Not a directory")
        return node

    def place(self, path: str) -> Place:
        """The folder that a path lies in, and its name there."""
        *parents, name = _names(path)
        folder = self.find("/".join(parents))
        if not isinstance(folder, Folder):
            raise FileMissing(path)
        return folder, name

    def add(self, path: str, node: Node) -> None:
        self._change(Change(node=node, comes_to=self.place(path)))

    def make_folders(self, path: str) -> None:
        names = _names(path)
        for depth in range(1, len(names) + 1):
            parent = "/".join(names[:depth])
            if self.find(parent) is None:
                self.add(parent, Folder())
            self.need(parent, Folder)

    def move(self, old: str, new: str) -> None:
        node = self.find(old)
        if node is None:
            raise FileMissing(old)
        target = self.place(new)
        replaced = self.find(new)
        if replaced is node:
            return
        if isinstance(replaced, Folder) and (isinstance(node, Content) or replaced.entries):
            raise DiskError(old, "Directory not empty" if isinstance(node, Folder) else "Is a directory")
        self._change(Change(node=node, leaves=self.place(old), comes_to=target))
        self._free(replaced)

    def take_away(self, path: str) -> None:
        """A file, or a folder after everything in it: each is a change of its own."""
        node = self.find(path)
        if node is None:
            return
        for name in sorted(node.entries) if isinstance(node, Folder) else ():
            self.take_away(f"{path}/{name}")
        self._change(Change(node=node, leaves=self.place(path)))
        self._free(node)

    def changes_in(self, folder: Folder) -> list[Change]:
        return [each for each in self._unsure if each.touches(folder)]

    def make_sure(self, changes: list[Change]) -> None:
        for change in changes:
            if change in self._unsure:
                self._unsure.remove(change)
                change.reach_platter()

    # Bytes.

    def write(self, path: str, content: Content, data: Buffer, offset: int) -> None:
        """On a disk too small for `data`, what fits is written before the error is raised, as the kernel does."""
        growth = max(0, offset + len(data) - len(content.data))
        missing = self.used + growth - self.bytes_max
        if missing > 0:
            data = memoryview(data)[: max(0, len(data) - missing)]
            growth = max(0, growth - missing)
        self.used += growth
        content.write(data, offset)
        if missing > 0:
            raise DiskFull(path)

    def truncate(self, content: Content, size: int) -> None:
        self.used += size - len(content.data)
        content.truncate(size)

    # A loss of power.

    def crash(self) -> int:
        """Gives a checksum of what is left, for the trace."""
        for change in self._survivors():
            change.reach_platter()
        self._unsure.clear()
        self.locks.clear()
        self.used = checksum = 0
        for content in _restore(self._root):
            content.crash(self._random, tears=self.tears)
            self.used += len(content.data)
            checksum = zlib.crc32(content.data, checksum)
        return checksum

    def _survivors(self) -> list[Change]:
        """Of the changes that no sync made sure."""
        if not self.reorders or self._random.random() < 0.5:
            return self._unsure[: self._random.randint(0, len(self._unsure))]
        share = self._random.choice((0.1, 0.5, 0.9))
        return [each for each in self._unsure if self._random.random() < share]

    def _change(self, change: Change) -> None:
        if change.leaves is not None:
            folder, name = change.leaves
            del folder.entries[name]
        if change.comes_to is not None:
            folder, name = change.comes_to
            folder.entries[name] = change.node
        self._unsure.append(change)

    def _free(self, node: Node | None) -> None:
        if isinstance(node, Content):
            self.used -= len(node.data)


def _restore(folder: Folder) -> Iterator[Content]:
    """Make every folder below what is sure of it, and give the files that are left."""
    folder.entries = dict(folder.sure)
    for name in sorted(folder.entries):
        node = folder.entries[name]
        if isinstance(node, Folder):
            yield from _restore(node)
        else:
            yield node


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in ("", ".")]
