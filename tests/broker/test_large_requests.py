"""A request may name very many things. Whoever else has something to do comes in between: counted, and not timed."""

import asyncio
from typing import Any

import pytest
from tests.broker.rig import Rig, rig
from tests.machine.toy import run

from headwater.broker import turns
from headwater.broker.handlers import (
    alter_configs,
    create_topics,
    delete_groups,
    describe_client_quotas,
    describe_configs,
    describe_groups,
    incremental_alter_configs,
    metadata,
    offset_fetch,
)
from headwater.control.cluster.requests import ChangeQuotas, CreateTopic
from headwater.security.quotas.entities import entity_of
from headwater.wire.messages.alter_configs_request import AlterConfigsRequest, AlterConfigsResource
from headwater.wire.messages.create_topics_request import CreatableTopic, CreateTopicsRequest
from headwater.wire.messages.delete_groups_request import DeleteGroupsRequest
from headwater.wire.messages.describe_client_quotas_request import DescribeClientQuotasRequest
from headwater.wire.messages.describe_configs_request import DescribeConfigsRequest, DescribeConfigsResource
from headwater.wire.messages.describe_groups_request import DescribeGroupsRequest
from headwater.wire.messages.incremental_alter_configs_request import (
    AlterConfigsResource as Changed,
    IncrementalAlterConfigsRequest,
)
from headwater.wire.messages.metadata_request import MetadataRequest
from headwater.wire.messages.offset_fetch_request import OffsetFetchRequest, OffsetFetchRequestGroup
from headwater.wire.types import TopicName, Uuid

MANY = 50
NAMES = tuple(f"name-{number}" for number in range(MANY))
TOPIC = 2


class Others:
    """Do something whenever they can."""

    def __init__(self) -> None:
        self.times = 0
        self._handle = asyncio.get_running_loop().call_soon(self._again)

    def _again(self) -> None:
        self.times += 1
        self._handle = asyncio.get_running_loop().call_soon(self._again)

    def stop(self) -> int:
        self._handle.cancel()
        return self.times


async def fill(broker: Rig) -> None:
    topics = (
        CreateTopic(name=TopicName(name), topic_id=Uuid(bytes([number + 1]) * 16), partitions=1, replication_factor=1)
        for number, name in enumerate(NAMES)
    )
    quotas = (ChangeQuotas(entity=entity_of({"user": each}), changes={"request_percentage": 1.0}) for each in NAMES)
    await broker.services.cluster.submit([*topics, *quotas])


@pytest.mark.parametrize(
    ("handler", "request_", "version"),
    [
        (metadata, MetadataRequest(topics=None), 12),
        (describe_groups, DescribeGroupsRequest(groups=NAMES), 5),
        (delete_groups, DeleteGroupsRequest(groups_names=NAMES), 2),
        (
            offset_fetch,
            OffsetFetchRequest(groups=tuple(OffsetFetchRequestGroup(group_id=each, topics=None) for each in NAMES)),
            9,
        ),
        (
            describe_configs,
            DescribeConfigsRequest(
                resources=tuple(DescribeConfigsResource(resource_type=TOPIC, resource_name=each) for each in NAMES)
            ),
            4,
        ),
        (
            alter_configs,
            AlterConfigsRequest(
                resources=tuple(AlterConfigsResource(resource_type=TOPIC, resource_name=each) for each in NAMES)
            ),
            2,
        ),
        (
            incremental_alter_configs,
            IncrementalAlterConfigsRequest(
                resources=tuple(Changed(resource_type=TOPIC, resource_name=each) for each in NAMES)
            ),
            1,
        ),
        (describe_client_quotas, DescribeClientQuotasRequest(), 1),
        (create_topics, CreateTopicsRequest(topics=tuple(CreatableTopic(name=each) for each in NAMES)), 7),
    ],
    ids=lambda given: getattr(given, "__name__", "").rpartition(".")[2],
)
def test_others_have_their_turns_between_any_two_of_many(monkeypatch, handler, request_, version):
    monkeypatch.setattr(turns, "TURN_MAX_S", -1)

    async def test() -> Any:
        async with rig() as broker:
            await fill(broker)
            others = Others()
            await broker.ask(handler, request_, version)
            return others.stop()

    assert run(test) >= MANY
