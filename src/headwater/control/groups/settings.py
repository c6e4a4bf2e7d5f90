"""What the group machines are told, resolved once from the broker's settings; durations in milliseconds."""

from typing import Any

from msgspec import Struct

from headwater.kernel.kinds import Int, Long
from headwater.kernel.layers import Settings
from headwater.kernel.settings import Scope, Setting
from headwater.kernel.units import DAY_MS, MINUTE_MS, KiB

_INT_MAX = 2**31 - 1


class GroupSettings(Struct, frozen=True, kw_only=True):
    """Named as Kafka's broker settings `group.*` and `offsets.*`."""

    min_session_timeout_ms: int = 6_000
    max_session_timeout_ms: int = 30 * MINUTE_MS
    max_size: int = _INT_MAX
    initial_rebalance_delay_ms: int = 3_000
    new_member_join_timeout_ms: int = 5 * MINUTE_MS
    """How long a join may be parked before its member counts as gone; Kafka has no setting for it."""
    members_max: int = 100_000
    """Of all groups of one machine, ids that were given out included: anybody can ask for those. Kafka has no bound."""
    offset_metadata_max_bytes: int = 4 * KiB
    offsets_retention_ms: int = 7 * DAY_MS
    retention_check_interval_ms: int = 10 * MINUTE_MS


def _int(name: str, *, default: int, least: int, doc: str) -> Setting[int]:
    return Setting(name, Int, default=default, scope=Scope.BROKER, bounds=(least, _INT_MAX), doc=doc)


MIN_SESSION_TIMEOUT_MS = _int(
    "group.min.session.timeout.ms",
    default=6_000,
    least=0,
    doc="Shortest session timeout a classic group member may ask for.",
)
MAX_SESSION_TIMEOUT_MS = _int(
    "group.max.session.timeout.ms",
    default=30 * MINUTE_MS,
    least=0,
    doc="Longest session timeout a classic group member may ask for.",
)
MAX_SIZE = _int("group.max.size", default=_INT_MAX, least=1, doc="Members of a classic group at most.")
INITIAL_REBALANCE_DELAY_MS = _int(
    "group.initial.rebalance.delay.ms",
    default=3_000,
    least=0,
    doc="How long a new classic group waits for more members before its first rebalance.",
)
OFFSET_METADATA_MAX_BYTES = _int(
    "offset.metadata.max.bytes", default=4 * KiB, least=0, doc="Longest metadata text stored with a committed offset."
)
OFFSETS_RETENTION_MINUTES = _int(
    "offsets.retention.minutes",
    default=7 * 24 * 60,
    least=1,
    doc="How long offsets outlive the last use of their group.",
)
RETENTION_CHECK_INTERVAL_MS = Setting(
    "offsets.retention.check.interval.ms",
    Long,
    default=10 * MINUTE_MS,
    scope=Scope.BROKER,
    bounds=(1, None),
    doc="How often expired offsets are looked for.",
)
SETTINGS: tuple[Setting[Any], ...] = (
    MIN_SESSION_TIMEOUT_MS,
    MAX_SESSION_TIMEOUT_MS,
    MAX_SIZE,
    INITIAL_REBALANCE_DELAY_MS,
    OFFSET_METADATA_MAX_BYTES,
    OFFSETS_RETENTION_MINUTES,
    RETENTION_CHECK_INTERVAL_MS,
)


def group_settings(broker: Settings) -> GroupSettings:
    return GroupSettings(
        min_session_timeout_ms=broker[MIN_SESSION_TIMEOUT_MS],
        max_session_timeout_ms=broker[MAX_SESSION_TIMEOUT_MS],
        max_size=broker[MAX_SIZE],
        initial_rebalance_delay_ms=broker[INITIAL_REBALANCE_DELAY_MS],
        offset_metadata_max_bytes=broker[OFFSET_METADATA_MAX_BYTES],
        offsets_retention_ms=broker[OFFSETS_RETENTION_MINUTES] * MINUTE_MS,
        retention_check_interval_ms=broker[RETENTION_CHECK_INTERVAL_MS],
    )
