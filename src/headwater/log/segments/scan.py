"""Walks over batches in a file: by their headers alone, or whole with their checksums.

Both read in chunks, so that a small batch costs no read of its own, and step over what they need not see.
"""

from collections.abc import Iterator
from typing import Final

from headwater.kernel.units import KiB, MiB
from headwater.kernel.world import File
from headwater.wire.batch.header import HEADER_BYTES, BatchHeader, read_header, verify_crc
from headwater.wire.errors import CorruptBatch

_HEADERS_CHUNK: Final = 8 * KiB
_WHOLE_CHUNK: Final = 1 * MiB


def walk_headers(file: File, start: int, end: int) -> Iterator[tuple[int, BatchHeader]]:
    """Position and header of each batch from `start`, where one must begin, up to `end`."""
    chunk, chunk_at = b"", start
    at = start
    while at < end:
        if at - chunk_at + HEADER_BYTES > len(chunk):
            chunk, chunk_at = file.pread(_HEADERS_CHUNK, at), at
        header = read_header(chunk, at - chunk_at)
        yield at, header
        at += header.size


def walk_valid(file: File, start: int) -> Iterator[tuple[int, BatchHeader, memoryview]]:
    """Position, header and bytes of each batch whose checksum is right; ends at the first that is not whole and right."""
    at = start
    want = _WHOLE_CHUNK
    while len(chunk := memoryview(file.pread(want, at))) >= HEADER_BYTES:
        want = _WHOLE_CHUNK
        used = 0
        while len(chunk) - used >= HEADER_BYTES:
            try:
                header = read_header(chunk, used)
                if header.size > len(chunk) - used:
                    break
                verify_crc(chunk, header, used)
            except CorruptBatch:
                return
            yield at + used, header, chunk[used : used + header.size]
            used += header.size
        if not used:
            want = _size_at(chunk)
            if len(chunk) >= want or not _is_there(file, at + want):
                return
        at += used


def _size_at(chunk: memoryview) -> int:
    return read_header(chunk).size


def _is_there(file: File, end: int) -> bool:
    """A torn header may claim two gigabytes; they are read only if the file is that long."""
    return end <= file.size
