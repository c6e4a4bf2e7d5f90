"""AlterConfigs replaces what is set on a resource, and refuses each resource for its own reason."""

from typing import Any

import pytest
from tests.broker.rig import rig
from tests.machine.toy import run

from headwater.broker.handlers import alter_configs
from headwater.control.cluster.requests import CreateTopic, Resource, ResourceType
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.alter_configs_request import AlterableConfig, AlterConfigsRequest, AlterConfigsResource
from headwater.wire.types import TopicName, Uuid

TOPIC, BROKER, LOGGER = 2, 4, 8


def of(type_: int, name: str, **settings: str | None) -> AlterConfigsResource:
    configs = tuple(AlterableConfig(name=each.replace("_", "."), value=value) for each, value in settings.items())
    return AlterConfigsResource(resource_type=type_, resource_name=name, configs=configs)


def altered(*items: AlterConfigsResource, version: int = 2, **more: Any) -> tuple[list[int], Any]:
    """Codes, and what the topic `t`, which had `retention.ms`, has set then."""

    async def test() -> Any:
        async with rig() as broker:
            new = CreateTopic(
                name=TopicName("t"),
                topic_id=Uuid(bytes([1]) * 16),
                partitions=1,
                replication_factor=1,
                settings={"retention.ms": "5"},
            )
            await broker.decide(new)
            response = await broker.ask(alter_configs, AlterConfigsRequest(resources=items, **more), version)
            resource = Resource(type=ResourceType.TOPIC, name="t")
            return [each.error_code for each in response.responses], broker.services.cluster.head.configs.of(resource)

    codes, settings = run(test)
    return codes, settings


@pytest.mark.parametrize("version", range(3))
def test_every_version_replaces_all_that_was_set(version):
    assert altered(of(TOPIC, "t", segment_ms="7"), version=version) == ([ErrorCode.NONE], {"segment.ms": "7"})


def test_to_validate_only_changes_nothing():
    assert altered(of(TOPIC, "t", segment_ms="7"), validate_only=True) == ([ErrorCode.NONE], {"retention.ms": "5"})


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (of(TOPIC, "t", segment_ms=None), ErrorCode.INVALID_REQUEST),
        (of(TOPIC, "t", segment_ms="soon"), ErrorCode.INVALID_CONFIG),
        (of(TOPIC, "x", segment_ms="7"), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        (of(BROKER, "1", num_partitions="7"), ErrorCode.INVALID_REQUEST),
        (of(LOGGER, "1", headwater="INFO"), ErrorCode.INVALID_REQUEST),
    ],
)
def test_what_can_not_be_is_refused_with_its_reason_and_the_old_settings_stay(item, code):
    assert altered(item) == ([code], {"retention.ms": "5"})


def test_a_resource_twice_is_refused_both_times():
    item = of(TOPIC, "t", segment_ms="7")
    assert altered(item, item) == ([ErrorCode.INVALID_REQUEST] * 2, {"retention.ms": "5"})
