"""DescribeConfigs: values, sources and synonyms of every kind of resource."""

from typing import Any

import pytest
from tests.broker.rig import Forbid, Rig, rig
from tests.machine.toy import run

from headwater.broker.handlers import describe_configs
from headwater.control.cluster.requests import (
    ChangeConfigs,
    ConfigChange,
    ConfigOperation,
    CreateTopic,
    Resource,
    ResourceType,
)
from headwater.kernel import logging
from headwater.security.access import Operation, topic as the_topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.describe_configs_request import DescribeConfigsRequest, DescribeConfigsResource
from headwater.wire.types import TopicName, Uuid

TOPIC, BROKER, LOGGER, METRICS, GROUP = 2, 4, 8, 16, 32
OF_TOPIC, OF_BROKER, OF_ALL_BROKERS, FILE, DEFAULT, OF_LOGGER, OF_METRICS, OF_GROUP = 1, 2, 3, 4, 5, 6, 7, 8


async def change(broker: Rig, type_: int, resource: str, **settings: str) -> None:
    changes = tuple(
        ConfigChange(name=name.replace("_", "."), operation=ConfigOperation.SET, value=value)
        for name, value in settings.items()
    )
    answer = await broker.decide(
        ChangeConfigs(resource=Resource(type=ResourceType(type_), name=resource), changes=changes)
    )
    assert answer is None


async def prepared(broker: Rig) -> None:
    await broker.decide(
        CreateTopic(
            name=TopicName("t"),
            topic_id=Uuid(bytes([1]) * 16),
            partitions=1,
            replication_factor=1,
            settings={"retention.ms": "5"},
        )
    )
    await change(broker, BROKER, "", log_segment_bytes="2000000", max_connections="9")
    await change(broker, BROKER, "1", log_segment_bytes="3000000")
    await change(broker, GROUP, "g", consumer_session_timeout_ms="50000")
    await change(broker, METRICS, "m", interval_ms="1000")


def described(type_: int, name: str, *keys: str, version: int = 4, **more: Any) -> Any:
    of_rig = {each: more.pop(each) for each in ("settings", "authorizer") if each in more}
    item = DescribeConfigsResource(resource_type=type_, resource_name=name, configuration_keys=keys or None)

    async def test() -> Any:
        async with rig(**of_rig) as broker:
            await prepared(broker)
            request = DescribeConfigsRequest(resources=(item,), **more)
            return (await broker.ask(describe_configs, request, version)).results[0]

    return run(test)


def configs(result: Any) -> dict[str, Any]:
    assert result.error_code == ErrorCode.NONE, result.error_message
    return {each.name: each for each in result.configs}


@pytest.mark.parametrize("version", range(1, 5))
def test_every_version_tells_a_topics_settings(version):
    found = configs(described(TOPIC, "t", version=version))
    assert (found["retention.ms"].value, found["retention.ms"].config_source) == ("5", OF_TOPIC)
    assert (found["segment.bytes"].value, found["segment.bytes"].config_source) == ("3000000", OF_BROKER)
    assert (found["cleanup.policy"].value, found["cleanup.policy"].config_source) == ("delete", DEFAULT)
    assert not found["cleanup.policy"].read_only


def test_keys_choose_what_is_told():
    assert [*configs(described(TOPIC, "t", "retention.ms", "no.such"))] == ["retention.ms"]


def test_synonyms_stand_in_the_order_in_which_they_would_come_into_force():
    found = configs(
        described(TOPIC, "t", "segment.bytes", include_synonyms=True, settings={"log.segment.bytes": "1500000"})
    )
    assert [(each.name, each.value, each.source) for each in found["segment.bytes"].synonyms] == [
        ("log.segment.bytes", "3000000", OF_BROKER),
        ("log.segment.bytes", "2000000", OF_ALL_BROKERS),
        ("log.segment.bytes", "1500000", FILE),
        ("log.segment.bytes", "1073741824", DEFAULT),
    ]


def test_docs_and_types_are_told_on_request():
    silent = configs(described(TOPIC, "t"))
    told = configs(described(TOPIC, "t", include_documentation=True))
    assert {each.documentation for each in silent.values()} == {None}
    assert all(each.documentation for each in told.values())
    types = ("retention.ms", "segment.bytes", "cleanup.policy", "compression.type", "preallocate")
    assert [told[each].config_type for each in types] == [5, 3, 7, 2, 1]


def test_a_broker_tells_all_its_settings():
    found = configs(described(BROKER, "1", settings={"num.partitions": "4"}))
    assert (found["num.partitions"].value, found["num.partitions"].config_source) == ("4", FILE)
    assert found["num.partitions"].read_only
    assert (found["log.segment.bytes"].value, found["log.segment.bytes"].config_source) == ("3000000", OF_BROKER)
    assert not found["log.segment.bytes"].read_only
    assert (found["max.connections"].value, found["max.connections"].config_source) == ("9", OF_ALL_BROKERS)
    assert len(found) > 200


def test_the_default_of_all_brokers_tells_what_is_set_there_alone():
    found = configs(described(BROKER, "", include_synonyms=True))
    assert {name: (each.value, each.config_source, len(each.synonyms)) for name, each in found.items()} == {
        "log.segment.bytes": ("2000000", OF_ALL_BROKERS, 1),
        "max.connections": ("9", OF_ALL_BROKERS, 1),
    }


def test_a_secret_is_told_nowhere():
    found = configs(described(BROKER, "1", include_synonyms=True, settings={"ssl.key.password": "hush"}))
    secret = found["ssl.key.password"]
    assert (secret.value, secret.is_sensitive, secret.config_source) == (None, True, FILE)
    assert [each.value for each in secret.synonyms] == [None]


def test_groups_and_client_metrics_have_settings_too():
    group = configs(described(GROUP, "g"))["consumer.session.timeout.ms"]
    assert (group.value, group.config_source) == ("50000", OF_GROUP)
    metrics = configs(described(METRICS, "m"))
    assert (metrics["interval.ms"].value, metrics["interval.ms"].config_source) == ("1000", OF_METRICS)
    assert (metrics["metrics"].value, metrics["metrics"].config_source) == ("", DEFAULT)


def test_loggers_tell_their_levels():
    found = configs(described(LOGGER, "1"))
    assert {name: each.value for name, each in found.items()} == logging.levels()
    assert {each.config_source for each in found.values()} == {OF_LOGGER}


@pytest.mark.parametrize(
    ("type_", "name", "code"),
    [
        (TOPIC, "a b", ErrorCode.INVALID_TOPIC_EXCEPTION),
        (TOPIC, "x", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        (BROKER, "2", ErrorCode.INVALID_REQUEST),
        (BROKER, "one", ErrorCode.INVALID_REQUEST),
        (LOGGER, "", ErrorCode.INVALID_REQUEST),
        (LOGGER, "2", ErrorCode.INVALID_REQUEST),
        (GROUP, "", ErrorCode.INVALID_REQUEST),
        (METRICS, "", ErrorCode.INVALID_REQUEST),
        (77, "x", ErrorCode.INVALID_REQUEST),
    ],
)
def test_what_is_not_there_is_refused_with_its_reason(type_, name, code):
    result = described(type_, name)
    assert (result.error_code, result.resource_type, result.resource_name) == (code, type_, name)


def test_a_resource_that_is_named_again_is_told_once():
    named = DescribeConfigsResource(resource_type=TOPIC, resource_name="t", configuration_keys=None)

    async def test() -> None:
        async with rig() as broker:
            await prepared(broker)
            answer = await broker.ask(describe_configs, DescribeConfigsRequest(resources=(named,) * 5), 4)
        assert [each.resource_name for each in answer.results] == ["t"]

    run(test)


def test_one_answer_tells_no_more_than_fits(monkeypatch):
    monkeypatch.setattr(describe_configs, "CONFIGS_MAX", 30)
    groups = tuple(DescribeConfigsResource(resource_type=GROUP, resource_name=name) for name in "abcdefgh")

    async def test() -> None:
        async with rig() as broker:
            answer = await broker.ask(describe_configs, DescribeConfigsRequest(resources=groups), 4)
        codes = [each.error_code for each in answer.results]
        assert codes == sorted(codes)
        assert codes[0] == ErrorCode.NONE
        assert codes[-1] == ErrorCode.POLICY_VIOLATION

    run(test)


def test_telling_needs_the_right_to_it():
    forbidden = Forbid((Operation.DESCRIBE_CONFIGS, the_topic("t")))
    assert described(TOPIC, "t", authorizer=forbidden).error_code == ErrorCode.TOPIC_AUTHORIZATION_FAILED
