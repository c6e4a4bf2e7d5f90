"""`.snapshot`: the producers of a log as they were at an offset, so that a start replays only what came after it.

version   int16    1
CRC-32C   uint32   over the rest
entries            as wire's ProducerSnapshot has them
"""

from collections.abc import Sequence
from struct import Struct as Layout
from typing import Final

from crc32c import crc32c

from headwater.kernel.world import Disk
from headwater.log.segments.file_cache import FileCache
from headwater.log.segments.names import PRODUCER_SNAPSHOT, stem
from headwater.wire.codec import decode, encode_bytes
from headwater.wire.errors import WireError
from headwater.wire.records.producer_snapshot import ProducerEntry, ProducerSnapshot
from headwater.wire.types import Offset

_VERSION: Final = 1
_HEAD: Final = Layout(">hI")


def pack_snapshot(entries: Sequence[ProducerEntry]) -> bytes:
    message = encode_bytes(ProducerSnapshot(producer_entries=tuple(entries)), _VERSION)
    body = message[_HEAD.size - 2 :]
    return _HEAD.pack(_VERSION, crc32c(body)) + body


def unpack_snapshot(raw: bytes) -> Sequence[ProducerEntry] | None:
    """None for a file that was torn or is of a version that we don't know: the log can tell what it said."""
    if len(raw) < _HEAD.size:
        return None
    version, crc = _HEAD.unpack_from(raw)
    if version != _VERSION or crc != crc32c(raw[_HEAD.size :]):
        return None
    try:
        return decode(ProducerSnapshot, version, raw, 2).producer_entries
    except WireError:
        return None


def write_snapshot(files: FileCache, folder: str, offset: Offset, entries: Sequence[ProducerEntry]) -> str:
    """To the operating system; gives the path, for the sync. A torn one is known by its checksum."""
    path = f"{folder}/{stem(offset)}{PRODUCER_SNAPSHOT}"
    file = files.get(path)
    file.truncate(0)
    file.append((pack_snapshot(entries),))
    return path


def read_snapshot(disk: Disk, folder: str, offset: Offset) -> Sequence[ProducerEntry] | None:
    return unpack_snapshot(disk.read(f"{folder}/{stem(offset)}{PRODUCER_SNAPSHOT}"))
