"""`/dek-registry/v1/keks`: keys of key management services, by the names that they have here."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Query
from msgspec import UNSET

from headwater.http.access import needs
from headwater.http.endpoints import Endpoints
from headwater.http.parameters import Flag, Name, Paged, Texts
from headwater.registry.api.forwarding import Forwarder, on_writer
from headwater.registry.api.surface import Resource, endpoints
from headwater.registry.encryption.api.bodies import (
    CreateKekRequest,
    Kek,
    TriedKek,
    UpdateKekRequest,
    kek_of,
    tried_kek_of,
)
from headwater.registry.encryption.api.limits import UNLIMITED, SearchLimit
from headwater.registry.encryption.api.names import check_name
from headwater.registry.encryption.records import KekValue
from headwater.registry.encryption.requests import DeleteKek, UndeleteKek, UpdateKek
from headwater.registry.encryption.service import DekRegistryService
from headwater.registry.errors import InvalidKey
from headwater.security.access import Operation

KEKS: Final = "/dek-registry/v1/keks"
KEK: Final = f"{KEKS}/{{name}}"
READ: Final = needs(Operation.READ, Resource.KEK)
WRITE: Final = needs(Operation.WRITE, Resource.KEK)
DELETE: Final = needs(Operation.DELETE, Resource.KEK)

Tried = Annotated[Flag, Query(alias="testSharing")]

_KMS_TYPES: Final = {"aws": "aws-kms", "azure": "azure-kms", "gcp": "gcp-kms"}
"""What a type begins with, in any case, and what it becomes."""
_KEY_IDS: Final[Mapping[str, tuple[str, ...]]] = {
    "aws-kms": ("arn:aws:kms:",),
    "azure-kms": ("https://",),
    "gcp-kms": ("projects/",),
    "hcvault": ("https://", "http://"),
}
"""What a key's id begins with where the type is written just so."""


def keks_api(service: DekRegistryService, forwarder: Forwarder, most: SearchLimit = UNLIMITED) -> Endpoints:
    api = endpoints("Key Encryption Keys (v1)", takes_unknown=True)
    _declare_reads(api, service, most)
    _declare_changes(api, service, forwarder)
    return api


def _declare_reads(api: Endpoints, service: DekRegistryService, most: SearchLimit) -> None:
    @api.get(KEKS, needs=READ)
    async def get_kek_names(
        page: Paged, prefixes: Annotated[Texts, Query(alias="subjectPrefix")] = (), deleted: Flag = False
    ) -> list[str]:
        """Get a list of kek names"""
        if prefixes:
            return most.page(page, await service.read(lambda state: state.kek_names_of(prefixes, deleted=deleted)))
        return most.page(page, await service.read(lambda state: state.kek_names(deleted=deleted)))

    @api.get(KEK, needs=READ)
    async def get_kek(name: Name, deleted: Flag = False) -> Kek:
        """Get a kek by name"""
        return kek_of(await service.kek(check_name(name), deleted=deleted))

    @api.post(f"{KEK}/test", needs=READ)
    async def test_kek(name: Name) -> TriedKek:
        """Test whether a shared kek can be used by the registry"""
        return tried_kek_of(await service.try_kek(check_name(name)))


def _declare_changes(api: Endpoints, service: DekRegistryService, forwarder: Forwarder) -> None:
    guards = (on_writer(forwarder),)

    @api.post(KEKS, needs=WRITE, guards=guards)
    async def create_kek(body: CreateKekRequest, try_sharing: Tried = False) -> Kek:
        """Create a kek"""
        return kek_of(await service.create_kek(_wanted(body), try_sharing=try_sharing))

    @api.put(KEK, needs=WRITE, guards=guards)
    async def update_kek(name: Name, body: UpdateKekRequest, try_sharing: Tried = False) -> Kek:
        """Alter a kek"""
        request = UpdateKek(
            name=check_name(name),
            kms_props=body.kms_props,
            doc=body.doc,
            shared=UNSET if body.shared is None else body.shared,
        )
        return kek_of(await service.update_kek(request, try_sharing=try_sharing))

    @api.delete(KEK, needs=DELETE, guards=guards)
    async def delete_kek(name: Name, permanent: Flag = False) -> None:
        """Delete a kek"""
        await service.submit(DeleteKek(name=check_name(name), permanent=permanent))

    @api.post(f"{KEK}/undelete", needs=WRITE, guards=guards)
    async def undelete_kek(name: Name) -> None:
        """Undelete a kek"""
        await service.submit(UndeleteKek(name=check_name(name)))


def _wanted(body: CreateKekRequest) -> KekValue:
    """Raises InvalidKey."""
    name = check_name(body.name)
    if not body.kms_key_id:
        raise InvalidKey("kmsKeyId")
    if body.kms_type is None:
        raise InvalidKey("kmsType")
    if not body.kms_key_id.startswith(_KEY_IDS.get(body.kms_type, "")):
        raise InvalidKey("kmsKeyId")
    return KekValue(
        name=name,
        kms_type=_kms_type(body.kms_type),
        kms_key_id=body.kms_key_id,
        kms_props=body.kms_props or {},
        doc=body.doc,
        shared=bool(body.shared),
        deleted=bool(body.deleted),
    )


def _kms_type(written: str) -> str:
    lowered = written.lower()
    return next((each for beginning, each in _KMS_TYPES.items() if lowered.startswith(beginning)), written)
