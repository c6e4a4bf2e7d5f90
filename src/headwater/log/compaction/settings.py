"""What compaction of all of a broker's logs is told. What one topic wants of it stands with the other topic settings."""

from typing import Any, Final

from headwater.kernel.kinds import Boolean, Double, Int, Long, Millis
from headwater.kernel.settings import Scope, Setting, Update
from headwater.kernel.units import SECOND_MS, KiB, MiB

CLEANER_ENABLE: Final = Setting(
    "log.cleaner.enable",
    Boolean,
    default=True,
    scope=Scope.BROKER,
    doc="Whether logs are compacted at all.",
)
CLEANER_BACKOFF_MS: Final = Setting(
    "log.cleaner.backoff.ms",
    Millis,
    default=15 * SECOND_MS,
    bounds=(0, None),
    scope=Scope.BROKER,
    update=Update.CLUSTER_WIDE,
    doc="Pause when there is nothing to compact.",
)
DEDUPE_BUFFER_SIZE: Final = Setting(
    "log.cleaner.dedupe.buffer.size",
    Long,
    default=128 * MiB,
    scope=Scope.BROKER,
    update=Update.CLUSTER_WIDE,
    doc="Memory for the keys of one round of compaction, at 200 bytes a key. A log with more new keys takes several rounds.",
)
DEDUPE_LOAD_FACTOR: Final = Setting(
    "log.cleaner.io.buffer.load.factor",
    Double,
    default=0.9,
    scope=Scope.BROKER,
    update=Update.CLUSTER_WIDE,
    doc="How full the table of keys may get.",
)
IO_BUFFER_SIZE: Final = Setting(
    "log.cleaner.io.buffer.size",
    Int,
    default=512 * KiB,
    bounds=(0, None),
    scope=Scope.BROKER,
    update=Update.CLUSTER_WIDE,
    doc="How much is read at a time in compaction.",
)
IO_MAX_BYTES_PER_SECOND: Final = Setting(
    "log.cleaner.io.max.bytes.per.second",
    Double,
    default=1.7976931348623157e308,
    scope=Scope.BROKER,
    update=Update.CLUSTER_WIDE,
    doc="Upper bound on what compaction reads and writes in a second.",
)

SETTINGS: tuple[Setting[Any], ...] = (
    CLEANER_ENABLE,
    CLEANER_BACKOFF_MS,
    DEDUPE_BUFFER_SIZE,
    DEDUPE_LOAD_FACTOR,
    IO_BUFFER_SIZE,
    IO_MAX_BYTES_PER_SECOND,
)
