"""What the state says about a subject at one moment, for those who think about it longer than that."""

from collections.abc import Iterator

from msgspec import Struct

from headwater.registry.defaults import Defaults
from headwater.registry.queries import everywhere
from headwater.registry.store.modes import Mode, config_of, mode_of
from headwater.registry.store.records import ConfigValue, SchemaValue
from headwater.registry.store.state import State
from headwater.registry.subjects import EVERY_CONTEXT


class View(Struct, frozen=True, kw_only=True):
    """`versions` are in ascending order, soft-deleted ones included; `config` and `mode` are those that hold for the subject."""

    config: ConfigValue
    mode: Mode
    versions: tuple[SchemaValue, ...]

    @property
    def living(self) -> tuple[SchemaValue, ...]:
        """Those that are not deleted."""
        return tuple(each for each in self.versions if not each.deleted)

    @property
    def latest(self) -> SchemaValue | None:
        return next((each for each in reversed(self.versions) if not each.deleted), None)

    @property
    def next_version(self) -> int:
        return max((each.version for each in self.versions), default=0) + 1


def view_of(state: State, subject: str, defaults: Defaults) -> View:
    return View(
        config=config_of(state, subject, level=defaults.compatibility_level),
        mode=mode_of(state, subject),
        versions=tuple(_versions(state, subject)),
    )


def _versions(state: State, subject: str) -> Iterator[SchemaValue]:
    """After `:*:`, those of this name in all contexts."""
    if not subject.startswith(EVERY_CONTEXT):
        yield from state.versions(subject, deleted=True)
        return
    for name in everywhere(state, subject.removeprefix(EVERY_CONTEXT)):
        yield from state.versions(name, deleted=True)
