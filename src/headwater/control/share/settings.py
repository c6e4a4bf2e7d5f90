"""What share groups are told, resolved once from the settings of the group and of the broker; durations in milliseconds."""

from typing import Any

from msgspec import Struct

from headwater.control.share.offset_reset import LATEST, OffsetReset, offset_reset, refused
from headwater.kernel.kinds import Boolean, Choice, Int, Text
from headwater.kernel.layers import Settings
from headwater.kernel.settings import Scope, Setting, Update
from headwater.kernel.units import HOUR_MS, MINUTE_MS, SECOND_MS

_COMMITTED = "read_committed"


class CoordinatorSettings(Struct, frozen=True, kw_only=True):
    """Of the share coordinator."""

    updates_per_snapshot: int = 500
    cold_snapshot_interval_ms: int = 5 * MINUTE_MS


class ShareSettings(Struct, frozen=True, kw_only=True):
    """Of one share group, within the broker's bounds."""

    record_lock_ms: int = 30 * SECOND_MS
    delivery_count_limit: int = 5
    record_locks_max: int = 2_000
    offset_reset: OffsetReset = LATEST
    committed_only: bool = False
    renews: bool = True
    dead_letter_topic: str = ""
    dead_letter_copies: bool = False


def _broker(name: str, *, default: int, least: int, most: int | None = None, doc: str) -> Setting[int]:
    return Setting(name, Int, default=default, scope=Scope.BROKER, bounds=(least, most), doc=doc)


def _group(name: str, *, default: int, least: int, doc: str) -> Setting[int]:
    return Setting(
        name, Int, default=default, scope=Scope.GROUP, bounds=(least, None), broker_default=f"group.{name}", doc=doc
    )


def _internal(name: str, *, default: int, doc: str) -> Setting[int]:
    return Setting(name, Int, default=default, scope=Scope.BROKER, bounds=(1, None), internal=True, doc=doc)


UPDATES_PER_SNAPSHOT = _broker(
    "share.coordinator.snapshot.update.records.per.snapshot",
    default=500,
    least=0,
    most=500,
    doc="Changes written between two full states of a share partition.",
)
COLD_SNAPSHOT_INTERVAL_MS = _internal(
    "share.coordinator.cold.partition.snapshot.interval.ms",
    default=5 * MINUTE_MS,
    doc="How often unused share partitions write their full state.",
)
PRUNE_INTERVAL_MS = _internal(
    "share.coordinator.state.topic.prune.interval.ms",
    default=5 * MINUTE_MS,
    doc="How often superseded records of __share_group_state are deleted.",
)

RECORD_LOCK_DURATION_MS = _broker(
    "group.share.record.lock.duration.ms",
    default=30 * SECOND_MS,
    least=1 * SECOND_MS,
    most=HOUR_MS,
    doc="Default of share.record.lock.duration.ms.",
)
MIN_RECORD_LOCK_DURATION_MS = _broker(
    "group.share.min.record.lock.duration.ms",
    default=15 * SECOND_MS,
    least=1 * SECOND_MS,
    most=30 * SECOND_MS,
    doc="Least value allowed for share.record.lock.duration.ms.",
)
MAX_RECORD_LOCK_DURATION_MS = _broker(
    "group.share.max.record.lock.duration.ms",
    default=MINUTE_MS,
    least=30 * SECOND_MS,
    most=HOUR_MS,
    doc="Largest value allowed for share.record.lock.duration.ms.",
)
DELIVERY_COUNT_LIMIT = _broker(
    "group.share.delivery.count.limit",
    default=5,
    least=2,
    most=10,
    doc="Default of share.delivery.count.limit.",
)
MIN_DELIVERY_COUNT_LIMIT = _broker(
    "group.share.min.delivery.count.limit",
    default=2,
    least=2,
    most=5,
    doc="Least value allowed for share.delivery.count.limit.",
)
MAX_DELIVERY_COUNT_LIMIT = _broker(
    "group.share.max.delivery.count.limit",
    default=10,
    least=5,
    most=25,
    doc="Largest value allowed for share.delivery.count.limit.",
)
PARTITION_MAX_RECORD_LOCKS = _broker(
    "group.share.partition.max.record.locks",
    default=2_000,
    least=100,
    most=10_000,
    doc="Default of share.partition.max.record.locks.",
)
MIN_PARTITION_MAX_RECORD_LOCKS = _broker(
    "group.share.min.partition.max.record.locks",
    default=100,
    least=100,
    most=2_000,
    doc="Least value allowed for share.partition.max.record.locks.",
)
MAX_PARTITION_MAX_RECORD_LOCKS = _broker(
    "group.share.max.partition.max.record.locks",
    default=4_000,
    least=2_000,
    most=10_000,
    doc="Largest value allowed for share.partition.max.record.locks.",
)

GROUP_RECORD_LOCK_DURATION_MS = _group(
    "share.record.lock.duration.ms",
    default=30 * SECOND_MS,
    least=1 * SECOND_MS,
    doc="How long a share consumer may hold a record.",
)
GROUP_DELIVERY_COUNT_LIMIT = _group(
    "share.delivery.count.limit", default=5, least=2, doc="How often a record is delivered before it is given up."
)
GROUP_PARTITION_MAX_RECORD_LOCKS = _group(
    "share.partition.max.record.locks",
    default=2_000,
    least=100,
    doc="Records of one partition that may be held at once.",
)
AUTO_OFFSET_RESET = Setting(
    "share.auto.offset.reset",
    Text,
    default="latest",
    scope=Scope.GROUP,
    check=refused,
    doc="Where a new share group begins: latest, earliest or by_duration:<duration of ISO 8601>.",
)
ISOLATION_LEVEL = Setting(
    "share.isolation.level",
    Choice(_COMMITTED, "read_uncommitted"),
    default="read_uncommitted",
    scope=Scope.GROUP,
    doc="Whether a share group sees records of open transactions.",
)
RENEW_ACKNOWLEDGE_ENABLE = Setting(
    "share.renew.acknowledge.enable",
    Boolean,
    default=True,
    scope=Scope.GROUP,
    doc="Whether share consumers may prolong their hold on a record.",
)
DEAD_LETTER_TOPIC = Setting(
    "errors.deadletterqueue.topic.name",
    Text,
    default="",
    scope=Scope.GROUP,
    doc="Topic that takes the group's dead letters; empty for none.",
)
DEAD_LETTER_COPY = Setting(
    "errors.deadletterqueue.copy.record.enable",
    Boolean,
    default=False,
    scope=Scope.GROUP,
    doc="Whether dead letters carry the whole record.",
)
DEAD_LETTER_PREFIX = Setting(
    "errors.deadletterqueue.topic.name.prefix",
    Text,
    default="dlq.",
    scope=Scope.BROKER,
    update=Update.CLUSTER_WIDE,
    doc="How the name of a dead letter topic must begin.",
)
DEAD_LETTER_AUTO_CREATE = Setting(
    "errors.deadletterqueue.auto.create.topics.enable",
    Boolean,
    default=False,
    scope=Scope.BROKER,
    update=Update.CLUSTER_WIDE,
    doc="Whether dead letter topics are made by themselves.",
)
DEAD_LETTER_ENABLE = Setting(
    "errors.deadletterqueue.group.enable",
    Boolean,
    default=False,
    scope=Scope.TOPIC,
    doc="Whether this topic may take dead letters of groups.",
)
SETTINGS: tuple[Setting[Any], ...] = (
    UPDATES_PER_SNAPSHOT,
    COLD_SNAPSHOT_INTERVAL_MS,
    PRUNE_INTERVAL_MS,
    RECORD_LOCK_DURATION_MS,
    MIN_RECORD_LOCK_DURATION_MS,
    MAX_RECORD_LOCK_DURATION_MS,
    DELIVERY_COUNT_LIMIT,
    MIN_DELIVERY_COUNT_LIMIT,
    MAX_DELIVERY_COUNT_LIMIT,
    PARTITION_MAX_RECORD_LOCKS,
    MIN_PARTITION_MAX_RECORD_LOCKS,
    MAX_PARTITION_MAX_RECORD_LOCKS,
    GROUP_RECORD_LOCK_DURATION_MS,
    GROUP_DELIVERY_COUNT_LIMIT,
    GROUP_PARTITION_MAX_RECORD_LOCKS,
    AUTO_OFFSET_RESET,
    ISOLATION_LEVEL,
    RENEW_ACKNOWLEDGE_ENABLE,
    DEAD_LETTER_TOPIC,
    DEAD_LETTER_COPY,
    DEAD_LETTER_PREFIX,
    DEAD_LETTER_AUTO_CREATE,
    DEAD_LETTER_ENABLE,
)


def coordinator_settings(broker: Settings) -> CoordinatorSettings:
    return CoordinatorSettings(
        updates_per_snapshot=broker[UPDATES_PER_SNAPSHOT],
        cold_snapshot_interval_ms=broker[COLD_SNAPSHOT_INTERVAL_MS],
    )


def share_settings(group: Settings, broker: Settings) -> ShareSettings:
    """The group's wish is cut to the broker's bounds, which may have changed since it was uttered."""

    def within(wish: Setting[int], least: Setting[int], most: Setting[int]) -> int:
        return max(broker[least], min(group[wish], broker[most]))

    return ShareSettings(
        record_lock_ms=within(GROUP_RECORD_LOCK_DURATION_MS, MIN_RECORD_LOCK_DURATION_MS, MAX_RECORD_LOCK_DURATION_MS),
        delivery_count_limit=within(GROUP_DELIVERY_COUNT_LIMIT, MIN_DELIVERY_COUNT_LIMIT, MAX_DELIVERY_COUNT_LIMIT),
        record_locks_max=within(
            GROUP_PARTITION_MAX_RECORD_LOCKS, MIN_PARTITION_MAX_RECORD_LOCKS, MAX_PARTITION_MAX_RECORD_LOCKS
        ),
        offset_reset=offset_reset(group[AUTO_OFFSET_RESET]),
        committed_only=group[ISOLATION_LEVEL] == _COMMITTED,
        renews=group[RENEW_ACKNOWLEDGE_ENABLE],
        dead_letter_topic=group[DEAD_LETTER_TOPIC],
        dead_letter_copies=group[DEAD_LETTER_COPY],
    )
