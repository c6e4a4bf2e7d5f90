"""What a log is told about its topic, resolved once and replaced as a whole when the topic's configuration changes."""

from enum import Enum

from msgspec import Struct

from headwater.kernel.units import DAY_MS, GiB, KiB, MiB


class FlushMode(Enum):
    """When an append is answered: `commit` after a grouped fdatasync, `os` once the operating system has it, as Apache Kafka does."""

    COMMIT = "commit"
    OS = "os"


class LogSettings(Struct, frozen=True, kw_only=True):
    """Topic settings by Kafka's names, with Kafka's defaults; durations in milliseconds, sizes in bytes, -1 is without limit."""

    segment_bytes: int = GiB
    segment_ms: int = 7 * DAY_MS
    segment_jitter_ms: int = 0
    segment_index_bytes: int = 10 * MiB
    index_interval_bytes: int = 4 * KiB
    retention_ms: int = 7 * DAY_MS
    retention_bytes: int = -1
    file_delete_delay_ms: int = 60_000
    delete_policy: bool = True
    """`cleanup.policy` holds `delete`."""
    compact_policy: bool = False
    """`cleanup.policy` holds `compact`; then a record without a key is refused."""
    compression_type: str = "producer"
    gzip_level: int = -1
    lz4_level: int = 9
    zstd_level: int = 3
    log_append_time: bool = False
    """`message.timestamp.type` is LogAppendTime."""
    timestamp_before_max_ms: int = 2**63 - 1
    timestamp_after_max_ms: int = 3_600_000
    max_message_bytes: int = MiB + 12
    flush_mode: FlushMode = FlushMode.COMMIT
