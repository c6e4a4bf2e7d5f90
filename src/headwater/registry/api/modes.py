"""`/mode`: whether a subject, a context, or all of them can be written to, and where ids come from."""

from msgspec import Struct

from headwater.http.access import needs
from headwater.http.endpoints import Endpoints, Guard
from headwater.http.parameters import Flag, Name
from headwater.registry.api.surface import DefaultToGlobal, Resource, endpoints
from headwater.registry.errors import InvalidMode, InvalidSubject, NoMode, NotPermitted, SubjectNotFound
from headwater.registry.service import Service
from headwater.registry.store.modes import GLOBAL_SCOPE, Mode, mode_of, own_mode
from headwater.registry.store.requests import DeleteMode, SetMode
from headwater.registry.subjects import is_subject, scope_of
from headwater.security.access import Operation

READ = needs(Operation.DESCRIBE_CONFIGS, Resource.MODE)
WRITE = needs(Operation.ALTER_CONFIGS, Resource.MODE)


class ModeUpdate(Struct, frozen=True, kw_only=True):
    """Null is the mode of the next wider scope."""

    mode: str | None = None


class ModeOf(Struct, frozen=True, kw_only=True, omit_defaults=True):
    mode: str | None = None


def modes_api(service: Service, writer: Guard) -> Endpoints:
    api = endpoints("Modes (v1)", takes_unknown=True)

    @api.get("/mode", needs=READ)
    async def get_global_mode(default: DefaultToGlobal = False) -> ModeOf:
        """Get the mode of all subjects"""
        return await _read(service, "", inherited=default)

    @api.put("/mode", needs=WRITE, guards=[writer])
    async def update_global_mode(body: ModeUpdate, force: Flag = False) -> ModeUpdate:
        """Set the mode of all subjects"""
        return await _set(service, "", body, force=force)

    @api.delete("/mode", needs=WRITE, guards=[writer])
    async def delete_global_mode(recursive: Flag = False) -> ModeOf:
        """Go back to the mode that the registry began with"""
        return await _delete(service, "", recursive=recursive)

    @api.get("/mode/{subject}", needs=READ)
    async def get_subject_mode(subject: Name, default: DefaultToGlobal = False) -> ModeOf:
        """Get the mode of a subject or a context"""
        return await _read(service, subject, inherited=default)

    @api.put("/mode/{subject}", needs=WRITE, guards=[writer])
    async def update_subject_mode(subject: Name, body: ModeUpdate, force: Flag = False) -> ModeUpdate:
        """Set the mode of a subject or a context"""
        return await _set(service, subject, body, force=force)

    @api.delete("/mode/{subject}", needs=WRITE, guards=[writer])
    async def delete_subject_mode(subject: Name, recursive: Flag = False) -> ModeOf:
        """Delete the mode of a subject or a context"""
        return await _delete(service, subject, recursive=recursive)

    return api


async def _read(service: Service, subject: str, *, inherited: bool) -> ModeOf:
    scope = scope_of(subject)
    found = await service.read(lambda state: mode_of(state, scope) if inherited else own_mode(state, scope))
    if found is None:
        raise NoMode(scope or "")
    return ModeOf(mode=found)


async def _set(service: Service, subject: str, update: ModeUpdate, *, force: bool) -> ModeUpdate:
    """Answers what was asked for, in its own letters."""
    if not is_subject(subject, as_scope=True):
        raise InvalidSubject(subject)
    scope, wanted = scope_of(subject), None if update.mode is None else update.mode.upper()
    if wanted is not None and wanted not in Mode.__members__:
        raise InvalidMode
    if wanted == Mode.FORWARD and scope != GLOBAL_SCOPE:
        raise InvalidMode("Forward mode only supported on global level")
    _check_changes(service)
    await service.submit(SetMode(scope=scope, mode=None if wanted is None else Mode(wanted), force=force))
    return update


async def _delete(service: Service, subject: str, *, recursive: bool) -> ModeOf:
    scope = scope_of(subject)
    found = await service.read(lambda state: own_mode(state, scope))
    if found is None and not recursive:
        raise SubjectNotFound(subject)
    _check_changes(service)
    await service.submit(DeleteMode(scope=scope, recursive=recursive))
    return ModeOf(mode=found)


def _check_changes(service: Service) -> None:
    if not service.defaults.modes_change:
        raise NotPermitted("Mode changes are not allowed")
