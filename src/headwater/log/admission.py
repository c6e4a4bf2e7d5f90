"""What must be true of batches before they enter a log, and what is made of them: the same in every engine.

Every batch pays for its header and its CRC. It is opened only where the topic needs it: keys on compacted topics, a codec
other than the producer's. LogAppendTime is stamped into the header alone, in place where the bytes are writable.
"""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from headwater.kernel.units import MiB, Timestamp
from headwater.log.errors import (
    BatchRefused,
    BatchTooLarge,
    CorruptBatchRefused,
    InvalidBatch,
    TimestampRefused,
    UnsupportedCodec,
)
from headwater.log.port import Origin
from headwater.log.settings import LogSettings
from headwater.wire import errors as wire
from headwater.wire.batch.attributes import Compression
from headwater.wire.batch.header import BatchHeader, read_header, stamp_log_append_time, verify_crc
from headwater.wire.batch.records import iter_keys
from headwater.wire.batch.rewrite import recompressed
from headwater.wire.batch.validate import TimestampWindow, check_produced, check_records
from headwater.wire.types import LeaderEpoch, Offset

DECOMPRESSED_MAX: Final = 128 * MiB
"""What one batch may open to, whatever it claims."""

_CODECS: Final = {
    "uncompressed": Compression.NONE,
    "gzip": Compression.GZIP,
    "snappy": Compression.SNAPPY,
    "lz4": Compression.LZ4,
    "zstd": Compression.ZSTD,
}

_REFUSALS: Final[dict[type[wire.BatchError], Callable[[str], BatchRefused]]] = {
    wire.CorruptBatch: CorruptBatchRefused,
    wire.InvalidRecord: InvalidBatch,
    wire.InvalidTimestamp: TimestampRefused,
    wire.BatchTooLarge: BatchTooLarge,
    wire.UnsupportedCompression: UnsupportedCodec,
}


class Admitted(Struct, frozen=True, gc=False):
    """A batch that may be written as it stands, but for its offset and leader epoch."""

    batch: memoryview
    header: BatchHeader
    append_time: Timestamp | None = None
    """Set where the topic's clock replaced the producer's."""


def admit_all(
    batches: Sequence[memoryview], settings: LogSettings, *, origin: Origin, now: Timestamp
) -> list[Admitted]:
    """What one append brings: at least one batch, and of an idempotent producer one only, as in Produce.

    So every engine can look at the producers' state once, before anything is written.
    """
    admitted = [admit(batch, settings, origin=origin, now=now) for batch in batches]
    if not admitted:
        raise InvalidBatch("an append needs a batch")
    if origin is Origin.CLIENT and len(admitted) > 1 and any(each.header.has_producer for each in admitted):
        raise InvalidBatch("an idempotent producer appends one batch at a time")
    return admitted


def admit(batch: memoryview, settings: LogSettings, *, origin: Origin, now: Timestamp) -> Admitted:
    """One whole batch, checked as its origin asks and made as its topic wants it; raises a BatchRefused."""
    try:
        match origin:
            case Origin.CLIENT:
                return _produced(batch, settings, now)
            case Origin.COORDINATOR:
                return Admitted(batch=batch, header=_whole_header(batch))
            case Origin.LINK:
                header = _whole_header(batch)
                verify_crc(batch, header)
                return Admitted(batch=batch, header=header)
    except wire.BatchError as error:
        raise _REFUSALS.get(type(error), InvalidBatch)(str(error)) from None


def check_continues(header: BatchHeader, *, end: Offset, epoch: LeaderEpoch | None) -> None:
    """A copied batch keeps its offset and epoch: neither may lie behind what the log holds. Gaps are allowed."""
    if header.base_offset < end:
        raise InvalidBatch(f"a copied batch begins at offset {header.base_offset}, but the log ends at {end}")
    if epoch is not None and header.partition_leader_epoch < epoch:
        raise InvalidBatch(f"a copied batch is of epoch {header.partition_leader_epoch}, but {epoch} has begun")


def _whole_header(batch: memoryview) -> BatchHeader:
    header = read_header(batch)
    if header.size != len(batch):
        raise InvalidBatch(f"the batch says it is {header.size} bytes, but {len(batch)} are here")
    return header


def _produced(batch: memoryview, settings: LogSettings, now: Timestamp) -> Admitted:
    append_time = now if settings.log_append_time else None
    window = _window(settings, now) if append_time is None else None
    header = check_produced(batch, bytes_max=settings.max_message_bytes, timestamps=window)
    codec = _other_codec(header, settings)
    if codec is not None or settings.compact_policy:
        _open(batch, header, settings, window)
    if codec is not None:
        admitted = _repacked(batch, header, settings, codec=codec, append_time=append_time)
    elif append_time is not None:
        admitted = _stamped(batch, header, append_time)
    else:
        admitted = Admitted(batch, header)
    if len(admitted.batch) > settings.segment_bytes:
        raise BatchTooLarge(f"the batch is {len(admitted.batch)} bytes, but segment.bytes is {settings.segment_bytes}")
    return admitted


def _other_codec(header: BatchHeader, settings: LogSettings) -> Compression | None:
    """The one that the batch is to have instead of its own."""
    wanted = _CODECS.get(settings.compression_type)
    return None if wanted is None or wanted is header.compression else wanted


def _open(batch: memoryview, header: BatchHeader, settings: LogSettings, window: TimestampWindow | None) -> None:
    keyed = settings.compact_policy
    try:
        check_records(batch, header, keyed=keyed, timestamps=window, decompressed_max=DECOMPRESSED_MAX)
    except wire.InvalidRecord as error:
        raise InvalidBatch(str(error), record_errors=_keyless(batch, header) if keyed else ()) from None


def _keyless(batch: memoryview, header: BatchHeader) -> tuple[tuple[int, str], ...]:
    """The producer learns which of its records are at fault (KIP-467)."""
    found = iter_keys(batch, header, decompressed_max=DECOMPRESSED_MAX)
    return tuple((place, "a compacted topic needs a key") for place, record in enumerate(found) if record.key is None)


def _window(settings: LogSettings, now: Timestamp) -> TimestampWindow:
    before, after = settings.timestamp_before_max_ms, settings.timestamp_after_max_ms
    return TimestampWindow(Timestamp(now - before if before < now else 0), Timestamp(now + after))


def _repacked(
    batch: memoryview, header: BatchHeader, settings: LogSettings, *, codec: Compression, append_time: Timestamp | None
) -> Admitted:
    packed = recompressed(
        batch,
        header,
        codec=codec,
        level=_level(codec, settings),
        log_append_time=append_time,
        decompressed_max=DECOMPRESSED_MAX,
    )
    if len(packed) > settings.max_message_bytes:
        raise BatchTooLarge(
            f"the batch is {len(packed)} bytes as {codec.name}, but max.message.bytes is {settings.max_message_bytes}"
        )
    return Admitted(batch=memoryview(packed), header=read_header(packed), append_time=append_time)


def _level(codec: Compression, settings: LogSettings) -> int | None:
    match codec:
        case Compression.GZIP:
            return settings.gzip_level if settings.gzip_level > 0 else None
        case Compression.LZ4:
            return settings.lz4_level
        case Compression.ZSTD:
            return settings.zstd_level
        case _:
            return None


def _stamped(batch: memoryview, header: BatchHeader, append_time: Timestamp) -> Admitted:
    writable = memoryview(bytearray(batch)) if batch.readonly else batch
    stamp_log_append_time(writable, header, now=append_time)
    return Admitted(batch=writable, header=read_header(writable), append_time=append_time)
