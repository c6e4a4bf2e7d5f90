"""`/schemas`: by their ids, by their GUIDs, and all of them."""

from typing import Annotated, Final

from fastapi import Query

from headwater.http.access import needs
from headwater.http.endpoints import Endpoints
from headwater.http.parameters import Flag, Name, Paged, PathInt
from headwater.registry.api.answers import ContextId, Schema, SubjectVersion, association_answer, schema_answer
from headwater.registry.api.associated import AssociatedWith
from headwater.registry.api.forms import answer_in, text_in
from headwater.registry.api.parameters import QUALIFIED, FindTags, Form, ReferenceForm
from headwater.registry.api.surface import Resource, endpoints
from headwater.registry.api.tags import found_tags
from headwater.registry.errors import SchemaNotFound
from headwater.registry.formats.types import TYPES
from headwater.registry.queries import Deleted, aliased, by_guid, by_id, most_id, places, schemas, users
from headwater.registry.service import Service
from headwater.registry.store.records import SchemaValue
from headwater.security.access import Operation

SCHEMAS_MAX: Final = 1_000
"""In one answer, as Confluent's registry has it."""

READ = needs(Operation.READ, Resource.SCHEMA)

Subject = Annotated[str, Query(alias="subject")]
"""Whose context the id is of, or who has it."""


def schemas_api(service: Service) -> Endpoints:
    api = endpoints("Schemas (v1)")
    _all(api, service)
    _by_id(api, service)
    _by_guid(api, service)
    return api


def _all(api: Endpoints, service: Service) -> None:
    @api.get("/schemas", needs=READ)
    async def list_schemas(
        page: Paged,
        associated: AssociatedWith,
        prefix: Annotated[str, Query(alias="subjectPrefix")] = "",
        aliases: Flag = False,
        deleted: Flag = False,
        latest_only: Annotated[Flag, Query(alias="latestOnly")] = False,
        rule_type: Annotated[str, Query(alias="ruleType")] = "",
    ) -> list[Schema]:
        """List schemas"""
        which = Deleted.of(deleted=deleted)
        named = await service.read(lambda state: aliased(state, prefix) if aliases else {})
        found = await service.over_subjects(
            lambda state, names: schemas(
                state, names, prefix, which, latest_only=latest_only, rule_type=rule_type, also=named
            )
        )
        picked = await service.read(lambda state: page.of(associated.pick(state, found), most=SCHEMAS_MAX))
        return [
            schema_answer(
                each,
                aliases=tuple(named.get(each.subject, ())) or None,
                associations=tuple(map(association_answer, associations)) or None,
            )
            for each, associations in picked
        ]

    @api.get("/schemas/types", needs=READ)
    async def list_types() -> list[str]:
        """List the formats that schemas can have"""
        return list(TYPES)


def _by_id(api: Endpoints, service: Service) -> None:
    async def find(schema_id: int, subject: str) -> SchemaValue:
        found = await service.read(lambda state: by_id(state, schema_id, subject))
        if found is None:
            raise SchemaNotFound(schema_id)
        return found

    async def all_users(schema_id: int, subject: str, *, deleted: bool) -> list[SchemaValue]:
        found = await service.read(lambda state: users(state, schema_id, subject, deleted=deleted))
        if found is None:
            raise SchemaNotFound
        return found

    @api.get("/schemas/ids/{id}", needs=READ)
    async def schema_by_id(
        id: PathInt,  # noqa: A002
        subject: Subject = "",
        form: Form = "",
        reference_form: ReferenceForm = "",
        fetch_max_id: Annotated[Flag, Query(alias="fetchMaxId")] = False,
        tags: FindTags = (),
    ) -> Schema:
        """Get a schema by its id"""
        found = await find(id, subject)
        most = await service.read(lambda state: most_id(state, found)) if fetch_max_id else None
        qualified = reference_form == QUALIFIED
        schema_tags = await found_tags(service, found, tags)
        return await answer_in(service, found, form, qualified=qualified, id=None, max_id=most, schema_tags=schema_tags)

    @api.get("/schemas/ids/{id}/schema", needs=READ)
    async def text_by_id(id: PathInt, subject: Subject = "", form: Form = "") -> str:  # noqa: A002
        """Get a schema's text by its id, and nothing else"""
        return await text_in(service, await find(id, subject), form)

    @api.get("/schemas/ids/{id}/subjects", needs=READ)
    async def subjects_by_id(
        id: PathInt,  # noqa: A002
        page: Paged,
        subject: Subject = "",
        deleted: Flag = False,
    ) -> list[str]:
        """List the subjects that have a schema"""
        return page.of(each.subject for each in await all_users(id, subject, deleted=deleted))

    @api.get("/schemas/ids/{id}/versions", needs=READ)
    async def versions_by_id(
        id: PathInt,  # noqa: A002
        page: Paged,
        subject: Subject = "",
        deleted: Flag = False,
    ) -> list[SubjectVersion]:
        """List the versions that have a schema"""
        found = page.of(await all_users(id, subject, deleted=deleted))
        return [SubjectVersion(subject=each.subject, version=each.version) for each in found]


def _by_guid(api: Endpoints, service: Service) -> None:
    @api.get("/schemas/guids/{guid}", needs=READ)
    async def schema_by_guid(guid: Name, form: Form = "") -> Schema:
        """Get a schema by its GUID"""
        found = await service.read(lambda state: by_guid(state, guid))
        if found is None:
            raise SchemaNotFound(guid)
        return await answer_in(service, found, form, subject=None, version=None, id=None)

    @api.get("/schemas/guids/{guid}/ids", needs=READ)
    async def ids_by_guid(guid: Name) -> list[ContextId]:
        """List the ids of a schema, one in each context that has it"""
        found = await service.read(lambda state: places(state, guid))
        return [ContextId(context=each.context, id=each.id) for each in found]
