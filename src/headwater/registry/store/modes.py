"""What may be done to a subject, and which configuration holds for it: its own, its context's, or the one of all.

subject -> its context, or the default of all where it is in the default context -> `:.__GLOBAL:` -> what the registry began with
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from msgspec.structs import replace

from headwater.registry.store.records import ConfigValue, ModeValue
from headwater.registry.store.state import State
from headwater.registry.subjects import DEFAULT_CONTEXT, GLOBAL_CONTEXT, Subject, subject_of

V = TypeVar("V")

_INHERITED: Final = (
    "normalize",
    "validate_fields",
    "validate_new_schemas",
    "validate_rules",
    "compatibility_policy",
    "compatibility_group",
)
GLOBAL_SCOPE: Final = Subject(GLOBAL_CONTEXT, "").scope


class Mode(StrEnum):
    """IMPORT and FORWARD are for schemas that come from elsewhere, with their ids and versions."""

    READWRITE = "READWRITE"
    READONLY = "READONLY"
    READONLY_OVERRIDE = "READONLY_OVERRIDE"
    IMPORT = "IMPORT"
    FORWARD = "FORWARD"

    @property
    def is_read_only(self) -> bool:
        return self in (Mode.READONLY, Mode.READONLY_OVERRIDE)

    @property
    def takes_imports(self) -> bool:
        return self in (Mode.IMPORT, Mode.FORWARD)


def mode_of(state: State, subject: str | None) -> Mode:
    """A mode that nobody here knows lets nothing be written."""
    return _mode(_in_scope(state.modes, subject))


def own_mode(state: State, scope: str | None) -> Mode | None:
    """Which was set for just this scope; what is about all has one always."""
    found = state.modes.get(scope)
    return _mode(found) if found is not None or _is_about_all(scope) else None


def _mode(found: ModeValue | None) -> Mode:
    if found is None or found.mode is None:
        return Mode.READWRITE
    return Mode(found.mode) if found.mode in Mode.__members__ else Mode.READONLY


def own_config(state: State, scope: str | None, *, level: str) -> ConfigValue | None:
    """Which was set for just this scope; what is about all has one always."""
    found = state.configs.get(scope)
    if found is None:
        return ConfigValue(compatibility_level=level) if _is_about_all(scope) else None
    return _with_level(found, level)


def _is_about_all(scope: str | None) -> bool:
    return scope is None or subject_of(scope).context == GLOBAL_CONTEXT


def config_of(state: State, subject: str | None, *, level: str) -> ConfigValue:
    """A subject's own, of which a part is completed by that of all; or, whole, that of the nearest wider scope that has one.
    `level` is the compatibility of whatever says none."""
    own = state.configs.get(subject) if subject is not None else None
    if own is None:
        return _with_level(_in_scope(state.configs, subject) or ConfigValue(), level)
    by = state.configs.get(None) or ConfigValue()
    inherited = {name: getattr(by, name) for name in _INHERITED if getattr(own, name) is None}
    return _with_level(replace(own, **inherited), level)


def _with_level(config: ConfigValue, level: str) -> ConfigValue:
    return config if config.compatibility_level is not None else replace(config, compatibility_level=level)


def _in_scope(values: Mapping[str | None, V], subject: str | None) -> V | None:
    if subject is not None and subject in values:
        return values[subject]
    context = DEFAULT_CONTEXT if subject is None else subject_of(subject).context
    wider = None if context == DEFAULT_CONTEXT else Subject(context, "").scope
    return values.get(wider) or values.get(GLOBAL_SCOPE)
