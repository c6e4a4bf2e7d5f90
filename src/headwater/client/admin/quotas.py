"""Client quotas: describe and change (KIP-546)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from headwater.client.cluster import Cluster
from headwater.client.errors import check
from headwater.client.roles import AnyBroker
from headwater.wire.messages.alter_client_quotas_request import (
    AlterClientQuotasRequest,
    EntityData,
    EntryData,
    OpData,
)
from headwater.wire.messages.alter_client_quotas_response import AlterClientQuotasResponse
from headwater.wire.messages.describe_client_quotas_request import ComponentData, DescribeClientQuotasRequest
from headwater.wire.messages.describe_client_quotas_response import DescribeClientQuotasResponse

_EXACT: Final = 0
_DEFAULT: Final = 1

Entity = Mapping[str, str | None]
"""`user`, `client-id` or `ip`, with a name; None is the default, which holds for all without a quota of their own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityQuotas:
    entity: Entity
    values: Mapping[str, float]
    """By Kafka's keys, such as `producer_byte_rate`."""


async def describe_quotas(cluster: Cluster, entity: Entity) -> tuple[EntityQuotas, ...]:
    """Of all that have these parts, whatever else they have; everybody's where there are none."""
    components = tuple(
        ComponentData(entity_type=type_, match_type=_DEFAULT if name is None else _EXACT, match=name)
        for type_, name in entity.items()
    )
    request = DescribeClientQuotasRequest(components=components)
    answer = await cluster.ask(AnyBroker(), request, DescribeClientQuotasResponse)
    check(answer.error_code, subject="quotas", message=answer.error_message)
    return tuple(
        EntityQuotas(
            entity={each.entity_type: each.entity_name for each in entry.entity},
            values={each.key: each.value for each in entry.values},
        )
        for entry in answer.entries or ()
    )


async def alter_quotas(cluster: Cluster, entity: Entity, changes: Mapping[str, float | None]) -> None:
    """All of the changes or none; None takes a quota away."""
    entry = EntryData(
        entity=tuple(EntityData(entity_type=type_, entity_name=name) for type_, name in entity.items()),
        ops=tuple(OpData(key=key, value=value or 0.0, remove=value is None) for key, value in changes.items()),
    )
    answer = await cluster.ask(AnyBroker(), AlterClientQuotasRequest(entries=(entry,)), AlterClientQuotasResponse)
    (result,) = answer.entries
    check(result.error_code, subject="quotas", message=result.error_message)
