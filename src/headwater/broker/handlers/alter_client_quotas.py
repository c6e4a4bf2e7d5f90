"""AlterClientQuotas: how much of the broker users, client ids and addresses may have (KIP-546, KIP-612)."""

from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.duplicates import named_twice
from headwater.broker.errors import Refused
from headwater.broker.needs import the_cluster
from headwater.control.cluster.requests import ChangeQuotas
from headwater.control.errors import ControlError, InvalidRequest
from headwater.security.access import Operation
from headwater.security.quotas.entities import Entity, entity_of
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.alter_client_quotas_request import AlterClientQuotasRequest, EntryData as Asked
from headwater.wire.messages.alter_client_quotas_response import (
    AlterClientQuotasResponse,
    EntityData,
    EntryData as Answered,
)

_CHANGES_MAX: Final = 10_000
"""Of one request, as Kafka's controller has it."""


def _answered(entity: Entity, code: ErrorCode, message: str | None = None) -> Answered:
    names = tuple(EntityData(entity_type=type_, entity_name=name) for type_, name in entity)
    return Answered(error_code=code, error_message=message, entity=names)


def refuse(request: AlterClientQuotasRequest, code: ErrorCode) -> AlterClientQuotasResponse:
    return AlterClientQuotasResponse(entries=tuple(_answered(_entity(each), code) for each in request.entries))


API = Api(
    AlterClientQuotasRequest,
    versions=between(0, 1),
    refuse=refuse,
    needs=(the_cluster(Operation.ALTER_CONFIGS),),
)


async def handle(context: Context, request: AlterClientQuotasRequest) -> AlterClientQuotasResponse:
    if sum(len(each.ops) for each in request.entries) > _CHANGES_MAX:
        raise Refused(ErrorCode.POLICY_VIOLATION, f"one request makes at most {_CHANGES_MAX} changes")
    twice = named_twice(map(_entity, request.entries))
    asked = {_entity(each): each for each in request.entries}
    answers: dict[Entity, ControlError | None]
    answers = {entity: refusal for entity, each in asked.items() if (refusal := _refusal(each, entity in twice))}
    changes = [_change(each, request.validate_only) for entity, each in asked.items() if entity not in answers]
    decided = await context.services.cluster.submit(changes)
    answers |= {each.entity: answer for each, answer in zip(changes, decided, strict=True)}
    return AlterClientQuotasResponse(entries=tuple(_answer(entity, answers[entity]) for entity in asked))


def _entity(asked: Asked) -> Entity:
    return entity_of({each.entity_type: each.entity_name for each in asked.entity})


def _refusal(asked: Asked, is_named_twice: bool) -> ControlError | None:
    if is_named_twice:
        return InvalidRequest("The entity is named twice; nothing was changed for it.")
    keys = named_twice(each.key for each in asked.ops)
    return InvalidRequest(f"Duplicate quota key {min(keys)}; nothing was changed for its entity.") if keys else None


def _change(asked: Asked, validate_only: bool) -> ChangeQuotas:
    changes = {each.key: None if each.remove else each.value for each in asked.ops}
    return ChangeQuotas(entity=_entity(asked), changes=changes, validate_only=validate_only)


def _answer(entity: Entity, refusal: ControlError | None) -> Answered:
    if refusal is None:
        return _answered(entity, ErrorCode.NONE)
    return _answered(entity, refusal.code, str(refusal))
