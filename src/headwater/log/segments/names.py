"""Which file is called what, exactly as Apache Kafka calls it, so that its tools read our folders and we read its.

<root>/<topic>-<n>/00000000000000000042.log        batches, the first of which begins at offset 42
                                       .index      offset to position
                                       .timeindex  timestamp to offset
                                       .txnindex   aborted transactions
                                       .snapshot   producers as they were at that offset
                   leader-epoch-checkpoint
                   partition.metadata
"""

from typing import Final

from headwater.log.port import PartitionId
from headwater.wire.types import Offset

LOG: Final = ".log"
OFFSET_INDEX: Final = ".index"
TIME_INDEX: Final = ".timeindex"
TXN_INDEX: Final = ".txnindex"
PRODUCER_SNAPSHOT: Final = ".snapshot"
SEGMENT_SUFFIXES: Final = (LOG, OFFSET_INDEX, TIME_INDEX, TXN_INDEX, PRODUCER_SNAPSHOT)

DELETED: Final = ".deleted"
CLEANED: Final = ".cleaned"
SWAP: Final = ".swap"
REPLACING: Final = ".replacing"
"""Ours, beside a `.swap`: the offset up to which it replaces segments, where Kafka goes by its last record."""
DELETED_FOLDER: Final = "-delete"

SYNC_FAILED: Final = ".sync_failed"
"""Ours, in the root: a sync failed and the machine runs on, so its page cache shows bytes that the disk may not have."""

EPOCH_CHECKPOINT: Final = "leader-epoch-checkpoint"
PARTITION_METADATA: Final = "partition.metadata"
METADATA_TOPIC: Final = "__cluster_metadata"

_DIGITS: Final = 20


def stem(base: Offset) -> str:
    return f"{base:0{_DIGITS}d}"


def base_of(name: str) -> Offset | None:
    """The offset that a file's name begins with, or None for other files."""
    digits = name.partition(".")[0]
    return Offset(int(digits)) if len(digits) == _DIGITS and digits.isdecimal() else None


def folder_name(partition: PartitionId) -> str:
    return f"{partition.topic}-{partition.index}"


def parse_folder_name(name: str) -> tuple[str, int] | None:
    """Topic and partition, or None for a folder that is none: a topic's name may hold dashes, its number may not."""
    topic, dash, index = name.rpartition("-")
    return (topic, int(index)) if dash and topic and index.isdecimal() else None
