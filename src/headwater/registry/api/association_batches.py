"""`/associations:batchGet` and `/associations:batchMutate`: many resources at once, each with an answer or a refusal of its own."""

from itertools import groupby
from typing import Annotated, Final, TypeVar

from fastapi import Query

from headwater.http.endpoints import Endpoints, Guard
from headwater.http.parameters import Flag
from headwater.registry.api.answers import Schema, schema_answer
from headwater.registry.api.association_forms import (
    TOPIC,
    AssociationOperation,
    AssociationsOf,
    BatchGet,
    BatchMutation,
    Does,
    Failure,
    OperationsOf,
    Resource,
    Result,
    Results,
    Wish,
    asked_for,
    checked_operations,
    infos,
)
from headwater.registry.api.associations import READ, WRITE, DryRun
from headwater.registry.api.surface import endpoints
from headwater.registry.associating import Associating
from headwater.registry.errors import (
    AssociationFrozen,
    IncompatibleOffer,
    InvalidAssociation,
    InvalidSchema,
    NoActiveVersion,
    RegistryError,
    ResourceAssociated,
    SchemaTooLarge,
    SubjectAssociated,
    SubjectOwned,
    SubjectReferenced,
)
from headwater.registry.service import Service
from headwater.registry.store.associations import Wanted
from headwater.registry.store.records import AssociationValue
from headwater.registry.store.requests import Dissociate
from headwater.registry.store.state import State

T = TypeVar("T")

MULTI_STATUS: Final = 207
_INTERNAL: Final = 500
_TOLD: Final = (
    AssociationFrozen,
    IncompatibleOffer,
    InvalidAssociation,
    NoActiveVersion,
    ResourceAssociated,
    SchemaTooLarge,
    SubjectAssociated,
    SubjectOwned,
    SubjectReferenced,
)
"""What a batch tells as it is told alone."""


def association_batches_api(service: Service, associating: Associating, writer: Guard) -> Endpoints:
    api = endpoints("Association (v1)", takes_unknown=True)
    batch = Batch(service, associating)

    @api.post("/associations:batchGet", needs=READ, status=MULTI_STATUS)
    async def batch_get(
        body: BatchGet, include_schemas: Annotated[Flag, Query(alias="includeSchemas")] = False
    ) -> Results:
        """Get the associations of many resources"""
        wishes = _some(body.requests)
        return Results(results=tuple([await batch.get(each, with_schemas=include_schemas) for each in wishes]))

    @api.post("/associations:batchMutate", needs=WRITE, guards=(writer,), status=MULTI_STATUS)
    async def batch_mutate(body: BatchMutation, context: str = "", dry_run: DryRun = False) -> Results:
        """Change the associations of many resources"""
        wanted = _some(body.requests)
        return Results(results=tuple([await batch.mutate(each, context, is_dry_run=dry_run) for each in wanted]))

    return api


def _some(requests: tuple[T, ...] | None) -> tuple[T, ...]:
    if not requests:
        raise InvalidAssociation("requests", "cannot be null or empty")
    return requests


class Batch:
    def __init__(self, service: Service, associating: Associating) -> None:
        self._service: Final = service
        self._associating: Final = associating

    async def get(self, wish: Wish, *, with_schemas: bool) -> Result:
        if why := _incomplete(wish):
            return _failed(_INTERNAL, f"Error while getting associations: {why}")
        found = await self._service.read(lambda state: _found(state, wish))
        schemas = await self._service.read(lambda state: _latest(state, found)) if with_schemas else {}
        first = found[0] if found else AssociationValue()
        of = Resource(
            resource_name=first.resource_name if wish.resource_name is None else wish.resource_name,
            resource_namespace=(
                first.resource_namespace if wish.resource_namespace is None else wish.resource_namespace
            ),
            resource_id=first.resource_id if wish.resource_id is None else wish.resource_id,
            resource_type=wish.resource_type or TOPIC,
        )
        return Result(result=infos(of, found, schemas))

    async def mutate(self, asked: OperationsOf, context: str, *, is_dry_run: bool) -> Result:
        """What comes before a refusal has been done."""
        try:
            return Result(result=await self._mutated(asked, context, is_dry_run=is_dry_run))
        except InvalidSchema as refusal:
            return _failed(InvalidAssociation.code, str(refusal))
        except _TOLD as refusal:
            return _failed(refusal.code, str(refusal))
        except RegistryError as refusal:
            return _failed(_INTERNAL, f"Error while creating association: {refusal}")

    async def _mutated(self, asked: OperationsOf, context: str, *, is_dry_run: bool) -> AssociationsOf:
        of = checked_operations(asked, is_dry_run=is_dry_run)
        schemas: dict[str, Schema] = {}
        for does, run in groupby(of.associations or (), key=lambda each: each.op_type):
            operations = tuple(run)
            if does is Does.DELETE:
                await self._delete(of, operations, is_dry_run=is_dry_run)
            else:
                request = asked_for(of, operations, is_create=does is Does.CREATE, is_dry_run=is_dry_run)
                outcome = await self._associating.associate(request, context=context)
                schemas |= {name: schema_answer(value) for name, value in outcome.registered.items()}
        wish = Wish(resource_id=of.resource_id)
        found = [] if is_dry_run else await self._service.read(lambda state: _found(state, wish))
        return infos(of, found, schemas)

    async def _delete(
        self, of: OperationsOf, operations: tuple[AssociationOperation, ...], *, is_dry_run: bool
    ) -> None:
        for each in operations:
            request = Dissociate(
                resource_id=of.resource_id or "",
                resource_type=TOPIC,
                types=(each.association_type or "",),
                cascade=bool(each.cascade_lifecycle),
                is_dry_run=is_dry_run,
            )
            await self._service.submit(request)


def _incomplete(wish: Wish) -> str | None:
    if not wish.resource_id and not wish.resource_name:
        return "property: resourceId; detail: either resourceId or resourceName must be specified"
    if wish.resource_name and not wish.resource_namespace:
        return "property: resourceNamespace; detail: resourceNamespace is required when resourceName is specified"
    return None


def _found(state: State, wish: Wish) -> list[AssociationValue]:
    wanted = Wanted(
        resource_type=wish.resource_type or TOPIC, types=wish.association_types or (), lifecycle=wish.lifecycle
    )
    if wish.resource_id:
        return state.associations.of_id(wish.resource_id, wanted)
    return state.associations.of_name(wish.resource_name or "", wish.resource_namespace or "", wanted)


def _latest(state: State, associations: list[AssociationValue]) -> dict[str, Schema]:
    """By the type of the association, the newest version of its subject."""
    found = {each.association_type or "": state.latest(each.subject or "") for each in associations}
    return {name: schema_answer(value) for name, value in found.items() if value is not None}


def _failed(code: int, message: str) -> Result:
    return Result(error=Failure(error_code=code, message=message))
