"""ListConfigResources: which resources can have settings (KIP-1142). Version 0 knew client metrics only (KIP-714)."""

from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import the_cluster
from headwater.broker.nodes import nodes
from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.requests import ResourceType
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.list_config_resources_request import ListConfigResourcesRequest
from headwater.wire.messages.list_config_resources_response import ConfigResource, ListConfigResourcesResponse

_TYPES_FROM: Final = 1


def refuse(request: ListConfigResourcesRequest, code: ErrorCode) -> ListConfigResourcesResponse:
    del request
    return ListConfigResourcesResponse(error_code=code)


API = Api(
    ListConfigResourcesRequest,
    versions=between(0, 1),
    refuse=refuse,
    needs=(the_cluster(Operation.DESCRIBE_CONFIGS),),
)


async def handle(context: Context, request: ListConfigResourcesRequest) -> ListConfigResourcesResponse:
    types = _types(context, request)
    listed = await context.services.cluster.read(
        lambda cluster: [(type_, name) for type_ in types for name in _names(context, cluster, type_)]
    )
    resources = tuple(ConfigResource(resource_name=name, resource_type=type_) for type_, name in listed)
    return ListConfigResourcesResponse(config_resources=resources)


def _types(context: Context, request: ListConfigResourcesRequest) -> list[ResourceType]:
    """No types are all of them."""
    if context.api_version < _TYPES_FROM:
        return [ResourceType.CLIENT_METRICS]
    try:
        return [ResourceType(each) for each in dict.fromkeys(request.resource_types)] or [*ResourceType]
    except ValueError as error:
        raise Refused(ErrorCode.UNSUPPORTED_VERSION, str(error)) from None


def _names(context: Context, cluster: Cluster, type_: ResourceType) -> list[str]:
    """Topics and brokers are listed because they are there, the others because something is set."""
    match type_:
        case ResourceType.TOPIC:
            return [each.name for each in cluster.topics]
        case ResourceType.BROKER | ResourceType.BROKER_LOGGER:
            return [str(each) for each in nodes(context, cluster)]
        case _:
            return cluster.configs.resources(type_)
