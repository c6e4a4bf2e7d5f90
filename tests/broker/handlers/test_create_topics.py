"""CreateTopics: what is made, what is told of it, and every reason for which nothing is made."""

from typing import Any

import pytest
from tests.broker.rig import Forbid, Rig, rig
from tests.machine.toy import run

from headwater.broker.handlers import create_topics
from headwater.security.access import THE_CLUSTER, Operation, topic as the_topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.create_topics_request import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from headwater.wire.types import TopicName

VERSIONS = range(2, 8)


def new(name: str, *, partitions: int = 1, factor: int = 1, **configs: str | None) -> CreatableTopic:
    return CreatableTopic(
        name=name,
        num_partitions=partitions,
        replication_factor=factor,
        configs=tuple(
            CreatableTopicConfig(name=each.replace("_", "."), value=value) for each, value in configs.items()
        ),
    )


def assigned(name: str, *replicas: tuple[int, ...], first: int = 0, **more: int) -> CreatableTopic:
    return CreatableTopic(
        name=name,
        num_partitions=more.get("partitions", -1),
        replication_factor=more.get("factor", -1),
        assignments=tuple(
            CreatableReplicaAssignment(partition_index=index, broker_ids=each)
            for index, each in enumerate(replicas, first)
        ),
    )


def asked(*topics: CreatableTopic, version: int = 7, validate_only: bool = False, **of_rig: Any) -> Any:
    async def test() -> Any:
        async with rig(**of_rig) as broker:
            return await create(broker, *topics, version=version, validate_only=validate_only)

    return run(test)


async def create(broker: Rig, *topics: CreatableTopic, version: int = 7, **more: Any) -> Any:
    return (await broker.ask(create_topics, CreateTopicsRequest(topics=topics, **more), version)).topics


def codes(results: Any) -> dict[str, int]:
    return {each.name: each.error_code for each in results}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_makes_topics_that_can_be_produced_to_at_once(version):
    async def test() -> Any:
        async with rig() as broker:
            results = await create(broker, new("a"), new("b", partitions=3), version=version)
            return results, [broker.services.partitions.find(TopicName("b"), each) for each in range(3)]

    results, logs = run(test)
    assert codes(results) == {"a": ErrorCode.NONE, "b": ErrorCode.NONE}
    assert not any(isinstance(each, ErrorCode) for each in logs)


def test_the_answer_says_what_was_made_with_all_its_settings():
    (result,) = asked(new("a", partitions=3, retention_ms="5"), version=5, settings={"log.segment.bytes": "1048576"})
    configs = {each.name: each for each in result.configs}
    assert (result.num_partitions, result.replication_factor) == (3, 1)
    assert (configs["retention.ms"].value, configs["retention.ms"].config_source) == ("5", 1)
    assert (configs["segment.bytes"].value, configs["segment.bytes"].config_source) == ("1048576", 4)
    assert (configs["cleanup.policy"].value, configs["cleanup.policy"].config_source) == ("delete", 5)
    assert [*configs] == sorted(configs)


def test_settings_are_not_told_to_those_who_may_not_know_them():
    forbidden = Forbid((Operation.DESCRIBE_CONFIGS, the_topic("a")))
    (result,) = asked(new("a"), authorizer=forbidden)
    assert result.error_code == ErrorCode.NONE
    assert result.topic_config_error_code == ErrorCode.TOPIC_AUTHORIZATION_FAILED
    assert (result.num_partitions, result.replication_factor, result.configs) == (-1, -1, ())


def test_what_is_left_open_comes_from_the_brokers_settings():
    (result,) = asked(new("a", partitions=-1, factor=-1), settings={"num.partitions": "7"})
    assert (result.num_partitions, result.replication_factor) == (7, 1)


def test_the_default_factor_is_cut_to_the_brokers_there_are_but_a_wish_is_not():
    settings = {"default.replication.factor": "3"}
    default, wish = asked(new("a", factor=-1), new("b", factor=3), settings=settings, brokers=(1, 2))
    assert (default.error_code, default.replication_factor) == (ErrorCode.NONE, 2)
    assert wish.error_code == ErrorCode.INVALID_REPLICATION_FACTOR


@pytest.mark.parametrize(
    ("topic", "code"),
    [
        (new("a b"), ErrorCode.INVALID_TOPIC_EXCEPTION),
        (new(""), ErrorCode.INVALID_TOPIC_EXCEPTION),
        (new("old"), ErrorCode.TOPIC_ALREADY_EXISTS),
        (new("__cluster_metadata"), ErrorCode.INVALID_REQUEST),
        (new("new", partitions=0), ErrorCode.INVALID_PARTITIONS),
        (new("new", partitions=-2), ErrorCode.INVALID_PARTITIONS),
        (new("new", factor=0), ErrorCode.INVALID_REPLICATION_FACTOR),
        (new("new", factor=2), ErrorCode.INVALID_REPLICATION_FACTOR),
        (new("new", factor=-2), ErrorCode.INVALID_REPLICATION_FACTOR),
        (new("new", no_such_setting="1"), ErrorCode.INVALID_CONFIG),
        (new("new", retention_ms="soon"), ErrorCode.INVALID_CONFIG),
        (new("new", retention_ms=None), ErrorCode.INVALID_CONFIG),
        (assigned("new", (1,), partitions=1), ErrorCode.INVALID_REQUEST),
        (assigned("new", (1,), factor=1), ErrorCode.INVALID_REQUEST),
        (assigned("new", (1,), first=1), ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        (assigned("new", (1, 1)), ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        (assigned("new", (9,)), ErrorCode.INVALID_REPLICA_ASSIGNMENT),
    ],
)
@pytest.mark.parametrize("validate_only", [False, True])
def test_what_can_not_be_is_refused_with_its_reason_and_the_others_are_made(topic, code, validate_only):
    async def test() -> Any:
        async with rig() as broker:
            await create(broker, new("old"))
            return await create(broker, topic, new("good"), validate_only=validate_only)

    results = {each.name: each for each in run(test)}
    assert (results[topic.name].error_code, results["good"].error_code) == (code, ErrorCode.NONE)
    assert results[topic.name].error_message


def test_replicas_can_be_chosen():
    async def test() -> Any:
        async with rig(brokers=(1, 2)) as broker:
            results = await create(broker, assigned("a", (2, 1), (1, 2)))
            topic = broker.services.cluster.head.topics.named(TopicName("a"))
            assert topic is not None
            return results, [each.replicas for each in topic.partitions]

    (result,), replicas = run(test)
    assert (result.num_partitions, result.replication_factor) == (2, 2)
    assert replicas == [(2, 1), (1, 2)]


def test_a_partition_that_is_assigned_twice_is_refused():
    twice = CreatableTopic(
        name="a", num_partitions=-1, replication_factor=-1, assignments=assigned("a", (1,)).assignments * 2
    )
    assert codes(asked(twice)) == {"a": ErrorCode.INVALID_REPLICA_ASSIGNMENT}


def test_a_name_twice_is_refused_once_and_not_made():
    results = asked(new("a"), new("b"), new("a"))
    assert [each.name for each in results] == ["a", "b"]
    assert codes(results) == {"a": ErrorCode.INVALID_REQUEST, "b": ErrorCode.NONE}


def test_names_that_collide_are_refused_also_within_one_request():
    assert codes(asked(new("a.b"), new("a_b"))) == {"a.b": ErrorCode.NONE, "a_b": ErrorCode.INVALID_TOPIC_EXCEPTION}


def test_to_validate_only_makes_nothing_and_answers_as_if():
    async def test() -> Any:
        async with rig() as broker:
            results = await create(broker, new("a", partitions=4, retention_ms="5"), validate_only=True)
            return results, len(broker.services.cluster.head.topics)

    (result,), topics = run(test)
    assert (result.error_code, result.num_partitions, topics) == (ErrorCode.NONE, 4, 0)
    assert next(each.value for each in result.configs if each.name == "retention.ms") == "5"


def test_one_request_can_not_make_more_than_a_batch_of_records_should_hold():
    results = asked(new("a", partitions=6_000), new("b", partitions=6_000))
    assert set(codes(results).values()) == {ErrorCode.POLICY_VIOLATION}


def test_the_right_to_create_is_asked_for_the_cluster_or_the_topic():
    forbidden = Forbid((Operation.CREATE, THE_CLUSTER), (Operation.CREATE, the_topic("a")))
    results = asked(new("a"), new("b"), authorizer=forbidden)
    assert codes(results) == {"a": ErrorCode.TOPIC_AUTHORIZATION_FAILED, "b": ErrorCode.NONE}
