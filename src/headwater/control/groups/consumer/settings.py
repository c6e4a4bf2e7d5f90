"""What consumer groups are told: the broker's settings, and each group's own within the bounds that the broker sets."""

from enum import Enum
from typing import Any

from msgspec import Struct

from headwater.kernel.kinds import INT_MAX, Int, ListOf, Text
from headwater.kernel.layers import LiveSettings, Settings
from headwater.kernel.settings import Scope, Setting, Update
from headwater.kernel.units import MINUTE_MS, SECOND_MS

UNIFORM, RANGE = "uniform", "range"


class Migration(Enum):
    """Which ways a group with members may change between the classic and the consumer protocol."""

    DISABLED = "disabled"
    DOWNGRADE = "downgrade"
    UPGRADE = "upgrade"
    BIDIRECTIONAL = "bidirectional"

    @property
    def upgrades(self) -> bool:
        return self in (Migration.UPGRADE, Migration.BIDIRECTIONAL)

    @property
    def downgrades(self) -> bool:
        return self in (Migration.DOWNGRADE, Migration.BIDIRECTIONAL)


class ConsumerGroupSettings(Struct, frozen=True, kw_only=True):
    """For one group. Durations in milliseconds."""

    session_timeout_ms: int = 45 * SECOND_MS
    heartbeat_interval_ms: int = 5 * SECOND_MS
    assignment_interval_ms: int = SECOND_MS
    max_size: int = INT_MAX
    assignors: tuple[str, ...] = (UNIFORM, RANGE)
    migration: Migration = Migration.BIDIRECTIONAL
    expression_refresh_interval_ms: int = 10 * MINUTE_MS


def _broker(name: str, *, default: int, least: int, doc: str, update: Update = Update.READ_ONLY) -> Setting[int]:
    return Setting(name, Int, default=default, scope=Scope.BROKER, bounds=(least, INT_MAX), doc=doc, update=update)


def _group(what: str, *, default: int, least: int, doc: str) -> Setting[int]:
    """A group's own value; `group.consumer.min.*` and `.max.*` bound it."""
    return Setting(
        f"consumer.{what}",
        Int,
        default=default,
        scope=Scope.GROUP,
        bounds=(least, INT_MAX),
        broker_default=f"group.consumer.{what}",
        broker_bounds=(f"group.consumer.min.{what}", f"group.consumer.max.{what}"),
        doc=doc,
    )


def _policy(text: str) -> str | None:
    policies = [each.value for each in Migration]
    return None if text.lower() in policies else f"one of {', '.join(policies)}"


BROKER_SESSION_TIMEOUT_MS = _broker(
    "group.consumer.session.timeout.ms",
    default=45 * SECOND_MS,
    least=1,
    doc="Default of consumer.session.timeout.ms.",
)
MIN_SESSION_TIMEOUT_MS = _broker(
    "group.consumer.min.session.timeout.ms",
    default=45 * SECOND_MS,
    least=1,
    doc="Least value allowed for consumer.session.timeout.ms.",
)
MAX_SESSION_TIMEOUT_MS = _broker(
    "group.consumer.max.session.timeout.ms",
    default=60 * SECOND_MS,
    least=1,
    doc="Largest value allowed for consumer.session.timeout.ms.",
)
BROKER_HEARTBEAT_INTERVAL_MS = _broker(
    "group.consumer.heartbeat.interval.ms",
    default=5 * SECOND_MS,
    least=1,
    doc="Default of consumer.heartbeat.interval.ms.",
)
MIN_HEARTBEAT_INTERVAL_MS = _broker(
    "group.consumer.min.heartbeat.interval.ms",
    default=5 * SECOND_MS,
    least=1,
    doc="Least value allowed for consumer.heartbeat.interval.ms.",
)
MAX_HEARTBEAT_INTERVAL_MS = _broker(
    "group.consumer.max.heartbeat.interval.ms",
    default=15 * SECOND_MS,
    least=1,
    doc="Largest value allowed for consumer.heartbeat.interval.ms.",
)
BROKER_ASSIGNMENT_INTERVAL_MS = _broker(
    "group.consumer.assignment.interval.ms",
    default=SECOND_MS,
    least=0,
    doc="Default of consumer.assignment.interval.ms.",
    update=Update.CLUSTER_WIDE,
)
MIN_ASSIGNMENT_INTERVAL_MS = _broker(
    "group.consumer.min.assignment.interval.ms",
    default=0,
    least=0,
    doc="Least value allowed for consumer.assignment.interval.ms.",
)
MAX_ASSIGNMENT_INTERVAL_MS = _broker(
    "group.consumer.max.assignment.interval.ms",
    default=15 * SECOND_MS,
    least=0,
    doc="Largest value allowed for consumer.assignment.interval.ms.",
)
MAX_SIZE = _broker("group.consumer.max.size", default=INT_MAX, least=1, doc="Members of a consumer group at most.")
ASSIGNORS = Setting(
    "group.consumer.assignors",
    ListOf(UNIFORM, RANGE),
    default=(UNIFORM, RANGE),
    scope=Scope.BROKER,
    check=lambda names: None if names else "at least one assignor",
    doc="Server-side assignors of consumer groups; the first is the default.",
)
MIGRATION_POLICY = Setting(
    "group.consumer.migration.policy",
    Text,
    default=Migration.BIDIRECTIONAL.value,
    scope=Scope.BROKER,
    check=_policy,
    doc="Which ways a group with members may change between the classic and the consumer protocol.",
)
EXPRESSION_REFRESH_INTERVAL_MS = Setting(
    "group.consumer.regex.refresh.interval.ms",
    Int,
    default=10 * MINUTE_MS,
    scope=Scope.BROKER,
    bounds=(10 * SECOND_MS, INT_MAX),
    internal=True,
    doc="How often subscriptions by regular expression are matched anew although no topic has changed.",
)
SESSION_TIMEOUT_MS = _group(
    "session.timeout.ms",
    default=45 * SECOND_MS,
    least=1,
    doc="Silence after which a member of a consumer group is removed.",
)
HEARTBEAT_INTERVAL_MS = _group(
    "heartbeat.interval.ms",
    default=5 * SECOND_MS,
    least=1,
    doc="How often members of a consumer group send a heartbeat.",
)
ASSIGNMENT_INTERVAL_MS = _group(
    "assignment.interval.ms",
    default=SECOND_MS,
    least=0,
    doc="Shortest pause between two assignments of a consumer group.",
)
SETTINGS: tuple[Setting[Any], ...] = (
    BROKER_SESSION_TIMEOUT_MS,
    MIN_SESSION_TIMEOUT_MS,
    MAX_SESSION_TIMEOUT_MS,
    BROKER_HEARTBEAT_INTERVAL_MS,
    MIN_HEARTBEAT_INTERVAL_MS,
    MAX_HEARTBEAT_INTERVAL_MS,
    BROKER_ASSIGNMENT_INTERVAL_MS,
    MIN_ASSIGNMENT_INTERVAL_MS,
    MAX_ASSIGNMENT_INTERVAL_MS,
    MAX_SIZE,
    ASSIGNORS,
    MIGRATION_POLICY,
    EXPRESSION_REFRESH_INTERVAL_MS,
    SESSION_TIMEOUT_MS,
    HEARTBEAT_INTERVAL_MS,
    ASSIGNMENT_INTERVAL_MS,
)


class LiveConsumerGroupSettings:
    """The settings in force for each group, made once for all groups that have none of their own."""

    def __init__(self, live: LiveSettings) -> None:
        self._live = live

    def __call__(self, group_id: str) -> ConsumerGroupSettings:
        return self._live.group(group_id).resolved(self._resolve)

    def _resolve(self, group: Settings) -> ConsumerGroupSettings:
        """A group's view is replaced with the broker's, so what is made of both can be kept with the one."""
        broker = self._live.broker
        return ConsumerGroupSettings(
            session_timeout_ms=group[SESSION_TIMEOUT_MS],
            heartbeat_interval_ms=group[HEARTBEAT_INTERVAL_MS],
            assignment_interval_ms=group[ASSIGNMENT_INTERVAL_MS],
            max_size=broker[MAX_SIZE],
            assignors=broker[ASSIGNORS],
            migration=Migration(broker[MIGRATION_POLICY].lower()),
            expression_refresh_interval_ms=broker[EXPRESSION_REFRESH_INTERVAL_MS],
        )
