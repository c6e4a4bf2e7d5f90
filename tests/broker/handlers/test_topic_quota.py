"""Creating, growing and deleting topics within `controller_mutation_rate` (KIP-599), by the answers of each version."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.broker.rig import Rig, rig
from tests.machine.toy import run

from headwater.broker.handlers import create_partitions, create_topics, delete_topics, metadata
from headwater.control.cluster.requests import ChangeQuotas
from headwater.security.quotas.entities import entity_of
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.create_partitions_request import CreatePartitionsRequest, CreatePartitionsTopic
from headwater.wire.messages.create_topics_request import CreatableTopic, CreateTopicsRequest
from headwater.wire.messages.delete_topics_request import DeleteTopicsRequest, DeleteTopicState
from headwater.wire.messages.metadata_request import MetadataRequest, MetadataRequestTopic

TOO_MANY = ErrorCode.THROTTLING_QUOTA_EXCEEDED
BURST = 11
"""Of one partition a second."""


async def limit(broker: Rig) -> None:
    changes = {"controller_mutation_rate": 1.0}
    assert await broker.decide(ChangeQuotas(entity=entity_of({"user": None}), changes=changes)) is None


async def create(broker: Rig, *partitions: int, version: int = 7, first: int = 0, **more: Any) -> Any:
    """Topics named by their place in the request."""
    topics = tuple(
        CreatableTopic(name=f"{place}", num_partitions=count, replication_factor=1)
        for place, count in enumerate(partitions, first)
    )
    return await broker.ask(create_topics, CreateTopicsRequest(topics=topics, **more), version)


async def grow(broker: Rig, count: int, version: int = 3) -> Any:
    topics = (CreatePartitionsTopic(name="0", count=count, assignments=None),)
    return await broker.ask(create_partitions, CreatePartitionsRequest(topics=topics), version)


async def delete(broker: Rig, version: int = 6) -> Any:
    named = {"topics": (DeleteTopicState(name="0"),)} if version >= 6 else {"topic_names": ("0",)}
    return await broker.ask(delete_topics, DeleteTopicsRequest(**named), version)


def asked(work: Callable[[Rig], Any]) -> Any:
    async def test() -> Any:
        async with rig() as broker:
            await limit(broker)
            return await work(broker)

    return run(test)


def codes(response: Any) -> list[int]:
    return [each.error_code for each in response.topics]


def about(ms: int) -> Any:
    """Appends take a while here."""
    return pytest.approx(ms, abs=100)


def test_topics_are_made_until_there_is_nothing_left_and_the_rest_has_to_wait():
    async def work(broker: Rig) -> Any:
        made = await create(broker, 10, 5, 1)
        await asyncio.sleep(made.throttle_time_ms / 1_000)
        return made, await create(broker, 1, first=2)

    first, second = asked(work)
    assert (codes(first), first.throttle_time_ms) == ([0, 0, TOO_MANY], about(4_000))
    assert first.topics[2].error_message == "The throttling quota has been exceeded."
    assert (codes(second), second.throttle_time_ms) == ([0], 0)


def test_what_could_not_be_made_costs_nothing():
    async def work(broker: Rig) -> Any:
        await create(broker, 1)
        for _ in range(3 * BURST):
            assert codes(await create(broker, 1)) == [ErrorCode.TOPIC_ALREADY_EXISTS]
        return await create(broker, 0, BURST - 2, validate_only=True), await create(broker, 0, BURST - 1)

    validated, made = asked(work)
    assert codes(validated)[1] == 0
    assert (codes(made)[1], made.throttle_time_ms) == (0, 0)


@pytest.mark.parametrize("version", [2, 5])
def test_an_old_client_gets_its_topics_and_is_to_be_silent(version):
    response = asked(lambda broker: create(broker, BURST, 5, version=version))
    assert (codes(response), response.throttle_time_ms) == ([0, 0], about(5_000))


@pytest.mark.parametrize(("version", "code"), [(2, 0), (3, TOO_MANY)])
def test_partitions_are_added_within_the_quota(version, code):
    async def work(broker: Rig) -> Any:
        await create(broker, BURST + 1)
        return await grow(broker, 20, version)

    response = asked(work)
    assert response.results[0].error_code == code
    assert response.throttle_time_ms == about(1_000 if code else 9_000)


@pytest.mark.parametrize(("version", "code"), [(4, 0), (5, TOO_MANY), (6, TOO_MANY)])
def test_topics_are_deleted_within_the_quota(version, code):
    async def work(broker: Rig) -> Any:
        await create(broker, BURST + 1)
        return await delete(broker, version)

    response = asked(work)
    assert response.responses[0].error_code == code
    assert response.throttle_time_ms == about(1_000 if code else 13_000)


def test_topics_that_are_made_by_being_asked_for_are_within_the_quota():
    async def work(broker: Rig) -> Any:
        names = tuple(MetadataRequestTopic(name=f"auto-{number}") for number in range(2 * BURST))
        request = MetadataRequest(topics=names, allow_auto_topic_creation=True)
        first = codes(await broker.ask(metadata, request, 12))
        await asyncio.sleep(BURST)
        return first, codes(await broker.ask(metadata, request, 12))

    first, second = asked(work)
    assert sorted(first) == [0] * (BURST + 1) + [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION] * (BURST - 1)
    assert second == [0] * 2 * BURST
