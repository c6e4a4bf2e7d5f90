"""`/subjects/{subject}/versions`"""

from typing import Annotated

from fastapi import Query, Request

from headwater.http.access import needs
from headwater.http.endpoints import Endpoints, Guard
from headwater.http.parameters import Flag, Paged
from headwater.registry.api.answers import RegisterRequest, Schema
from headwater.registry.api.forms import answer_in, text_in
from headwater.registry.api.parameters import (
    QUALIFIED,
    FindTags,
    Form,
    ReferenceForm,
    SubjectName,
    VersionText,
    version_number,
)
from headwater.registry.api.surface import Resource, endpoints
from headwater.registry.api.tags import found_tags
from headwater.registry.errors import InvalidSubject
from headwater.registry.queries import Deleted, referring, version_anywhere, versions
from headwater.registry.service import Service
from headwater.registry.store.records import SchemaValue
from headwater.registry.store.requests import DeleteVersion
from headwater.registry.subjects import is_subject
from headwater.security.access import Operation

READ = needs(Operation.READ, Resource.SUBJECT)
WRITE = needs(Operation.WRITE, Resource.SUBJECT)
DELETE = needs(Operation.DELETE, Resource.SUBJECT)


def versions_api(service: Service, on_writer: Guard) -> Endpoints:
    api = endpoints("Subjects (v1)")
    _reading(api, service)
    _changing(api, service, on_writer)
    return api


def _reading(api: Endpoints, service: Service) -> None:
    async def find(subject: str, version: str, *, deleted: bool) -> SchemaValue:
        number = version_number(version)
        return await service.read(lambda state: version_anywhere(state, subject, number, deleted=deleted))

    @api.get("/subjects/{subject}/versions", needs=READ)
    async def list_versions(
        subject: SubjectName,
        page: Paged,
        deleted: Flag = False,
        deleted_only: Annotated[Flag, Query(alias="deletedOnly")] = False,
        as_negative: Annotated[Flag, Query(alias="deletedAsNegative")] = False,
    ) -> list[int]:
        """List the versions of a subject"""
        which = Deleted.of(deleted=deleted, only=deleted_only)
        found = await service.read(lambda state: versions(state, subject, which, all_of_them=as_negative))
        return page.of(-each.version if as_negative and each.deleted else each.version for each in found)

    @api.get("/subjects/{subject}/versions/{version}", needs=READ)
    async def schema_by_version(
        subject: SubjectName,
        version: VersionText,
        form: Form = "",
        reference_form: ReferenceForm = "",
        deleted: Flag = False,
        tags: FindTags = (),
    ) -> Schema:
        """Get a version of a subject"""
        found = await find(subject, version, deleted=deleted)
        schema_tags = await found_tags(service, found, tags)
        qualified = reference_form == QUALIFIED
        return await answer_in(service, found, form, qualified=qualified, schema_tags=schema_tags)

    @api.get("/subjects/{subject}/versions/{version}/schema", needs=READ)
    async def text_by_version(
        subject: SubjectName, version: VersionText, form: Form = "", deleted: Flag = False
    ) -> str:
        """Get the text of a version, and nothing else"""
        return await text_in(service, await find(subject, version, deleted=deleted), form)

    @api.get("/subjects/{subject}/versions/{version}/referencedby", needs=READ)
    async def referenced_by(
        subject: SubjectName, version: VersionText, page: Paged, deleted: Flag = False
    ) -> list[int]:
        """List the ids of the schemas that refer to a version"""
        found = await find(subject, version, deleted=True)
        return page.of(await service.read(lambda state: referring(state, found, deleted=deleted)))


def _changing(api: Endpoints, service: Service, on_writer: Guard) -> None:
    @api.post("/subjects/{subject}/versions", needs=WRITE)
    async def register(
        request: Request,
        subject: SubjectName,
        body: RegisterRequest,
        normalize: Flag = False,
        form: Form = "",
        force: Flag = False,
    ) -> Schema:
        """Register a schema under a subject"""
        draft = body.draft(subject)
        if not is_subject(subject):
            raise InvalidSubject(subject)
        normalizes = await service.normalizes(subject, asked=normalize)
        known = None if body.changes_tags else await service.registering.known(draft, normalize=normalizes)
        if known is None:
            await on_writer(request)
            if body.changes_tags:
                draft = await service.understanding.retagged(draft, add=body.tags_to_add, remove=body.tags_to_remove)
            known = await service.registering.register(draft, normalize=normalizes, force=force)
        return await answer_in(service, known, form, subject=None)

    @api.delete("/subjects/{subject}/versions/{version}", needs=DELETE, guards=(on_writer,))
    async def delete_version(subject: SubjectName, version: VersionText, permanent: Flag = False) -> int:
        """Delete a version; for good where it is permanent"""
        request = DeleteVersion(subject=subject, version=version_number(version), permanent=permanent)
        deleted: int = await service.submit(request)
        return deleted
