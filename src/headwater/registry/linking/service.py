"""What stands between the API and the machines of schema linking: what is right about an exporter, and its secrets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict, replace

from headwater.machine.decision import Answer
from headwater.registry.errors import (
    ExporterNotFound,
    ExporterNotPaused,
    InvalidExporterConfig,
    InvalidExporterName,
    RegistryError,
)
from headwater.registry.linking.exporters import Exporters
from headwater.registry.linking.naming import check_contexts
from headwater.registry.linking.records import ContextType, Exporter, Progress, RunState
from headwater.registry.linking.requests import DropExporter, Forget, Pause, PutExporter, Reset, Resume
from headwater.registry.linking.secrets import Seal
from headwater.registry.linking.states import ExporterStates
from headwater.registry.linking.target import check_config
from headwater.registry.store.port import Store

_NAME_MAX: Final = 256


class Change(Struct, frozen=True, kw_only=True):
    """What is unset stays as it is."""

    context_type: ContextType | UnsetType = UNSET
    context: str | UnsetType | None = UNSET
    subjects: Sequence[str] | UnsetType = UNSET
    subject_rename_format: str | UnsetType | None = UNSET
    kek_rename_format: str | UnsetType | None = UNSET
    config: Mapping[str, str] | UnsetType = UNSET


class LinkingService:
    """`changed` is told after each change."""

    def __init__(
        self, exporters: Store[Exporters], states: Store[ExporterStates], *, seal: Seal, changed: Callable[[], None]
    ) -> None:
        self._exporters = exporters
        self._states = states
        self._seal = seal
        self._changed = changed

    async def names(self) -> list[str]:
        return await self._exporters.read(lambda machine: sorted(machine.by_name))

    async def exporter(self, name: str) -> Exporter:
        """Its secrets are sealed."""
        found = await self._exporters.read(lambda machine: machine.by_name.get(name))
        if found is None:
            raise ExporterNotFound(name)
        return found

    async def progress(self, name: str) -> Progress:
        exporter = await self.exporter(name)
        return await self._states.read(lambda machine: machine.of(name, exporter.created))

    async def create(self, name: str | None, change: Change) -> None:
        if not name or len(name) > _NAME_MAX or not name.isprintable() or "/" in name:
            raise InvalidExporterName
        await self._put(self._with(Exporter(name=name), change), old=None)

    async def update(self, name: str, change: Change) -> None:
        old = await self.exporter(name)
        if (await self.progress(name)).state is not RunState.PAUSED:
            raise ExporterNotPaused(name)
        await self._put(self._with(old, change), old=old)

    async def drop(self, name: str) -> None:
        await _asked(self._exporters, DropExporter(name=name))
        await _asked(self._states, Forget(name=name))
        self._changed()

    async def pause(self, name: str) -> None:
        await self._tell(Pause, name)

    async def resume(self, name: str) -> None:
        await self._tell(Resume, name)

    async def reset(self, name: str) -> None:
        await self._tell(Reset, name)

    async def _tell(self, request: type[Pause] | type[Resume] | type[Reset], name: str) -> None:
        exporter = await self.exporter(name)
        await _asked(self._states, request(name=name, created=exporter.created))
        self._changed()

    def _with(self, old: Exporter, change: Change) -> Exporter:
        """Raises what is wrong with it."""
        said = {name: value for name, value in asdict(change).items() if value is not UNSET}
        if change.subjects is not UNSET:
            said["subjects"] = tuple(change.subjects)
        if change.config is not UNSET:
            said["config"] = self._seal.sealed(change.config, old=old.config)
        exporter = replace(old, **said)
        check_contexts(exporter)
        check_config(self._seal.opened(exporter.config))
        if exporter.context_type is ContextType.CUSTOM and not (exporter.context or "").strip(":."):
            raise InvalidExporterConfig("a CUSTOM context needs a name")
        return exporter

    async def _put(self, exporter: Exporter, *, old: Exporter | None) -> None:
        await _asked(self._exporters, PutExporter(exporter=exporter, old=old))
        self._changed()


async def _asked(store: Store[Any], request: object) -> Answer:
    answer = await store.submit(request)
    if isinstance(answer, RegistryError):
        raise answer
    return answer
