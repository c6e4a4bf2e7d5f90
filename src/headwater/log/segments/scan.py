"""Walks over batches in a file: by their headers alone, or whole with their checksums.

Both read in chunks, so that a small batch costs no read of its own, and step over what they need not see.
"""

from collections.abc import Iterator
from typing import Final

from headwater.kernel.units import KiB, MiB
from headwater.kernel.world import File
from headwater.wire.batch.header import HEADER_BYTES, BatchHeader
from headwater.wire.batch.stored import read_stored_header, stored_header_bytes, verify_stored_crc
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
        header = read_stored_header(chunk, at - chunk_at)
        yield at, header
        at += header.size


def walk_valid(file: File, start: int) -> Iterator[tuple[int, BatchHeader, memoryview]]:
    """Position, header and bytes of each batch whose checksum is right; ends at the first that is not whole and right."""
    at, want = start, _WHOLE_CHUNK
    while True:
        chunk, used = memoryview(file.pread(want, at)), 0
        while len(chunk) - used >= stored_header_bytes(chunk, used):
            try:
                header = read_stored_header(chunk, used)
                if header.size > len(chunk) - used:
                    break
                verify_stored_crc(chunk, header, used)
            except CorruptBatch:
                return
            yield at + used, header, chunk[used : used + header.size]
            used += header.size
        want = _WHOLE_CHUNK
        if not used:
            if len(chunk) < stored_header_bytes(chunk):
                return
            want = read_stored_header(chunk).size
            if len(chunk) >= want or not _is_there(file, at + want):
                return
        at += used


def _is_there(file: File, end: int) -> bool:
    """A torn header may claim two gigabytes; they are read only if the file is that long."""
    return end <= file.size
