"""DescribeConfigs: the settings of topics, brokers, loggers, groups and client metrics, with source, type and doc (KIP-226)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from msgspec import structs

from headwater.broker.api import Api, between
from headwater.broker.config_entries import TYPES, Entry, entries, entry
from headwater.broker.config_resources import access_to, check_node, type_of
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import Each
from headwater.broker.refusals import code_of
from headwater.broker.turns import Turns
from headwater.control.cluster.names import check_name
from headwater.control.cluster.requests import ResourceType
from headwater.control.errors import InvalidRequest, UnknownTopic
from headwater.kernel import logging
from headwater.kernel.errors import HeadwaterError
from headwater.kernel.layers import Settings
from headwater.kernel.settings import Source
from headwater.security.access import Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.describe_configs_request import DescribeConfigsRequest, DescribeConfigsResource
from headwater.wire.messages.describe_configs_response import (
    DescribeConfigsResourceResult,
    DescribeConfigsResponse,
    DescribeConfigsResult,
    DescribeConfigsSynonym,
)
from headwater.wire.types import TopicName

_DYNAMIC_BROKER_LOGGER: Final = 6
"""The source of a logger's level, which no other setting has."""
CONFIGS_MAX: Final = 500_000
"""In one answer: all settings of 10,000 topics, and not of each name that a client can think of."""
_TOO_MANY: Final = ErrorCode.POLICY_VIOLATION, "Too much for one answer; ask for fewer resources at a time."


def _refused(item: DescribeConfigsResource, code: ErrorCode, message: str | None = None) -> DescribeConfigsResult:
    return DescribeConfigsResult(
        error_code=code, error_message=message, resource_type=item.resource_type, resource_name=item.resource_name
    )


def refuse(request: DescribeConfigsRequest, code: ErrorCode) -> DescribeConfigsResponse:
    return DescribeConfigsResponse(results=tuple(_refused(each, code) for each in request.resources))


API = Api(
    DescribeConfigsRequest,
    versions=between(1, 4),
    refuse=refuse,
    needs=(
        Each(operation=Operation.DESCRIBE_CONFIGS, items="resources", of=access_to, refused=_refused, into="results"),
    ),
)

Configs = tuple[DescribeConfigsResourceResult, ...]
Made = dict[int, tuple[Settings, Configs]]
"""By the identity of a view, which is held so that it stays what it is. Most topics share one."""


async def handle(context: Context, request: DescribeConfigsRequest) -> DescribeConfigsResponse:
    unknown = [each.resource_type for each in request.resources if type_of(each) is None]
    if unknown:
        raise Refused(ErrorCode.INVALID_REQUEST, f"there is no resource type {unknown[0]}")
    turns, made, left = Turns(), Made(), CONFIGS_MAX
    results = []
    for item in dict.fromkeys(request.resources):
        await turns.next()
        result = _described(context, request, item, made) if left > 0 else _refused(item, *_TOO_MANY)
        left -= len(result.configs)
        results.append(result)
    return DescribeConfigsResponse(results=tuple(results))


def _described(
    context: Context, request: DescribeConfigsRequest, item: DescribeConfigsResource, made: Made
) -> DescribeConfigsResult:
    try:
        configs = _configs(context, request, item, made)
    except HeadwaterError as error:
        return _refused(item, code_of(error), str(error))
    if keys := frozenset(item.configuration_keys or ()):
        configs = tuple(each for each in configs if each.name in keys)
    return DescribeConfigsResult(
        error_message=None, resource_type=item.resource_type, resource_name=item.resource_name, configs=configs
    )


def _configs(context: Context, request: DescribeConfigsRequest, item: DescribeConfigsResource, made: Made) -> Configs:
    kind, name = ResourceType(item.resource_type), item.resource_name
    if kind is ResourceType.BROKER_LOGGER:
        return _loggers(context, name)
    if kind is ResourceType.BROKER and not name:
        return tuple(_config(request, each) for each in _of_all_brokers(context))
    view = _VIEWS[kind](context, name)
    if id(view) not in made:
        made[id(view)] = view, tuple(_config(request, each) for each in entries(view))
    return made[id(view)][1]


# --- what there is to show of each type


def _topic(context: Context, name: str) -> Settings:
    """What is durable of the topic: its settings come into force then."""
    if refusal := check_name(name):
        raise refusal
    if context.services.partitions.id_of(TopicName(name)) is None:
        raise UnknownTopic(name)
    return context.services.settings.topic(name)


def _broker(context: Context, name: str) -> Settings:
    check_node(context, name)
    return context.services.settings.broker


def _of_all_brokers(context: Context) -> Iterator[Entry]:
    """What is set for all brokers, and nothing else."""
    view = context.services.settings.broker
    return (_as_default(entry(view, each)) for each in sorted(view.layers.cluster))


def _as_default(shown: Entry) -> Entry:
    """Of all the layers, the default of all brokers is the one that was asked for."""
    synonyms = tuple(each for each in shown.synonyms if each.source is Source.DYNAMIC_DEFAULT_BROKER)
    own = next(each for each in synonyms if each.name == shown.name)
    return structs.replace(shown, text=own.text, source=own.source, synonyms=synonyms)


def _group(context: Context, name: str) -> Settings:
    if not name:
        raise InvalidRequest("Group name must not be empty")
    return context.services.settings.group(name)


def _client_metrics(context: Context, name: str) -> Settings:
    if not name:
        raise InvalidRequest("Client metrics subscription name must not be empty")
    return context.services.settings.subscription(name)


_VIEWS: Final[Mapping[ResourceType, Callable[[Context, str], Settings]]] = {
    ResourceType.TOPIC: _topic,
    ResourceType.BROKER: _broker,
    ResourceType.GROUP: _group,
    ResourceType.CLIENT_METRICS: _client_metrics,
}


def _loggers(context: Context, name: str) -> Configs:
    if not name:
        raise InvalidRequest("Broker id must not be empty")
    check_node(context, name)
    return tuple(
        DescribeConfigsResourceResult(
            name=logger, value=level, config_source=_DYNAMIC_BROKER_LOGGER, documentation=None
        )
        for logger, level in logging.levels().items()
    )


def _config(request: DescribeConfigsRequest, shown: Entry) -> DescribeConfigsResourceResult:
    setting = shown.setting
    synonyms = shown.synonyms if request.include_synonyms else ()
    return DescribeConfigsResourceResult(
        name=shown.name,
        value=shown.text,
        read_only=not setting.changeable,
        config_source=shown.source.value,
        is_sensitive=setting.sensitive,
        synonyms=tuple(
            DescribeConfigsSynonym(name=each.name, value=each.text, source=each.source.value) for each in synonyms
        ),
        config_type=TYPES[setting.type],
        documentation=setting.doc if request.include_documentation else None,
    )
