"""A share group that began with Apache Kafka goes on with us, and ends with Apache Kafka: nothing is read twice, nothing is missed."""

import asyncio
import time
from pathlib import Path

import pytest
from confluent_kafka import Producer, ShareConsumer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic
from tests.conformance.clients.confluent import QUIET
from tests.conformance.clients.port import A_MOMENT_S, DEADLINE_S
from tests.conformance.test_taking_over import HEAP
from tests.e2e.process import start
from tools.apache_kafka import Release, apache_kafka

from headwater.client.address import addresses_of
from headwater.client.admin.group_descriptions import GroupDescription, describe_group
from headwater.client.admin.groups import GroupKind
from headwater.client.admin.share_offsets import share_offsets
from headwater.client.cluster import Cluster
from headwater.client.errors import Refused
from headwater.kernel.real.randomness import SystemRandomness

pytestmark = pytest.mark.java

RECORDS = 300
PARTITIONS = 2
GROUP = "workers"
ALONE = {
    "offsets.topic.num.partitions": "5",
    "offsets.topic.replication.factor": "1",
    "share.coordinator.state.topic.num.partitions": "5",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
}


def test_a_share_group_goes_over_to_us_and_back(kafka_4_4: Release, tmp_path: Path) -> None:
    node = tmp_path / "node"
    with apache_kafka(kafka_4_4, node, settings=ALONE, heap=HEAP) as kafka:
        make(kafka.bootstrap)
        produce(kafka.bootstrap, range(RECORDS))
        first = read(kafka.bootstrap, RECORDS)
        produce(kafka.bootstrap, range(RECORDS, 2 * RECORDS))
        assert lag(kafka.bootstrap) == RECORDS
    ours = start(node / "data", ALONE)
    try:
        assert lag(ours.bootstrap) == RECORDS
        second = read(ours.bootstrap, RECORDS)
        produce(ours.bootstrap, range(2 * RECORDS, 3 * RECORDS))
    finally:
        assert ours.stop() == 0, ours.log_tail()
    with apache_kafka(kafka_4_4, node, settings=ALONE, heap=HEAP) as kafka:
        assert lag(kafka.bootstrap) == RECORDS
        third = read(kafka.bootstrap, RECORDS)
        assert lag(kafka.bootstrap) == 0
    assert sorted(first + second + third) == list(range(3 * RECORDS))


def make(bootstrap: str) -> None:
    admin = AdminClient({**QUIET, "bootstrap.servers": bootstrap})
    for made in admin.create_topics([NewTopic("jobs", PARTITIONS, 1)]).values():
        made.result(DEADLINE_S)
    earliest = ConfigEntry("share.auto.offset.reset", "earliest", incremental_operation=AlterConfigOpType.SET)
    group = ConfigResource(ConfigResource.Type.GROUP, GROUP, incremental_configs=[earliest])
    for changed in admin.incremental_alter_configs([group]).values():
        changed.result(DEADLINE_S)


def produce(bootstrap: str, numbers: range) -> None:
    producer = Producer({**QUIET, "bootstrap.servers": bootstrap})
    for number in numbers:
        producer.produce("jobs", str(number).encode(), partition=number % PARTITIONS)
    assert producer.flush(DEADLINE_S) == 0


def read(bootstrap: str, count: int) -> list[int]:
    values: list[int] = []
    deadline = time.monotonic() + DEADLINE_S
    with ShareConsumer({**QUIET, "bootstrap.servers": bootstrap, "group.id": GROUP}) as consumer:
        consumer.subscribe(["jobs"])
        while len(values) < count and time.monotonic() < deadline:
            values += [int(each.value()) for each in consumer.poll(1.0) if each.error() is None]
        consumer.commit_sync(DEADLINE_S)
    return values


def lag(bootstrap: str) -> int:
    """What is before the group, which nobody is in."""

    async def ask() -> int:
        async with Cluster(addresses_of(bootstrap), randomness=SystemRandomness()) as cluster:
            group = await found(cluster)
            assert (group.kind, group.members) == (GroupKind.SHARE, ())
            return sum(each.lag or 0 for each in (await share_offsets(cluster, GROUP)).values())

    return asyncio.run(ask())


async def found(cluster: Cluster) -> GroupDescription:
    """Kafka lists a group only once it has loaded the partition where the group is."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        try:
            return await describe_group(cluster, GROUP)
        except Refused:
            assert time.monotonic() < deadline
            await asyncio.sleep(A_MOMENT_S)
