"""`/subjects`: which there are, which version a schema is, and their end."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from headwater.http.access import needs
from headwater.http.endpoints import Endpoints, Guard
from headwater.http.parameters import Flag, Paged, Texts
from headwater.registry.api.answers import RegisterRequest, Schema
from headwater.registry.api.forms import answer_in
from headwater.registry.api.parameters import Form, SubjectName
from headwater.registry.api.surface import Resource, endpoints
from headwater.registry.errors import SchemaNotFound, SubjectNotFound
from headwater.registry.queries import Deleted, has_subject, subjects, with_metadata
from headwater.registry.service import Service
from headwater.registry.store.requests import DeleteSubject
from headwater.registry.subjects import EVERY_CONTEXT
from headwater.security.access import Operation

READ = needs(Operation.READ, Resource.SUBJECT)
DELETE = needs(Operation.DELETE, Resource.SUBJECT)


def subjects_api(service: Service, on_writer: Guard) -> Endpoints:
    api = endpoints("Subjects (v1)")

    @api.get("/subjects", needs=READ)
    async def list_subjects(
        page: Paged,
        prefix: Annotated[str, Query(alias="subjectPrefix")] = EVERY_CONTEXT,
        deleted: Flag = False,
        deleted_only: Annotated[Flag, Query(alias="deletedOnly")] = False,
    ) -> list[str]:
        """List subjects"""
        which = Deleted.of(deleted=deleted, only=deleted_only)
        return page.of(await service.over_subjects(lambda state, names: subjects(state, names, prefix, which)))

    @api.post("/subjects/{subject}", needs=READ)
    async def look_up_schema_under_subject(
        subject: SubjectName, body: RegisterRequest, normalize: Flag = False, form: Form = "", deleted: Flag = False
    ) -> Schema:
        """Find the version of a subject that a schema is"""
        normalizes = await service.normalizes(subject, asked=normalize)
        found = await service.find(body.draft(subject), normalize=normalizes, deleted=deleted)
        return await answer_in(service, found, form)

    @api.get("/subjects/{subject}/metadata", needs=READ)
    async def latest_with_metadata(
        subject: SubjectName, key: Texts = (), value: Texts = (), form: Form = "", deleted: Flag = False
    ) -> Schema:
        """Find the latest version that has these metadata"""
        wanted = dict(zip(key, value, strict=False))
        found = await service.read(lambda state: with_metadata(state, subject, wanted, deleted=deleted))
        if found is not None:
            return await answer_in(service, found, form)
        if await service.read(lambda state: has_subject(state, subject, deleted=deleted)):
            raise SchemaNotFound
        raise SubjectNotFound(subject)

    @api.delete("/subjects/{subject}", needs=DELETE, guards=(on_writer,))
    async def delete_subject(subject: SubjectName, permanent: Flag = False) -> Sequence[int]:
        """Delete a subject; for good where it is permanent"""
        deleted: list[int] = await service.submit(DeleteSubject(subject=subject, permanent=permanent))
        return deleted

    return api
