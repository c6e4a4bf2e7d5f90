"""IncrementalAlterConfigs on topics, brokers, loggers, groups and client metrics."""

from typing import Any

import pytest
from tests.broker.rig import Forbid, Rig, rig
from tests.machine.toy import run

from headwater.broker.handlers import incremental_alter_configs
from headwater.broker.settings import MAX_CONNECTIONS
from headwater.control.cluster.requests import CreateTopic
from headwater.kernel import logging
from headwater.security.access import THE_CLUSTER, Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.incremental_alter_configs_request import (
    AlterableConfig,
    AlterConfigsResource,
    IncrementalAlterConfigsRequest,
)
from headwater.wire.types import TopicName, Uuid

TOPIC, BROKER, LOGGER, METRICS, GROUP = 2, 4, 8, 16, 32
SET, DELETE, APPEND, SUBTRACT = range(4)
LOG = "headwater.broker.requests"
Change = tuple[str, int, str | None]


def of(type_: int, name: str, *changes: Change) -> AlterConfigsResource:
    configs = tuple(AlterableConfig(name=each, config_operation=how, value=value) for each, how, value in changes)
    return AlterConfigsResource(resource_type=type_, resource_name=name, configs=configs)


async def with_topic(broker: Rig) -> None:
    id_ = Uuid(bytes([1]) * 16)
    await broker.decide(CreateTopic(name=TopicName("t"), topic_id=id_, partitions=1, replication_factor=1))


async def change(broker: Rig, *items: AlterConfigsResource, version: int = 1, **more: Any) -> list[int]:
    request = IncrementalAlterConfigsRequest(resources=items, **more)
    response = await broker.ask(incremental_alter_configs, request, version)
    assert [each.resource_name for each in response.responses] == [each.resource_name for each in items]
    return [each.error_code for each in response.responses]


def changed(*items: AlterConfigsResource, **more: Any) -> list[int]:
    async def test() -> Any:
        async with rig() as broker:
            await with_topic(broker)
            return await change(broker, *items, **more)

    return run(test)


def in_force(*changes: Change) -> str | None:
    """The topic's `cleanup.policy` after these, one request each."""

    async def test() -> Any:
        async with rig() as broker:
            await with_topic(broker)
            for each in changes:
                assert await change(broker, of(TOPIC, "t", each)) == [ErrorCode.NONE]
            return broker.live.topic("t").explain("cleanup.policy").text

    policy: str | None = run(test)
    return policy


@pytest.mark.parametrize("version", [0, 1])
def test_a_topics_setting_is_at_work_when_the_answer_comes(version):
    async def test() -> Any:
        async with rig() as broker:
            await with_topic(broker)
            codes = await change(broker, of(TOPIC, "t", ("retention.ms", SET, "5")), version=version)
            return codes, broker.live.topic("t").explain("retention.ms").text

    assert run(test) == ([ErrorCode.NONE], "5")


def test_lists_are_appended_to_and_subtracted_from():
    assert in_force(("cleanup.policy", APPEND, "compact")) == "delete,compact"
    assert in_force(("cleanup.policy", APPEND, "compact"), ("cleanup.policy", SUBTRACT, "delete")) == "compact"
    assert in_force(("cleanup.policy", SET, "compact"), ("cleanup.policy", DELETE, None)) == "delete"


def test_a_brokers_own_value_stands_before_the_default_of_all_brokers():
    async def test() -> Any:
        async with rig() as broker:
            name = MAX_CONNECTIONS.name
            codes = await change(broker, of(BROKER, "", (name, SET, "7")), of(BROKER, "1", (name, SET, "8")))
            own = broker.live.broker[MAX_CONNECTIONS]
            await change(broker, of(BROKER, "1", (name, DELETE, None)))
            return codes, own, broker.live.broker[MAX_CONNECTIONS]

    assert run(test) == ([ErrorCode.NONE] * 2, 8, 7)


def test_groups_and_client_metrics_are_changed_alike():
    group = of(GROUP, "g", ("consumer.session.timeout.ms", SET, "50000"))
    assert changed(group, of(METRICS, "m", ("interval.ms", SET, "1000"))) == [ErrorCode.NONE] * 2


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (of(TOPIC, "x", ("retention.ms", SET, "5")), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        (of(TOPIC, "", ("retention.ms", SET, "5")), ErrorCode.INVALID_REQUEST),
        (of(TOPIC, "t", ("no.such", SET, "5")), ErrorCode.INVALID_CONFIG),
        (of(TOPIC, "t", ("retention.ms", SET, "soon")), ErrorCode.INVALID_CONFIG),
        (of(TOPIC, "t", ("retention.ms", APPEND, "5")), ErrorCode.INVALID_CONFIG),
        (of(TOPIC, "t", ("retention.ms", SET, None)), ErrorCode.INVALID_REQUEST),
        (of(TOPIC, "t", ("retention.ms", 9, "5")), ErrorCode.INVALID_REQUEST),
        (of(TOPIC, "t", ("retention.ms", SET, "5"), ("retention.ms", DELETE, None)), ErrorCode.INVALID_REQUEST),
        (of(BROKER, "1", ("num.partitions", SET, "5")), ErrorCode.INVALID_REQUEST),
        (of(BROKER, "", ("listeners", SET, "PLAINTEXT://:1")), ErrorCode.INVALID_REQUEST),
        (of(BROKER, "2", ("max.connections", SET, "5")), ErrorCode.INVALID_REQUEST),
        (of(BROKER, "one", ("max.connections", SET, "5")), ErrorCode.INVALID_REQUEST),
        (of(GROUP, "", ("consumer.session.timeout.ms", SET, "50000")), ErrorCode.INVALID_REQUEST),
        (of(METRICS, "", ("interval.ms", SET, "1000")), ErrorCode.INVALID_REQUEST),
        (of(77, "x", ("interval.ms", SET, "1000")), ErrorCode.INVALID_REQUEST),
        (of(LOGGER, "1", ("no.such.logger", SET, "DEBUG")), ErrorCode.INVALID_CONFIG),
        (of(LOGGER, "1", (LOG, SET, "LOUD")), ErrorCode.INVALID_CONFIG),
        (of(LOGGER, "1", (LOG, APPEND, "DEBUG")), ErrorCode.INVALID_REQUEST),
        (of(LOGGER, "1", (logging.ROOT, DELETE, None)), ErrorCode.INVALID_REQUEST),
        (of(LOGGER, "2", (LOG, SET, "DEBUG")), ErrorCode.INVALID_REQUEST),
        (of(LOGGER, "", (LOG, SET, "DEBUG")), ErrorCode.INVALID_REQUEST),
    ],
)
@pytest.mark.parametrize("validate_only", [False, True])
def test_what_can_not_be_is_refused_with_its_reason_and_the_others_are_changed(item, code, validate_only):
    good = of(BROKER, "1", ("max.connections", SET, "5"))
    other = (
        of(BROKER, "", ("max.connections", SET, "5")) if (item.resource_type, item.resource_name) == (4, "1") else good
    )
    assert changed(item, other, validate_only=validate_only) == [code, ErrorCode.NONE]


def test_a_resource_twice_is_refused_both_times():
    item = of(TOPIC, "t", ("retention.ms", SET, "5"))
    assert changed(item, item) == [ErrorCode.INVALID_REQUEST] * 2


def test_to_validate_only_changes_nothing():
    async def test() -> Any:
        async with rig() as broker:
            level = logging.levels()[LOG]
            items = of(BROKER, "", ("max.connections", SET, "7")), of(LOGGER, "1", (LOG, SET, "FATAL"))
            codes = await change(broker, *items, validate_only=True)
            return codes, broker.live.broker.explain("max.connections").text, logging.levels()[LOG] == level

    assert run(test) == ([ErrorCode.NONE] * 2, "2147483647", True)


def test_the_level_of_a_logger_changes_at_once_and_goes_back():
    async def test() -> Any:
        async with rig() as broker:
            before = logging.levels()[LOG]
            codes = await change(broker, of(LOGGER, "1", (LOG, SET, "FATAL")))
            set_ = logging.levels()[LOG]
            codes += await change(broker, of(LOGGER, "1", (LOG, DELETE, None)))
            return codes, set_, logging.levels()[LOG] == before

    assert run(test) == ([ErrorCode.NONE] * 2, "FATAL", True)


def test_changing_needs_the_right_to_it():
    async def test() -> Any:
        async with rig(authorizer=Forbid((Operation.ALTER_CONFIGS, THE_CLUSTER))) as broker:
            await with_topic(broker)
            allowed = of(TOPIC, "t", ("retention.ms", SET, "5"))
            request = IncrementalAlterConfigsRequest(
                resources=(of(BROKER, "", ("max.connections", SET, "5")), of(LOGGER, "1", (LOG, SET, "INFO")), allowed)
            )
            response = await broker.ask(incremental_alter_configs, request, 1)
            return {each.resource_type: each.error_code for each in response.responses}

    refused = ErrorCode.CLUSTER_AUTHORIZATION_FAILED
    assert run(test) == {TOPIC: ErrorCode.NONE, BROKER: refused, LOGGER: refused}
