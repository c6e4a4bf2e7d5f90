"""The topic settings that a log looks at, and what it is told: one frozen value, replaced as a whole when they change."""

from enum import Enum
from typing import Any, Final, TypeVar

from msgspec import Struct

from headwater.kernel.kinds import Boolean, Bytes, Choice, Double, Int, Kind, ListOf, Millis
from headwater.kernel.layers import FAMILIES, Settings
from headwater.kernel.settings import Scope, Setting, Update
from headwater.kernel.units import DAY_MS, HOUR_MS, GiB, KiB, MiB

T = TypeVar("T")
_INT_MAX = 2**31 - 1
_LONG_MAX = 2**63 - 1

SAME: Final = -2
"""A local retention that is the log's own."""


class FlushMode(Enum):
    """When an append is answered: `commit` after a grouped fdatasync, `os` once the operating system has it, as in Kafka."""

    COMMIT = "commit"
    OS = "os"


class LogSettings(Struct, frozen=True, kw_only=True):
    """Topic settings by Kafka's names and with its defaults; durations in milliseconds, sizes in bytes, -1 is no limit."""

    segment_bytes: int = GiB
    segment_ms: int = 7 * DAY_MS
    segment_jitter_ms: int = 0
    segment_index_bytes: int = 10 * MiB
    index_interval_bytes: int = 4 * KiB
    retention_ms: int = 7 * DAY_MS
    retention_bytes: int = -1
    file_delete_delay_ms: int = 60_000
    delete_retention_ms: int = DAY_MS
    min_compaction_lag_ms: int = 0
    max_compaction_lag_ms: int = _LONG_MAX
    min_dirty_ratio: float = 0.5
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
    timestamp_before_max_ms: int = _LONG_MAX
    timestamp_after_max_ms: int = HOUR_MS
    max_message_bytes: int = MiB + 12
    remote_storage: bool = False
    """`remote.storage.enable`: closed segments are copied to remote storage."""
    remote_copy_disable: bool = False
    remote_delete_on_disable: bool = False
    remote_copy_lag_ms: int = 0
    remote_copy_lag_bytes: int = -1
    local_retention_ms: int = SAME
    local_retention_bytes: int = SAME
    flush_mode: FlushMode = FlushMode.COMMIT

    @property
    def here_ms(self) -> int:
        """How long segments stay here that are in remote storage."""
        return self.retention_ms if self.local_retention_ms == SAME else self.local_retention_ms

    @property
    def here_bytes(self) -> int:
        """How much stays here of what is in remote storage."""
        return self.retention_bytes if self.local_retention_bytes == SAME else self.local_retention_bytes


def _topic(
    name: str,
    kind: Kind[T],
    *,
    default: T,
    of_broker: str,
    doc: str,
    bounds: tuple[float | None, float | None] = (None, None),
) -> Setting[T]:
    return Setting(name, kind, default=default, scope=Scope.TOPIC, bounds=bounds, broker_default=of_broker, doc=doc)


CLEANUP_POLICY = _topic(
    "cleanup.policy",
    ListOf("compact", "delete"),
    default=("delete",),
    of_broker="log.cleanup.policy",
    doc="What happens to old records: delete, compact, both, or nothing.",
)
COMPRESSION_TYPE = _topic(
    "compression.type",
    Choice("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
    default="producer",
    of_broker="compression.type",
    doc="Compression on disk; producer keeps what the producer chose.",
)
GZIP_LEVEL = _topic(
    "compression.gzip.level",
    Int,
    default=-1,
    bounds=(-1, 9),
    of_broker="compression.gzip.level",
    doc="Level used where compression.type is gzip; -1 leaves it to the library.",
)
LZ4_LEVEL = _topic(
    "compression.lz4.level",
    Int,
    default=9,
    bounds=(1, 17),
    of_broker="compression.lz4.level",
    doc="Level used where compression.type is lz4.",
)
ZSTD_LEVEL = _topic(
    "compression.zstd.level",
    Int,
    default=3,
    bounds=(-131_072, 22),
    of_broker="compression.zstd.level",
    doc="Level used where compression.type is zstd.",
)
FILE_DELETE_DELAY_MS = _topic(
    "file.delete.delay.ms",
    Millis,
    default=60_000,
    bounds=(0, None),
    of_broker="log.segment.delete.delay.ms",
    doc="Pause before the files of a deleted segment are removed.",
)
DELETE_RETENTION_MS = _topic(
    "delete.retention.ms",
    Millis,
    default=DAY_MS,
    bounds=(0, None),
    of_broker="log.cleaner.delete.retention.ms",
    doc="How long a compacted log keeps the markers of deleted keys, so that slow readers learn of them.",
)
MIN_COMPACTION_LAG_MS = _topic(
    "min.compaction.lag.ms",
    Millis,
    default=0,
    bounds=(0, None),
    of_broker="log.cleaner.min.compaction.lag.ms",
    doc="A record younger than this is not compacted away.",
)
MAX_COMPACTION_LAG_MS = _topic(
    "max.compaction.lag.ms",
    Millis,
    default=_LONG_MAX,
    bounds=(1, None),
    of_broker="log.cleaner.max.compaction.lag.ms",
    doc="A log with a record older than this that was never compacted is due, however little of it is new.",
)
MIN_DIRTY_RATIO = _topic(
    "min.cleanable.dirty.ratio",
    Double,
    default=0.5,
    bounds=(0, 1),
    of_broker="log.cleaner.min.cleanable.ratio",
    doc="Part of a log that must be new before it is compacted.",
)
INDEX_INTERVAL_BYTES = _topic(
    "index.interval.bytes",
    Bytes,
    default=4 * KiB,
    bounds=(0, _INT_MAX),
    of_broker="log.index.interval.bytes",
    doc="Bytes of records between two entries of the index.",
)
MAX_MESSAGE_BYTES = _topic(
    "max.message.bytes",
    Bytes,
    default=MiB + 12,
    bounds=(0, _INT_MAX),
    of_broker="message.max.bytes",
    doc="Largest record batch accepted.",
)
TIMESTAMP_AFTER_MAX_MS = _topic(
    "message.timestamp.after.max.ms",
    Millis,
    default=HOUR_MS,
    bounds=(0, None),
    of_broker="log.message.timestamp.after.max.ms",
    doc="How far ahead a producer's timestamp may lie.",
)
TIMESTAMP_BEFORE_MAX_MS = _topic(
    "message.timestamp.before.max.ms",
    Millis,
    default=_LONG_MAX,
    bounds=(0, None),
    of_broker="log.message.timestamp.before.max.ms",
    doc="How far back a producer's timestamp may lie.",
)
TIMESTAMP_TYPE = _topic(
    "message.timestamp.type",
    Choice("CreateTime", "LogAppendTime"),
    default="CreateTime",
    of_broker="log.message.timestamp.type",
    doc="Whether a record's time is the producer's or that of its append.",
)
RETENTION_BYTES = _topic(
    "retention.bytes",
    Bytes,
    default=-1,
    of_broker="log.retention.bytes",
    doc="Oldest segments beyond this size of a partition are deleted; -1 for no bound.",
)
RETENTION_MS = _topic(
    "retention.ms",
    Millis,
    default=7 * DAY_MS,
    bounds=(-1, None),
    of_broker="log.retention.ms",
    doc="Segments older than this are deleted; -1 keeps for ever.",
)
SEGMENT_BYTES = _topic(
    "segment.bytes",
    Bytes,
    default=GiB,
    bounds=(MiB, _INT_MAX),
    of_broker="log.segment.bytes",
    doc="A segment is closed and a new one begun when it would grow past this.",
)
SEGMENT_INDEX_BYTES = _topic(
    "segment.index.bytes",
    Bytes,
    default=10 * MiB,
    bounds=(4, _INT_MAX),
    of_broker="log.index.size.max.bytes",
    doc="Largest index of a segment; a full one closes the segment.",
)
SEGMENT_JITTER_MS = _topic(
    "segment.jitter.ms",
    Millis,
    default=0,
    bounds=(0, None),
    of_broker="log.roll.jitter.ms",
    doc="Up to so much is taken off segment.ms by chance, so that not all segments close at once.",
)
SEGMENT_MS = _topic(
    "segment.ms",
    Millis,
    default=7 * DAY_MS,
    bounds=(1, None),
    of_broker="log.roll.ms",
    doc="A segment is closed at this age, full or not.",
)

LOCAL_RETENTION_BYTES = _topic(
    "local.retention.bytes",
    Bytes,
    default=SAME,
    bounds=(SAME, None),
    of_broker="log.local.retention.bytes",
    doc="How much of a partition stays here too once it is in remote storage; -2 is retention.bytes, -1 no bound.",
)
LOCAL_RETENTION_MS = _topic(
    "local.retention.ms",
    Millis,
    default=SAME,
    bounds=(SAME, None),
    of_broker="log.local.retention.ms",
    doc="How long segments stay here too once they are in remote storage; -2 is retention.ms, -1 for ever.",
)
REMOTE_COPY_LAG_BYTES = _topic(
    "remote.copy.lag.bytes",
    Bytes,
    default=-1,
    bounds=(-1, None),
    of_broker="log.remote.copy.lag.bytes",
    doc="A closed segment is copied when so much has come after it, or as remote.copy.lag.ms says; -1 is local.retention.bytes.",
)
REMOTE_COPY_LAG_MS = _topic(
    "remote.copy.lag.ms",
    Millis,
    default=0,
    bounds=(-1, None),
    of_broker="log.remote.copy.lag.ms",
    doc="A closed segment is copied when its youngest record is so old, or as remote.copy.lag.bytes says; -1 is local.retention.ms.",
)
REMOTE_STORAGE_ENABLE = Setting(
    "remote.storage.enable",
    Boolean,
    default=False,
    scope=Scope.TOPIC,
    doc="Whether closed segments are copied to remote storage, so that they need not stay here.",
)
REMOTE_COPY_DISABLE = Setting(
    "remote.log.copy.disable",
    Boolean,
    default=False,
    scope=Scope.TOPIC,
    doc="Whether nothing more is copied to remote storage; what is there can still be read.",
)
REMOTE_DELETE_ON_DISABLE = Setting(
    "remote.log.delete.on.disable",
    Boolean,
    default=False,
    scope=Scope.TOPIC,
    doc="Whether to disable remote storage deletes what is there; without it it can't be disabled.",
)
_OF_TOPICS: tuple[Setting[Any], ...] = (
    CLEANUP_POLICY,
    COMPRESSION_TYPE,
    GZIP_LEVEL,
    LZ4_LEVEL,
    ZSTD_LEVEL,
    DELETE_RETENTION_MS,
    FILE_DELETE_DELAY_MS,
    INDEX_INTERVAL_BYTES,
    LOCAL_RETENTION_BYTES,
    LOCAL_RETENTION_MS,
    MAX_COMPACTION_LAG_MS,
    MAX_MESSAGE_BYTES,
    MIN_COMPACTION_LAG_MS,
    MIN_DIRTY_RATIO,
    TIMESTAMP_AFTER_MAX_MS,
    TIMESTAMP_BEFORE_MAX_MS,
    TIMESTAMP_TYPE,
    REMOTE_COPY_LAG_BYTES,
    REMOTE_COPY_LAG_MS,
    RETENTION_BYTES,
    RETENTION_MS,
    SEGMENT_BYTES,
    SEGMENT_INDEX_BYTES,
    SEGMENT_JITTER_MS,
    SEGMENT_MS,
)


def _broker_twin(setting: Setting[T]) -> Setting[T]:
    """The broker setting that is a topic setting's default; a setting that Kafka has in several units is left to its family."""
    assert setting.broker_default is not None
    return Setting(
        setting.broker_default,
        setting.kind,
        default=setting.default,
        scope=Scope.BROKER,
        bounds=setting.bounds,
        update=Update.CLUSTER_WIDE,
        doc=setting.doc,
    )


FLUSH_MODE = Setting(
    "log.flush.mode",
    Choice("commit", "os"),
    default="commit",
    scope=Scope.BROKER,
    doc="Records are answered and shown once they are synced (commit), or once the operating system has them (os).",
)
DISK_RESERVE_BYTES = Setting(
    "log.disk.reserve.bytes",
    Bytes,
    default=16 * MiB,
    scope=Scope.BROKER,
    bounds=(0, None),
    doc="Producers are refused when no more than this is left on the disk, so that there is room for what frees some.",
)
SETTINGS: tuple[Setting[Any], ...] = (
    *_OF_TOPICS,
    REMOTE_STORAGE_ENABLE,
    REMOTE_COPY_DISABLE,
    REMOTE_DELETE_ON_DISABLE,
    *(_broker_twin(each) for each in _OF_TOPICS if each.broker_default not in FAMILIES),
    FLUSH_MODE,
    DISK_RESERVE_BYTES,
)


def log_settings(topic: Settings, broker: Settings) -> LogSettings:
    """What a topic's log is told, from the views of the topic and of its broker."""
    policies = topic[CLEANUP_POLICY]
    return LogSettings(
        segment_bytes=topic[SEGMENT_BYTES],
        segment_ms=min(topic[SEGMENT_MS], topic[MAX_COMPACTION_LAG_MS] if "compact" in policies else _LONG_MAX),
        segment_jitter_ms=topic[SEGMENT_JITTER_MS],
        segment_index_bytes=topic[SEGMENT_INDEX_BYTES],
        index_interval_bytes=topic[INDEX_INTERVAL_BYTES],
        retention_ms=topic[RETENTION_MS],
        retention_bytes=topic[RETENTION_BYTES],
        file_delete_delay_ms=topic[FILE_DELETE_DELAY_MS],
        delete_retention_ms=topic[DELETE_RETENTION_MS],
        min_compaction_lag_ms=topic[MIN_COMPACTION_LAG_MS],
        max_compaction_lag_ms=topic[MAX_COMPACTION_LAG_MS],
        min_dirty_ratio=topic[MIN_DIRTY_RATIO],
        delete_policy="delete" in policies,
        compact_policy="compact" in policies,
        compression_type=topic[COMPRESSION_TYPE],
        gzip_level=topic[GZIP_LEVEL],
        lz4_level=topic[LZ4_LEVEL],
        zstd_level=topic[ZSTD_LEVEL],
        log_append_time=topic[TIMESTAMP_TYPE] == "LogAppendTime",
        timestamp_before_max_ms=topic[TIMESTAMP_BEFORE_MAX_MS],
        timestamp_after_max_ms=topic[TIMESTAMP_AFTER_MAX_MS],
        max_message_bytes=topic[MAX_MESSAGE_BYTES],
        remote_storage=topic[REMOTE_STORAGE_ENABLE],
        remote_copy_disable=topic[REMOTE_COPY_DISABLE],
        remote_delete_on_disable=topic[REMOTE_DELETE_ON_DISABLE],
        remote_copy_lag_ms=topic[REMOTE_COPY_LAG_MS],
        remote_copy_lag_bytes=topic[REMOTE_COPY_LAG_BYTES],
        local_retention_ms=topic[LOCAL_RETENTION_MS],
        local_retention_bytes=topic[LOCAL_RETENTION_BYTES],
        flush_mode=FlushMode(broker[FLUSH_MODE]),
    )
