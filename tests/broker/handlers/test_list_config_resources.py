"""ListConfigResources, of every type."""

from typing import Any

from tests.broker.rig import Forbid, rig
from tests.machine.toy import run

from headwater.broker.handlers import list_config_resources
from headwater.control.cluster.requests import (
    ChangeConfigs,
    ConfigChange,
    ConfigOperation,
    CreateTopic,
    Resource,
    ResourceType,
)
from headwater.security.access import THE_CLUSTER, Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.list_config_resources_request import ListConfigResourcesRequest
from headwater.wire.types import TopicName, Uuid

TOPIC, BROKER, LOGGER, METRICS, GROUP = 2, 4, 8, 16, 32


def listed(*types: int, version: int = 1, **of_rig: Any) -> Any:
    async def test() -> Any:
        async with rig(**of_rig) as broker:
            id_ = Uuid(bytes([1]) * 16)
            await broker.decide(CreateTopic(name=TopicName("t"), topic_id=id_, partitions=1, replication_factor=1))
            for type_, name, setting, value in (
                (ResourceType.GROUP, "g", "consumer.session.timeout.ms", "50000"),
                (ResourceType.CLIENT_METRICS, "m", "interval.ms", "1000"),
            ):
                change = ConfigChange(name=setting, operation=ConfigOperation.SET, value=value)
                await broker.decide(ChangeConfigs(resource=Resource(type=type_, name=name), changes=(change,)))
            request = ListConfigResourcesRequest(resource_types=types)
            return await broker.ask(list_config_resources, request, version)

    return run(test)


def resources(response: Any) -> list[tuple[int, str]]:
    assert response.error_code == ErrorCode.NONE
    return [(each.resource_type, each.resource_name) for each in response.config_resources]


def test_version_0_lists_client_metrics_only():
    assert resources(listed(version=0)) == [(METRICS, "m")]


def test_all_types_are_listed_where_none_is_named():
    assert resources(listed()) == [(TOPIC, "t"), (BROKER, "1"), (LOGGER, "1"), (METRICS, "m"), (GROUP, "g")]


def test_the_named_types_are_listed():
    assert resources(listed(GROUP, TOPIC, GROUP)) == [(GROUP, "g"), (TOPIC, "t")]


def test_a_type_that_is_not_known_is_refused():
    assert listed(77).error_code == ErrorCode.UNSUPPORTED_VERSION


def test_listing_needs_the_right_to_it():
    response = listed(authorizer=Forbid((Operation.DESCRIBE_CONFIGS, THE_CLUSTER)))
    assert response.error_code == ErrorCode.CLUSTER_AUTHORIZATION_FAILED
