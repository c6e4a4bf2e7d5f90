"""What stands in a segment: batches, and where a log is old enough, messages of formats 0 and 1.

A message is a batch of its own, its header told as a `BatchHeader` with magic 0 or 1, no producer and no epoch, so that whoever
walks over a log need not care. It differs in one thing: of a message that wraps others the header tells the last offset only, and
`base_offset` is that one too. What is appended is never one of these; see `header` for what only knows format 2.
"""

from collections.abc import Iterator
from typing import Final

from headwater.kernel.units import Timestamp
from headwater.wire.batch.attributes import CODEC_MASK, LOG_APPEND_TIME_BIT
from headwater.wire.batch.header import (
    FIRST_OFFSET,
    HEADER_BYTES,
    MAGIC,
    NO_PRODUCER_EPOCH,
    NO_SEQUENCE,
    BatchHeader,
    Readable,
    read_header,
    verify_crc,
)
from headwater.wire.batch.legacy import (
    LEGACY_BYTES_MIN,
    is_legacy,
    iter_legacy_records,
    read_legacy_header,
    verify_legacy_crc,
)
from headwater.wire.batch.records import Record, first_since, iter_records
from headwater.wire.types import NO_EPOCH, NO_PRODUCER, Offset

_KNOWN_ATTRIBUTES: Final = CODEC_MASK | LOG_APPEND_TIME_BIT


def is_old(header: BatchHeader) -> bool:
    """Whether it is a message of format 0 or 1."""
    return header.magic < MAGIC


def stored_header_bytes(view: Readable, at: int = 0) -> int:
    """How many bytes `read_stored_header` needs to be there, as far as what is there tells."""
    return LEGACY_BYTES_MIN if is_legacy(view, at) else HEADER_BYTES


def read_stored_header(view: Readable, at: int = 0) -> BatchHeader:
    """The header at `at`, of any format. What is cut off or makes no sense raises `CorruptBatch`."""
    if not is_legacy(view, at):
        return read_header(view, at)
    header = read_legacy_header(view, at)
    return BatchHeader(
        header.offset,
        header.message_size,
        NO_EPOCH,
        header.magic,
        header.crc,
        header.attributes & _KNOWN_ATTRIBUTES,
        0,
        header.timestamp,
        header.timestamp,
        NO_PRODUCER,
        NO_PRODUCER_EPOCH,
        NO_SEQUENCE,
        1,
    )


def iter_stored_headers(view: Readable) -> Iterator[tuple[int, BatchHeader]]:
    """Each whole batch's position and header. A tail that is no whole batch ends the walk."""
    at = 0
    while len(view) - at >= stored_header_bytes(view, at):
        header = read_stored_header(view, at)
        if header.size > len(view) - at:
            return
        yield at, header
        at += header.size


def whole_stored_bytes(view: Readable) -> int:
    """How many leading bytes are whole batches."""
    end = 0
    for at, header in iter_stored_headers(view):
        end = at + header.size
    return end


def verify_stored_crc(view: Readable, header: BatchHeader, at: int = 0) -> None:
    """Raises `CorruptBatch` unless the batch at `at` is whole and its checksum is right."""
    if is_old(header):
        verify_legacy_crc(view, read_legacy_header(view, at), at)
    else:
        verify_crc(view, header, at)


def iter_stored_records(batch: Readable, header: BatchHeader, *, decompressed_max: int) -> Iterator[Record]:
    """Each record of the batch, in order."""
    if is_old(header):
        return iter_legacy_records(batch, read_legacy_header(batch), decompressed_max=decompressed_max)
    return iter_records(batch, header, decompressed_max=decompressed_max)


def first_stored_since(
    batch: Readable,
    header: BatchHeader,
    *,
    timestamp: Timestamp,
    offset: Offset = FIRST_OFFSET,
    decompressed_max: int,
) -> tuple[Offset, Timestamp] | None:
    """The first record at or after `offset` whose time is `timestamp` or later."""
    if not is_old(header):
        return first_since(batch, header, timestamp=timestamp, offset=offset, decompressed_max=decompressed_max)
    for record in iter_stored_records(batch, header, decompressed_max=decompressed_max):
        if record.timestamp >= timestamp and record.offset >= offset:
            return record.offset, record.timestamp
    return None
