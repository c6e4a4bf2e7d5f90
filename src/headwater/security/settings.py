"""What the decisions of this room are told: over what time quotas are measured."""

from typing import Final

from headwater.kernel.catalogue import AnySetting
from headwater.kernel.kinds import Int
from headwater.kernel.layers import Settings
from headwater.kernel.settings import Scope, Setting
from headwater.kernel.units import SECOND_MS
from headwater.security.quotas.windows import Windows

QUOTA_WINDOW_NUM: Final = Setting(
    "quota.window.num",
    Int,
    default=11,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Windows over which client quotas are measured, the one that goes on now included.",
)
QUOTA_WINDOW_SIZE_SECONDS: Final = Setting(
    "quota.window.size.seconds",
    Int,
    default=1,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Length of one of these windows. A throttle for time of the loop is never longer.",
)
CONTROLLER_QUOTA_WINDOW_NUM: Final = Setting(
    "controller.quota.window.num",
    Int,
    default=11,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Windows whose changes of topics may come at once, where none came before.",
)
CONTROLLER_QUOTA_WINDOW_SIZE_SECONDS: Final = Setting(
    "controller.quota.window.size.seconds",
    Int,
    default=1,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Length of one of these windows.",
)

SETTINGS: Final[tuple[AnySetting, ...]] = (
    QUOTA_WINDOW_NUM,
    QUOTA_WINDOW_SIZE_SECONDS,
    CONTROLLER_QUOTA_WINDOW_NUM,
    CONTROLLER_QUOTA_WINDOW_SIZE_SECONDS,
)


def client_windows(settings: Settings) -> Windows:
    return Windows(count=settings[QUOTA_WINDOW_NUM], size_ms=settings[QUOTA_WINDOW_SIZE_SECONDS] * SECOND_MS)


def mutation_windows(settings: Settings) -> Windows:
    return Windows(
        count=settings[CONTROLLER_QUOTA_WINDOW_NUM],
        size_ms=settings[CONTROLLER_QUOTA_WINDOW_SIZE_SECONDS] * SECOND_MS,
    )
