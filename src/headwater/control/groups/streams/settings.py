"""What streams groups are told: each group's own settings, within the broker's bounds, else the broker's defaults."""

from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from headwater.kernel.kinds import Choice, Int, ListOf, Long, TextList
from headwater.kernel.layers import Settings
from headwater.kernel.settings import Scope, Setting, Update

_INT_MAX = 2**31 - 1


class StreamsSettings(Struct, frozen=True, kw_only=True):
    """Of one group."""

    session_timeout_ms: int = 45_000
    heartbeat_interval_ms: int = 5_000
    max_size: int = _INT_MAX
    initial_rebalance_delay_ms: int = 3_000
    assignment_interval_ms: int = 1_000
    standby_replicas: int = 0
    warmup_replicas: int = 2
    acceptable_recovery_lag: int = 10_000
    task_offset_interval_ms: int = 60_000
    rack_aware_tags: tuple[str, ...] = ()
    members_max: int = 100_000
    """Of all groups of one machine: anybody can join some. Kafka has no bound."""

    def of_assignments(self) -> Iterator[tuple[str, str]]:
        """What an assignment depends on, as the group's record keeps it: another value calls for another assignment."""
        yield "num.standby.replicas", str(self.standby_replicas)
        if self.rack_aware_tags:
            yield "rack.aware.assignment.tags", ",".join(self.rack_aware_tags)


def _broker(name: str, default: int, doc: str, *, least: int = 0, internal: bool = False) -> Setting[int]:
    return Setting(
        f"group.streams.{name}",
        Int,
        default=default,
        scope=Scope.BROKER,
        bounds=(least, _INT_MAX),
        internal=internal,
        doc=doc,
    )


def _least_of(name: str, default: int, *, least: int = 0, internal: bool = False) -> Setting[int]:
    return _broker(f"min.{name}", default, f"Least value allowed for streams.{name}.", least=least, internal=internal)


def _most_of(name: str, default: int, *, least: int = 0) -> Setting[int]:
    return _broker(f"max.{name}", default, f"Largest value allowed for streams.{name}.", least=least)


MAX_SIZE = _broker("max.size", _INT_MAX, "Members of a streams group at most.", least=1)
MIN_SESSION_TIMEOUT_MS = _least_of("session.timeout.ms", 45_000, least=1)
MAX_SESSION_TIMEOUT_MS = _most_of("session.timeout.ms", 60_000, least=1)
MIN_HEARTBEAT_INTERVAL_MS = _least_of("heartbeat.interval.ms", 5_000, least=1)
MAX_HEARTBEAT_INTERVAL_MS = _most_of("heartbeat.interval.ms", 15_000, least=1)
MIN_ASSIGNMENT_INTERVAL_MS = _least_of("assignment.interval.ms", 0)
MAX_ASSIGNMENT_INTERVAL_MS = _most_of("assignment.interval.ms", 15_000)
MIN_TASK_OFFSET_INTERVAL_MS = _least_of("task.offset.interval.ms", 15_000, least=1, internal=True)
MAX_STANDBY_REPLICAS = _broker("max.standby.replicas", 2, "Largest value allowed for streams.num.standby.replicas.")
MAX_WARMUP_REPLICAS = _broker(
    "max.warmup.replicas", 20, "Largest value allowed for streams.num.warmup.replicas.", internal=True
)
ASSIGNORS: Setting[tuple[str, ...]] = Setting(
    "group.streams.assignors",
    ListOf("sticky"),
    default=("sticky",),
    scope=Scope.BROKER,
    doc="Server-side assignors of streams groups; the first is the default.",
)


def _of_group(
    name: str,
    default: int,
    doc: str,
    *,
    least: int = 0,
    internal: bool = False,
    within: tuple[Setting[int] | None, Setting[int] | None] = (None, None),
) -> Setting[int]:
    """`within` are the broker's bounds, where it has any."""
    low, high = within
    return Setting(
        f"streams.{name}",
        Int,
        default=default,
        scope=Scope.GROUP,
        bounds=(least, _INT_MAX),
        broker_default=f"group.streams.{name}",
        broker_bounds=(low.name if low else None, high.name if high else None),
        internal=internal,
        doc=doc,
    )


SESSION_TIMEOUT_MS = _of_group(
    "session.timeout.ms",
    45_000,
    "Silence after which a member of a streams group is removed.",
    least=1,
    within=(MIN_SESSION_TIMEOUT_MS, MAX_SESSION_TIMEOUT_MS),
)
HEARTBEAT_INTERVAL_MS = _of_group(
    "heartbeat.interval.ms",
    5_000,
    "How often members of a streams group send a heartbeat.",
    least=1,
    within=(MIN_HEARTBEAT_INTERVAL_MS, MAX_HEARTBEAT_INTERVAL_MS),
)
INITIAL_REBALANCE_DELAY_MS = _of_group(
    "initial.rebalance.delay.ms",
    3_000,
    "How long a new streams group waits for more members before its first assignment.",
)
ASSIGNMENT_INTERVAL_MS = _of_group(
    "assignment.interval.ms",
    1_000,
    "Shortest pause between two assignments of a streams group.",
    within=(MIN_ASSIGNMENT_INTERVAL_MS, MAX_ASSIGNMENT_INTERVAL_MS),
)
STANDBY_REPLICAS = _of_group(
    "num.standby.replicas", 0, "Standby copies of each task's state.", within=(None, MAX_STANDBY_REPLICAS)
)
WARMUP_REPLICAS = _of_group(
    "num.warmup.replicas",
    2,
    "Copies of state that may be warmed up at once.",
    internal=True,
    within=(None, MAX_WARMUP_REPLICAS),
)
TASK_OFFSET_INTERVAL_MS = _of_group(
    "task.offset.interval.ms",
    60_000,
    "How often streams members report the offsets of their tasks.",
    least=1,
    internal=True,
    within=(MIN_TASK_OFFSET_INTERVAL_MS, None),
)
ACCEPTABLE_RECOVERY_LAG = Setting(
    "streams.acceptable.recovery.lag",
    Long,
    default=10_000,
    scope=Scope.GROUP,
    bounds=(0, None),
    broker_default="group.streams.acceptable.recovery.lag",
    internal=True,
    doc="Records a copy of state may be behind and still count as ready.",
)
RACK_AWARE_TAGS: Setting[tuple[str, ...]] = Setting(
    "streams.rack.aware.assignment.tags",
    TextList,
    default=(),
    scope=Scope.GROUP,
    check=lambda tags: "a list that names no tag twice" if len(set(tags)) < len(tags) else None,
    broker_default="group.streams.rack.aware.assignment.tags",
    doc="Client tags that every member must have; the sticky assignor does not spread copies by them.",
)
_OF_GROUPS: Final[tuple[Setting[Any], ...]] = (
    SESSION_TIMEOUT_MS,
    HEARTBEAT_INTERVAL_MS,
    INITIAL_REBALANCE_DELAY_MS,
    ASSIGNMENT_INTERVAL_MS,
    STANDBY_REPLICAS,
    WARMUP_REPLICAS,
    TASK_OFFSET_INTERVAL_MS,
    ACCEPTABLE_RECOVERY_LAG,
    RACK_AWARE_TAGS,
)


def _broker_twin(setting: Setting[Any]) -> Setting[Any]:
    assert setting.broker_default is not None
    return Setting(
        setting.broker_default,
        setting.kind,
        default=setting.default,
        scope=Scope.BROKER,
        bounds=setting.bounds,
        check=setting.check,
        internal=setting.internal,
        update=Update.CLUSTER_WIDE if setting is ASSIGNMENT_INTERVAL_MS else Update.READ_ONLY,
        doc=f"Default of {setting.name}.",
    )


ASSIGNOR_NAME: Setting[str | None] = Setting(
    "streams.assignor.name",
    Choice("sticky"),
    default=None,
    scope=Scope.GROUP,
    doc="Server-side assignor of the group; otherwise the broker's first.",
)
SETTINGS: tuple[Setting[Any], ...] = (
    MAX_SIZE,
    MIN_SESSION_TIMEOUT_MS,
    MAX_SESSION_TIMEOUT_MS,
    MIN_HEARTBEAT_INTERVAL_MS,
    MAX_HEARTBEAT_INTERVAL_MS,
    MIN_ASSIGNMENT_INTERVAL_MS,
    MAX_ASSIGNMENT_INTERVAL_MS,
    MIN_TASK_OFFSET_INTERVAL_MS,
    MAX_STANDBY_REPLICAS,
    MAX_WARMUP_REPLICAS,
    ASSIGNORS,
    *_OF_GROUPS,
    *(_broker_twin(each) for each in _OF_GROUPS),
    ASSIGNOR_NAME,
)


def streams_settings(group: Settings, broker: Settings) -> StreamsSettings:
    return StreamsSettings(
        session_timeout_ms=group[SESSION_TIMEOUT_MS],
        heartbeat_interval_ms=group[HEARTBEAT_INTERVAL_MS],
        max_size=broker[MAX_SIZE],
        initial_rebalance_delay_ms=group[INITIAL_REBALANCE_DELAY_MS],
        assignment_interval_ms=group[ASSIGNMENT_INTERVAL_MS],
        standby_replicas=group[STANDBY_REPLICAS],
        warmup_replicas=group[WARMUP_REPLICAS],
        acceptable_recovery_lag=group[ACCEPTABLE_RECOVERY_LAG],
        task_offset_interval_ms=group[TASK_OFFSET_INTERVAL_MS],
        rack_aware_tags=group[RACK_AWARE_TAGS],
    )
