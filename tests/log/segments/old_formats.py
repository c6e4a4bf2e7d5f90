"""Segments as Kafka before 0.11 left them, by aiokafka's old builder, and a folder to lay them into."""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from zlib import crc32

from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from tests.contracts.log_store import NOON, partition
from tests.contracts.segment_store import SegmentStore

from headwater.kernel.units import MiB
from headwater.log.segments.names import LOG, folder_name, stem
from headwater.log.segments.partition_metadata import topic_id_file
from headwater.wire.batch.attributes import Compression
from headwater.wire.batch.legacy import iter_legacy_headers
from headwater.wire.types import Offset

CRC_AT: Final = 12
TIMESTAMP_AT: Final = 18

Pair = tuple[str | None, str | None]


def messages(magic: int, codec: Compression, pairs: Sequence[Pair], *, base: int, at: int = NOON) -> bytes:
    """From offset `base` on, a millisecond apart where the format has times. As a broker keeps them: format 1 wraps relative
    offsets under their largest time, format 0 absolute ones."""
    builder = LegacyRecordBatchBuilder(magic, int(codec), MiB)
    for place, (key, value) in enumerate(pairs):
        inner = base + place if magic == 0 and codec else place
        time = at + place if magic else None
        builder.append(inner, timestamp=time, key=_bytes(key), value=_bytes(value))
    data = bytearray(builder.build())
    for place, (position, header) in enumerate(list(iter_legacy_headers(bytes(data)))):
        struct.pack_into(">q", data, position, base + (len(pairs) - 1 if header.is_wrapper else place))
        if header.is_wrapper and magic:
            struct.pack_into(">q", data, TIMESTAMP_AT, at + len(pairs) - 1)
            struct.pack_into(">I", data, CRC_AT, crc32(data[CRC_AT + 4 :]))
    return bytes(data)


def lay(store: SegmentStore, *segments: tuple[int, bytes]) -> Path:
    """The log `partition()`, of these segments."""
    folder = store.root / folder_name(partition())
    folder.mkdir(parents=True)
    path, data = topic_id_file(str(folder), partition().topic_id)
    Path(path).write_bytes(data)
    for base, log in segments:
        (folder / f"{stem(Offset(base))}{LOG}").write_bytes(log)
    return folder


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()
