"""What share groups are told, resolved from the broker's settings and the group's own; durations in milliseconds."""

from typing import Any

from msgspec import Struct

from headwater.kernel.kinds import Int
from headwater.kernel.layers import LiveSettings, Settings
from headwater.kernel.settings import Scope, Setting, Update
from headwater.kernel.units import MINUTE_MS, SECOND_MS


class ShareGroupSettings(Struct, frozen=True, kw_only=True):
    """Of one group."""

    size_max: int = 200
    session_timeout_ms: int = 45 * SECOND_MS
    heartbeat_interval_ms: int = 5 * SECOND_MS
    assignment_interval_ms: int = SECOND_MS


def _millis(name: str, *, default: int, least: int, doc: str) -> Setting[int]:
    return Setting(name, Int, default=default, scope=Scope.BROKER, bounds=(least, None), doc=doc)


def _of_group(what: str, *, default: int, least: int, doc: str) -> Setting[int]:
    """A group's own value; `group.share.min.*` and `.max.*` bound it."""
    return Setting(
        f"share.{what}",
        Int,
        default=default,
        scope=Scope.GROUP,
        bounds=(least, None),
        broker_default=f"group.share.{what}",
        broker_bounds=(f"group.share.min.{what}", f"group.share.max.{what}"),
        doc=doc,
    )


MAX_SIZE = Setting(
    "group.share.max.size",
    Int,
    default=200,
    scope=Scope.BROKER,
    bounds=(1, 1000),
    doc="Members of a share group at most.",
)
SESSION_TIMEOUT_MS = _millis(
    "group.share.session.timeout.ms",
    default=45 * SECOND_MS,
    least=1,
    doc="Default of share.session.timeout.ms.",
)
MIN_SESSION_TIMEOUT_MS = _millis(
    "group.share.min.session.timeout.ms",
    default=45 * SECOND_MS,
    least=1,
    doc="Least value allowed for share.session.timeout.ms.",
)
MAX_SESSION_TIMEOUT_MS = _millis(
    "group.share.max.session.timeout.ms",
    default=MINUTE_MS,
    least=1,
    doc="Largest value allowed for share.session.timeout.ms.",
)
HEARTBEAT_INTERVAL_MS = _millis(
    "group.share.heartbeat.interval.ms",
    default=5 * SECOND_MS,
    least=1,
    doc="Default of share.heartbeat.interval.ms.",
)
MIN_HEARTBEAT_INTERVAL_MS = _millis(
    "group.share.min.heartbeat.interval.ms",
    default=5 * SECOND_MS,
    least=1,
    doc="Least value allowed for share.heartbeat.interval.ms.",
)
MAX_HEARTBEAT_INTERVAL_MS = _millis(
    "group.share.max.heartbeat.interval.ms",
    default=15 * SECOND_MS,
    least=1,
    doc="Largest value allowed for share.heartbeat.interval.ms.",
)
ASSIGNMENT_INTERVAL_MS = Setting(
    "group.share.assignment.interval.ms",
    Int,
    default=SECOND_MS,
    scope=Scope.BROKER,
    bounds=(0, None),
    update=Update.CLUSTER_WIDE,
    doc="Default of share.assignment.interval.ms.",
)
MIN_ASSIGNMENT_INTERVAL_MS = _millis(
    "group.share.min.assignment.interval.ms",
    default=0,
    least=0,
    doc="Least value allowed for share.assignment.interval.ms.",
)
MAX_ASSIGNMENT_INTERVAL_MS = _millis(
    "group.share.max.assignment.interval.ms",
    default=15 * SECOND_MS,
    least=0,
    doc="Largest value allowed for share.assignment.interval.ms.",
)
GROUP_SESSION_TIMEOUT_MS = _of_group(
    "session.timeout.ms",
    default=45 * SECOND_MS,
    least=1,
    doc="Silence after which a member of a share group is removed.",
)
GROUP_HEARTBEAT_INTERVAL_MS = _of_group(
    "heartbeat.interval.ms",
    default=5 * SECOND_MS,
    least=1,
    doc="How often members of a share group send a heartbeat.",
)
GROUP_ASSIGNMENT_INTERVAL_MS = _of_group(
    "assignment.interval.ms",
    default=SECOND_MS,
    least=0,
    doc="Shortest pause between two assignments of a share group.",
)
SETTINGS: tuple[Setting[Any], ...] = (
    MAX_SIZE,
    SESSION_TIMEOUT_MS,
    MIN_SESSION_TIMEOUT_MS,
    MAX_SESSION_TIMEOUT_MS,
    HEARTBEAT_INTERVAL_MS,
    MIN_HEARTBEAT_INTERVAL_MS,
    MAX_HEARTBEAT_INTERVAL_MS,
    ASSIGNMENT_INTERVAL_MS,
    MIN_ASSIGNMENT_INTERVAL_MS,
    MAX_ASSIGNMENT_INTERVAL_MS,
    GROUP_SESSION_TIMEOUT_MS,
    GROUP_HEARTBEAT_INTERVAL_MS,
    GROUP_ASSIGNMENT_INTERVAL_MS,
)


class LiveShareGroupSettings:
    """The settings in force for each group, made once for all groups that have none of their own."""

    def __init__(self, live: LiveSettings) -> None:
        self._live = live

    def __call__(self, group_id: str) -> ShareGroupSettings:
        return self._live.group(group_id).resolved(self._resolve)

    def _resolve(self, group: Settings) -> ShareGroupSettings:
        """A group's view is replaced with the broker's, so what is made of both can be kept with the one."""
        return ShareGroupSettings(
            size_max=self._live.broker[MAX_SIZE],
            session_timeout_ms=group[GROUP_SESSION_TIMEOUT_MS],
            heartbeat_interval_ms=group[GROUP_HEARTBEAT_INTERVAL_MS],
            assignment_interval_ms=group[GROUP_ASSIGNMENT_INTERVAL_MS],
        )
