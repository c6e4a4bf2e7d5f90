"""Settings of topics, brokers, groups and loggers: describe and change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from headwater.client.cluster import Cluster
from headwater.client.errors import check
from headwater.client.roles import AnyBroker, Node, Role
from headwater.wire.messages.describe_configs_request import DescribeConfigsRequest, DescribeConfigsResource
from headwater.wire.messages.describe_configs_response import DescribeConfigsResourceResult, DescribeConfigsResponse
from headwater.wire.messages.incremental_alter_configs_request import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from headwater.wire.messages.incremental_alter_configs_response import IncrementalAlterConfigsResponse


class ResourceType(IntEnum):
    """Whose settings they are, by the number in the protocol."""

    TOPIC = 2
    BROKER = 4
    BROKER_LOGGER = 8
    CLIENT_METRICS = 16
    GROUP = 32


class Operation(IntEnum):
    SET = 0
    DELETE = 1
    APPEND = 2
    SUBTRACT = 3


class Source(IntEnum):
    """Where a value comes from."""

    UNKNOWN = 0
    DYNAMIC_TOPIC_CONFIG = 1
    DYNAMIC_BROKER_CONFIG = 2
    DYNAMIC_DEFAULT_BROKER_CONFIG = 3
    STATIC_BROKER_CONFIG = 4
    DEFAULT_CONFIG = 5
    DYNAMIC_BROKER_LOGGER_CONFIG = 6
    DYNAMIC_CLIENT_METRICS_CONFIG = 7
    DYNAMIC_GROUP_CONFIG = 8


@dataclass(frozen=True, slots=True)
class Resource:
    type: ResourceType
    name: str
    """Of a broker, its node id; empty for what holds for all of them."""

    def __str__(self) -> str:
        return f"{self.type.name.lower().replace('_', ' ')} {self.name or '(all)'}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigValue:
    name: str
    value: str | None
    """None where it is sensitive, or where there is none."""
    source: Source
    read_only: bool
    sensitive: bool
    documentation: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    name: str
    value: str | None = None
    operation: Operation = Operation.SET


async def describe_configs(
    cluster: Cluster, resource: Resource, *, names: Sequence[str] | None = None, documentation: bool = False
) -> tuple[ConfigValue, ...]:
    """All settings of the resource, or those named, by name."""
    asked = DescribeConfigsResource(
        resource_type=resource.type,
        resource_name=resource.name,
        configuration_keys=None if names is None else tuple(names),
    )
    request = DescribeConfigsRequest(resources=(asked,), include_documentation=documentation)
    answer = await cluster.ask(_keeper(resource), request, DescribeConfigsResponse)
    (result,) = answer.results
    check(result.error_code, subject=str(resource), message=result.error_message or None)
    return tuple(sorted((_value(each) for each in result.configs), key=lambda each: each.name))


async def alter_configs(
    cluster: Cluster, resource: Resource, changes: Sequence[Change], *, validate_only: bool = False
) -> None:
    """All of the changes or none."""
    asked = AlterConfigsResource(
        resource_type=resource.type,
        resource_name=resource.name,
        configs=tuple(
            AlterableConfig(name=each.name, config_operation=each.operation, value=each.value) for each in changes
        ),
    )
    request = IncrementalAlterConfigsRequest(resources=(asked,), validate_only=validate_only)
    answer = await cluster.ask(_keeper(resource), request, IncrementalAlterConfigsResponse)
    (result,) = answer.responses
    check(result.error_code, subject=str(resource), message=result.error_message or None)


def sets(values: Mapping[str, str]) -> tuple[Change, ...]:
    return tuple(Change(name=name, value=value) for name, value in values.items())


def _keeper(resource: Resource) -> Role:
    """A broker answers for its own settings and loggers, anyone for the rest."""
    of_one = resource.type in {ResourceType.BROKER, ResourceType.BROKER_LOGGER} and resource.name.isdigit()
    return Node(int(resource.name)) if of_one else AnyBroker()


def _value(result: DescribeConfigsResourceResult) -> ConfigValue:
    return ConfigValue(
        name=result.name,
        value=result.value,
        source=Source(result.config_source) if result.config_source in set(Source) else Source.UNKNOWN,
        read_only=result.read_only,
        sensitive=result.is_sensitive,
        documentation=result.documentation or None,
    )
