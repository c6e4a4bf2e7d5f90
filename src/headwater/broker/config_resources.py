"""What settings can belong to, as the requests about settings name it, and which right each kind needs."""

from collections.abc import Mapping
from typing import Final, Protocol

from headwater.broker.context import Context
from headwater.control.cluster.requests import ResourceType
from headwater.control.errors import InvalidRequest
from headwater.security.access import THE_CLUSTER, Resource, group, topic

_TYPES: Final[Mapping[int, ResourceType]] = {each.value: each for each in ResourceType}


class Named(Protocol):
    """An item of such a request."""

    @property
    def resource_type(self) -> int: ...

    @property
    def resource_name(self) -> str: ...


def type_of(item: Named) -> ResourceType | None:
    """None for a number that is no type of Kafka's."""
    return _TYPES.get(item.resource_type)


def access_to(item: Named) -> Resource | None:
    """Brokers, their loggers and client metrics are the cluster's. None where there is nothing to protect."""
    match type_of(item):
        case ResourceType.TOPIC:
            return topic(item.resource_name)
        case ResourceType.GROUP:
            return group(item.resource_name)
        case None:
            return None
        case _:
            return THE_CLUSTER


def check_node(context: Context, name: str) -> None:
    """A broker knows its own settings only. Raises InvalidRequest."""
    try:
        node_id = int(name)
    except ValueError:
        raise InvalidRequest(f"Broker id must be an integer, but it is: {name}") from None
    own = context.services.node_id
    if node_id != own:
        raise InvalidRequest(f"Unexpected broker id, expected {own}, but received {name}")
