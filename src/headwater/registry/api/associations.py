"""`/associations`: which resource, such as a topic, has which subjects."""

from typing import Annotated, Protocol

from fastapi import Query
from msgspec.structs import replace

from headwater.http.access import needs
from headwater.http.endpoints import Endpoints, Guard
from headwater.http.parameters import Flag, Name, Paged
from headwater.registry.api.answers import Association, association_answer, schema_answer
from headwater.registry.api.association_forms import (
    TOPIC,
    AssociationsOf,
    AssociationsUpdate,
    asked_for,
    checked,
    infos,
)
from headwater.registry.api.surface import Resource, endpoints
from headwater.registry.associating import Associating
from headwater.registry.errors import AssociationNotFound, InvalidAssociation
from headwater.registry.service import Service
from headwater.registry.store.associations import Associations, Lifecycle, Wanted
from headwater.registry.store.records import AssociationValue
from headwater.registry.store.requests import Dissociate
from headwater.security.access import Operation

READ = needs(Operation.READ, Resource.ASSOCIATION)
WRITE = needs(Operation.WRITE, Resource.ASSOCIATION)
DELETE = needs(Operation.DELETE, Resource.ASSOCIATION)

ResourceType = Annotated[str, Query(alias="resourceType")]
Types = Annotated[tuple[str, ...], Query(alias="associationType")]
DryRun = Annotated[Flag, Query(alias="dryRun")]


def associations_api(service: Service, associating: Associating, writer: Guard) -> Endpoints:
    api = endpoints("Association (v1)", takes_unknown=True)
    _reading(api, service)
    _changing(api, service, associating, writer)
    return api


def _reading(api: Endpoints, service: Service) -> None:
    @api.get("/associations/subjects/{subject}", needs=READ)
    async def list_by_subject(
        subject: Name,
        page: Paged,
        resource_type: ResourceType = "",
        types: Types = (),
        lifecycle: Lifecycle | None = None,
    ) -> list[Association]:
        """List the associations of a subject"""
        wanted = _wanted(resource_type, types, lifecycle)
        return page.of(await _told(service, lambda associations: associations.of_subject(subject, wanted)))

    @api.get("/associations/resources/{namespace}/{name}", needs=READ)
    async def list_by_name(
        namespace: Name,
        name: Name,
        page: Paged,
        resource_type: ResourceType = "",
        types: Types = (),
        lifecycle: Lifecycle | None = None,
    ) -> list[Association]:
        """List the associations of a resource by its name; `-` is any"""
        wanted = _wanted(resource_type, types, lifecycle)
        return page.of(await _told(service, lambda associations: associations.of_name(name, namespace, wanted)))

    @api.get("/associations/resources/{resource_id}", needs=READ)
    async def list_by_id(
        resource_id: Name,
        page: Paged,
        resource_type: ResourceType = "",
        types: Types = (),
        lifecycle: Lifecycle | None = None,
    ) -> list[Association]:
        """List the associations of a resource"""
        wanted = _wanted(resource_type, types, lifecycle)
        return page.of(await _told(service, lambda associations: associations.of_id(resource_id, wanted)))


def _changing(api: Endpoints, service: Service, associating: Associating, writer: Guard) -> None:
    async def associate(
        update: AssociationsUpdate, context: str, *, is_create: bool, is_dry_run: bool
    ) -> AssociationsOf:
        asked = checked(update, is_create=is_create, is_dry_run=is_dry_run)
        request = asked_for(asked, asked.associations or (), is_create=is_create, is_dry_run=is_dry_run)
        outcome = await associating.associate(request, context=context)
        schemas = {name: schema_answer(value) for name, value in outcome.registered.items()}
        return infos(asked, outcome.written, schemas)

    @api.post("/associations", needs=WRITE, guards=(writer,))
    async def create_associations(
        body: AssociationsUpdate, context: str = "", dry_run: DryRun = False
    ) -> AssociationsOf:
        """Associate a resource with subjects"""
        return await associate(body, context, is_create=True, is_dry_run=dry_run)

    @api.put("/associations/resources/{resource_id}", needs=WRITE, guards=(writer,))
    async def update_associations(
        resource_id: Name, body: AssociationsUpdate, context: str = "", dry_run: DryRun = False
    ) -> AssociationsOf:
        """Add to the associations of a resource, or change them"""
        if body.resource_id not in (None, resource_id):
            why = "Resource ID in the path parameter does not match the resource ID in the request body"
            raise InvalidAssociation("resourceId", why)
        update = replace(body, resource_id=resource_id)
        return await associate(update, context, is_create=False, is_dry_run=dry_run)

    @api.delete("/associations/resources/{resource_id}", needs=DELETE, guards=(writer,))
    async def delete_associations(
        resource_id: Name,
        resource_type: ResourceType = "",
        types: Types = (),
        cascade: Annotated[Flag, Query(alias="cascadeLifecycle")] = False,
        dry_run: DryRun = False,
    ) -> None:
        """Take associations away; with `cascadeLifecycle` also what is frozen, and the subjects that the resource owns"""
        wanted = _wanted(resource_type, types, None)
        if not await service.read(lambda state: state.associations.of_id(resource_id, wanted)):
            raise AssociationNotFound(resource_id)
        request = Dissociate(
            resource_id=resource_id,
            resource_type=resource_type or TOPIC,
            types=types,
            cascade=cascade,
            is_dry_run=dry_run,
        )
        await service.submit(request)


def _wanted(resource_type: str, types: tuple[str, ...], lifecycle: Lifecycle | None) -> Wanted:
    return Wanted(resource_type=resource_type or TOPIC, types=types, lifecycle=lifecycle)


class Find(Protocol):
    def __call__(self, associations: Associations) -> list[AssociationValue]: ...


async def _told(service: Service, find: Find) -> list[Association]:
    found = await service.read(lambda state: find(state.associations))
    return [association_answer(each) for each in found]
