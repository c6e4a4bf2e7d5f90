"""A segment's manifest: the size of each of its objects, and a checksum of every piece that is read at once.

A range of an object can't be checked by a checksum of the whole. So objects are read in pieces of one size, each of which has
a checksum here; and the manifest's own size and checksum stand in the segment's record, as its custom metadata.
"""

from collections.abc import Mapping
from struct import Struct as Layout
from typing import Final

import msgspec
from crc32c import crc32c
from msgspec import Struct

from headwater.kernel.units import MiB
from headwater.kernel.world import Buffer
from headwater.log.errors import ObjectDamaged

PIECE_BYTES: Final = MiB

_FORMAT: Final = 1
_SEAL: Final = Layout(">BII")
"""Format, size and CRC-32C of a manifest: far below the 128 bytes that Kafka allows for custom metadata."""


class ObjectSums(Struct, frozen=True, kw_only=True):
    """One object: its size, and the CRC-32C of each of its pieces."""

    size: int
    crc32c: tuple[int, ...]


class Manifest(Struct, frozen=True, kw_only=True):
    """Objects by their suffix."""

    piece_bytes: int
    objects: dict[str, ObjectSums]

    def check(self, name: str, suffix: str, number: int, data: Buffer) -> None:
        """Raises ObjectDamaged unless this is the object's piece of that number."""
        if crc32c(data) != self.objects[suffix].crc32c[number]:
            raise ObjectDamaged(name, f"the checksum of piece {number} is wrong")

    def range_of(self, suffix: str, number: int) -> tuple[int, int]:
        """Where a piece begins, and its size."""
        start = number * self.piece_bytes
        return start, min(self.piece_bytes, self.objects[suffix].size - start)


class Summing:
    """Takes an object's bytes as they pass, in any portions, and gives its sums."""

    def __init__(self) -> None:
        self._sums: list[int] = []
        self._size = 0

    def take(self, data: Buffer) -> None:
        view = memoryview(data)
        while view:
            room = PIECE_BYTES - self._size % PIECE_BYTES
            part, view = view[:room], view[room:]
            if room == PIECE_BYTES:
                self._sums.append(0)
            self._sums[-1] = crc32c(part, self._sums[-1])
            self._size += len(part)

    def sums(self) -> ObjectSums:
        return ObjectSums(size=self._size, crc32c=tuple(self._sums))


def pack(objects: Mapping[str, ObjectSums]) -> tuple[bytes, bytes]:
    """The manifest's bytes, and the seal by which they are known."""
    data = msgspec.json.encode(Manifest(piece_bytes=PIECE_BYTES, objects=dict(objects)))
    return data, _SEAL.pack(_FORMAT, len(data), crc32c(data))


def sealed_size(name: str, seal: bytes) -> int:
    """Raises ObjectDamaged for a seal that is none of ours."""
    if len(seal) != _SEAL.size or seal[0] != _FORMAT:
        raise ObjectDamaged(name, "its segment was not copied by this program")
    size: int = _SEAL.unpack(seal)[1]
    return size


def unpack(name: str, data: Buffer, seal: bytes) -> Manifest:
    """Raises ObjectDamaged where the bytes are not those that were sealed."""
    if crc32c(data) != _SEAL.unpack(seal)[2]:
        raise ObjectDamaged(name, "its checksum is wrong")
    return msgspec.json.decode(data, type=Manifest)
