"""`/dek-registry/v1/keks/{name}/deks`: keys that encrypt the data of a subject, wrapped."""

from typing import Annotated, Final

from fastapi import Query

from headwater.http.access import needs
from headwater.http.endpoints import Endpoints
from headwater.http.parameters import Flag, Name, Paged
from headwater.registry.api.forwarding import Forwarder, on_writer
from headwater.registry.api.surface import Resource, endpoints
from headwater.registry.encryption.api.bodies import CreateDekRequest, Dek, dek_of
from headwater.registry.encryption.api.keks import KEK
from headwater.registry.encryption.api.limits import UNLIMITED, SearchLimit
from headwater.registry.encryption.api.names import check_name, check_subject, version_of
from headwater.registry.encryption.records import Algorithm, DekName
from headwater.registry.encryption.requests import FIRST, DeleteDeks, NewDek, UndeleteDeks
from headwater.registry.encryption.service import DekRegistryService
from headwater.security.access import Operation

DEKS: Final = f"{KEK}/deks"
SUBJECT: Final = f"{DEKS}/{{subject}}"
VERSIONS: Final = f"{SUBJECT}/versions"
VERSION: Final = f"{VERSIONS}/{{version}}"
READ: Final = needs(Operation.READ, Resource.DEK)
WRITE: Final = needs(Operation.WRITE, Resource.DEK)
DELETE: Final = needs(Operation.DELETE, Resource.DEK)

Chosen = Annotated[Algorithm, Query()]
USUAL: Final = Algorithm.AES256_GCM


def deks_api(
    service: DekRegistryService,
    forwarder: Forwarder,
    *,
    most_subjects: SearchLimit = UNLIMITED,
    most_versions: SearchLimit = UNLIMITED,
) -> Endpoints:
    api = endpoints("Data Encryption Keys (v1)", takes_unknown=True)
    _declare_lists(api, service, most_subjects, most_versions)
    _declare_reads(api, service)
    _declare_creations(api, service, forwarder)
    _declare_deletions(api, service, forwarder)
    _declare_undeletions(api, service, forwarder)
    return api


def _declare_lists(
    api: Endpoints, service: DekRegistryService, most_subjects: SearchLimit, most_versions: SearchLimit
) -> None:
    @api.get(DEKS, needs=READ)
    async def get_dek_subjects(name: Name, page: Paged, deleted: Flag = False) -> list[str]:
        """Get a list of dek subjects"""
        await service.kek(check_name(name), deleted=deleted)
        return most_subjects.page(page, await service.read(lambda state: state.subjects(name, deleted=deleted)))

    @api.get(VERSIONS, needs=READ)
    async def get_dek_versions(
        name: Name, subject: Name, page: Paged, algorithm: Chosen = USUAL, deleted: Flag = False
    ) -> list[int]:
        """List versions of a dek"""
        named = _named(name, subject, algorithm)
        await service.kek(name, deleted=deleted)
        versions = await service.read(lambda state: state.versions(named, deleted=deleted))
        return most_versions.page(page, (each.value.version for each in versions))


def _declare_reads(api: Endpoints, service: DekRegistryService) -> None:
    @api.get(SUBJECT, needs=READ)
    async def get_dek(name: Name, subject: Name, algorithm: Chosen = USUAL, deleted: Flag = False) -> Dek:
        """Get a dek by subject"""
        named = _named(name, subject, algorithm)
        return dek_of(await service.dek(named, FIRST, deleted=deleted))

    @api.get(VERSION, needs=READ)
    async def get_dek_by_version(
        name: Name, subject: Name, version: Name, algorithm: Chosen = USUAL, deleted: Flag = False
    ) -> Dek:
        """Get a dek by subject and version"""
        named = _named(name, subject, algorithm)
        return dek_of(await service.dek(named, version_of(version), deleted=deleted))


def _declare_creations(api: Endpoints, service: DekRegistryService, forwarder: Forwarder) -> None:
    guards = (on_writer(forwarder),)

    @api.post(DEKS, needs=WRITE, guards=guards)
    async def create_dek(name: Name, body: CreateDekRequest) -> Dek:
        """Create a dek; deprecated, for its subject belongs into the path"""
        wanted = DekName(kek_name=check_name(name), subject=check_subject(body.subject), algorithm=_algorithm(body))
        return dek_of(await service.create_dek(_wanted(wanted, body, rewrap=False)))

    @api.post(SUBJECT, needs=WRITE, guards=guards)
    async def create_dek_with_subject(name: Name, subject: Name, body: CreateDekRequest, rewrap: Flag = False) -> Dek:
        """Create a dek"""
        wanted = _named(name, subject, _algorithm(body))
        return dek_of(await service.create_dek(_wanted(wanted, body, rewrap=rewrap)))


def _declare_deletions(api: Endpoints, service: DekRegistryService, forwarder: Forwarder) -> None:
    guards = (on_writer(forwarder),)

    @api.delete(SUBJECT, needs=DELETE, guards=guards)
    async def delete_dek_versions(
        name: Name, subject: Name, algorithm: Chosen = USUAL, permanent: Flag = False
    ) -> None:
        """Delete all versions of a dek"""
        named = _named(name, subject, algorithm)
        await service.submit(DeleteDeks(name=named, permanent=permanent))

    @api.delete(VERSION, needs=DELETE, guards=guards)
    async def delete_dek_version(
        name: Name, subject: Name, version: Name, algorithm: Chosen = USUAL, permanent: Flag = False
    ) -> None:
        """Delete a dek version"""
        named = _named(name, subject, algorithm)
        await service.submit(DeleteDeks(name=named, version=version_of(version), permanent=permanent))


def _declare_undeletions(api: Endpoints, service: DekRegistryService, forwarder: Forwarder) -> None:
    guards = (on_writer(forwarder),)

    @api.post(f"{SUBJECT}/undelete", needs=WRITE, guards=guards)
    async def undelete_dek_versions(name: Name, subject: Name, algorithm: Chosen = USUAL) -> None:
        """Undelete all versions of a dek"""
        await service.submit(UndeleteDeks(name=_named(name, subject, algorithm)))

    @api.post(f"{VERSION}/undelete", needs=WRITE, guards=guards)
    async def undelete_dek_version(name: Name, subject: Name, version: Name, algorithm: Chosen = USUAL) -> None:
        """Undelete a dek version"""
        named = _named(name, subject, algorithm)
        await service.submit(UndeleteDeks(name=named, version=version_of(version)))


def _named(name: str, subject: str, algorithm: Algorithm) -> DekName:
    """Raises InvalidKey."""
    return DekName(kek_name=check_name(name), subject=check_subject(subject), algorithm=algorithm)


def _algorithm(body: CreateDekRequest) -> Algorithm:
    return body.algorithm or USUAL


def _wanted(name: DekName, body: CreateDekRequest, *, rewrap: bool) -> NewDek:
    return NewDek(
        name=name,
        version=FIRST if body.version is None else body.version,
        encrypted_key_material=body.encrypted_key_material,
        deleted=bool(body.deleted),
        rewrap=rewrap,
    )
