"""`/exporters`: what is copied into which other registry, and how far it is."""

from collections.abc import Mapping
from typing import Final

from msgspec import UNSET, Struct, UnsetType

from headwater.http.access import needs
from headwater.http.endpoints import Endpoints, Guard
from headwater.http.parameters import Name
from headwater.kernel.units import Timestamp
from headwater.registry.api.surface import Resource, endpoints
from headwater.registry.linking.records import ContextType, RunState
from headwater.registry.linking.secrets import told
from headwater.registry.linking.service import Change, LinkingService
from headwater.security.access import Operation

EXPORTERS: Final = "/exporters"
EXPORTER: Final = f"{EXPORTERS}/{{name}}"
READ: Final = needs(Operation.DESCRIBE, Resource.EXPORTER)
WRITE: Final = needs(Operation.ALTER, Resource.EXPORTER)
CREATE: Final = needs(Operation.CREATE, Resource.EXPORTER)
DELETE: Final = needs(Operation.DELETE, Resource.EXPORTER)


class ExporterUpdate(Struct, frozen=True, kw_only=True, rename="camel"):
    """What is left out stays as it is."""

    context_type: ContextType | UnsetType | None = UNSET
    context: str | UnsetType | None = UNSET
    subjects: list[str] | UnsetType | None = UNSET
    subject_rename_format: str | UnsetType | None = UNSET
    kek_rename_format: str | UnsetType | None = UNSET
    config: dict[str, str] | UnsetType | None = UNSET


class NewExporter(ExporterUpdate, frozen=True, kw_only=True, rename="camel"):
    name: str | None = None


class ExporterName(Struct, frozen=True, kw_only=True):
    name: str


class ExporterInfo(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Without secrets."""

    name: str
    subjects: tuple[str, ...]
    context_type: ContextType
    context: str | None = None
    subject_rename_format: str | None = None
    kek_rename_format: str | None = None
    config: Mapping[str, str]


class ExporterStatus(Struct, frozen=True, kw_only=True):
    name: str
    state: RunState
    offset: int
    ts: Timestamp
    trace: str


def exporters_api(service: LinkingService, writer: Guard) -> Endpoints:
    api = endpoints("Exporters (v1)")
    _declare_reads(api, service)
    _declare_changes(api, service, writer)
    _declare_lifecycle(api, service, writer)
    return api


def _declare_reads(api: Endpoints, service: LinkingService) -> None:
    @api.get(EXPORTERS, needs=READ)
    async def list_exporters() -> list[str]:
        """List the exporters"""
        return await service.names()

    @api.get(EXPORTER, needs=READ)
    async def get_exporter(name: Name) -> ExporterInfo:
        """Get an exporter"""
        found = await service.exporter(name)
        return ExporterInfo(
            name=found.name,
            subjects=found.subjects,
            context_type=found.context_type,
            context=found.context,
            subject_rename_format=found.subject_rename_format,
            kek_rename_format=found.kek_rename_format,
            config=told(found.config),
        )

    @api.get(f"{EXPORTER}/status", needs=READ)
    async def get_exporter_status(name: Name) -> ExporterStatus:
        """Get how far an exporter is"""
        found = await service.progress(name)
        return ExporterStatus(name=name, state=found.state, offset=found.offset, ts=found.ts, trace=found.trace)

    @api.get(f"{EXPORTER}/config", needs=READ)
    async def get_exporter_config(name: Name) -> dict[str, str]:
        """Get how an exporter reaches the other registry"""
        return told((await service.exporter(name)).config)


def _declare_changes(api: Endpoints, service: LinkingService, writer: Guard) -> None:
    @api.post(EXPORTERS, needs=CREATE, guards=[writer])
    async def create_exporter(body: NewExporter) -> ExporterName:
        """Create an exporter, which begins at once"""
        await service.create(body.name, _change(body))
        return ExporterName(name=body.name or "")

    @api.put(EXPORTER, needs=WRITE, guards=[writer])
    async def update_exporter(name: Name, body: ExporterUpdate) -> ExporterName:
        """Change an exporter that is paused"""
        await service.update(name, _change(body))
        return ExporterName(name=name)

    @api.put(f"{EXPORTER}/config", needs=WRITE, guards=[writer])
    async def update_exporter_config(name: Name, body: dict[str, str]) -> ExporterName:
        """Change how an exporter that is paused reaches the other registry"""
        await service.update(name, Change(config=body))
        return ExporterName(name=name)

    @api.delete(EXPORTER, needs=DELETE, guards=[writer])
    async def delete_exporter(name: Name) -> None:
        """Delete an exporter; what it has copied stays"""
        await service.drop(name)


def _declare_lifecycle(api: Endpoints, service: LinkingService, writer: Guard) -> None:
    @api.put(f"{EXPORTER}/pause", needs=WRITE, guards=[writer])
    async def pause_exporter(name: Name) -> ExporterName:
        """Pause an exporter"""
        await service.pause(name)
        return ExporterName(name=name)

    @api.put(f"{EXPORTER}/resume", needs=WRITE, guards=[writer])
    async def resume_exporter(name: Name) -> ExporterName:
        """Let a paused exporter go on"""
        await service.resume(name)
        return ExporterName(name=name)

    @api.put(f"{EXPORTER}/reset", needs=WRITE, guards=[writer])
    async def reset_exporter(name: Name) -> ExporterName:
        """Let a paused exporter begin anew when it is resumed"""
        await service.reset(name)
        return ExporterName(name=name)


def _change(body: ExporterUpdate) -> Change:
    """Null is the same as nothing here, but for what may be none."""
    return Change(
        context_type=UNSET if body.context_type is None else body.context_type,
        context=body.context,
        subjects=UNSET if body.subjects is None else body.subjects,
        subject_rename_format=body.subject_rename_format,
        kek_rename_format=body.kek_rename_format,
        config=UNSET if body.config is None else body.config,
    )
