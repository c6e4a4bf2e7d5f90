"""DescribeClientQuotas: which quotas are set, for entities that a filter means (KIP-546)."""

from collections.abc import Mapping, Sequence
from enum import IntEnum

from msgspec import Struct

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import the_cluster
from headwater.broker.turns import Turns
from headwater.control.errors import InvalidRequest
from headwater.security.access import Operation
from headwater.security.quotas.entities import Entity, EntityType
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.describe_client_quotas_request import ComponentData, DescribeClientQuotasRequest
from headwater.wire.messages.describe_client_quotas_response import (
    DescribeClientQuotasResponse,
    EntityData,
    EntryData,
    ValueData,
)


def refuse(
    request: DescribeClientQuotasRequest, code: ErrorCode, message: str | None = None
) -> DescribeClientQuotasResponse:
    del request
    return DescribeClientQuotasResponse(error_code=code, error_message=message, entries=None)


API = Api(
    DescribeClientQuotasRequest,
    versions=between(0, 1),
    refuse=refuse,
    needs=(the_cluster(Operation.DESCRIBE_CONFIGS),),
)


class _Match(IntEnum):
    EXACT = 0
    DEFAULT = 1
    SPECIFIED = 2


class _Filter(Struct, frozen=True, kw_only=True):
    """`names` is what a part must be called, None for the default; `types` only have to be there."""

    names: Mapping[str, str | None]
    types: Sequence[str]
    strict: bool

    def means(self, entity: Entity) -> bool:
        parts = dict(entity)
        if self.strict and len(parts) != len(self.names) + len(self.types):
            return False
        return all(each in parts for each in self.types) and all(
            type_ in parts and parts[type_] == name for type_, name in self.names.items()
        )


async def handle(context: Context, request: DescribeClientQuotasRequest) -> DescribeClientQuotasResponse:
    unknown = [each.entity_type for each in request.components if each.entity_type not in ("", *EntityType)]
    if unknown:
        return refuse(request, ErrorCode.UNSUPPORTED_VERSION, f"Unsupported entity type {unknown[0]}")
    wanted = _filter(request)
    if isinstance(wanted, InvalidRequest):
        return refuse(request, wanted.code, str(wanted))
    entries, turns = [], Turns()
    for entity, values in tuple(context.services.cluster.head.quotas):
        await turns.next()
        if wanted.means(entity):
            entries.append(_entry(entity, values))
    return DescribeClientQuotasResponse(error_message=None, entries=tuple(entries))


def _filter(request: DescribeClientQuotasRequest) -> _Filter | InvalidRequest:
    """What the request means, or what is wrong with it, in Kafka's order."""
    names: dict[str, str | None] = {}
    types: list[str] = []
    for each in request.components:
        if not each.entity_type:
            return InvalidRequest("Invalid empty entity type.")
        if each.entity_type in names or each.entity_type in types:
            return InvalidRequest(f"Entity type {each.entity_type} cannot appear more than once in the filter.")
        if refusal := _refusal(each):
            return InvalidRequest(refusal)
        if each.match_type == _Match.SPECIFIED:
            types.append(each.entity_type)
        else:
            names[each.entity_type] = each.match
    if EntityType.IP in (*names, *types) and len(request.components) > 1:
        return InvalidRequest(
            "Invalid entity filter component combination. "
            "IP filter component should not be used with user or clientId filter component."
        )
    return _Filter(names=names, types=types, strict=request.strict)


def _refusal(component: ComponentData) -> str | None:
    if component.match_type not in tuple(_Match):
        return f"Unknown match type {component.match_type}"
    match = _Match(component.match_type)
    if match is _Match.EXACT and component.match is None:
        return "Request specified MATCH_TYPE_EXACT, but set match string to null."
    if match is not _Match.EXACT and component.match is not None:
        return f"Request specified MATCH_TYPE_{match.name}, but also specified a match string."
    return None


def _entry(entity: Entity, values: Mapping[str, float]) -> EntryData:
    return EntryData(
        entity=tuple(EntityData(entity_type=type_, entity_name=name) for type_, name in entity),
        values=tuple(ValueData(key=key, value=value) for key, value in values.items()),
    )
