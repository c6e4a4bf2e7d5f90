"""librdkafka within its quotas: it is told that it is throttled, and in the end it has everything."""

import asyncio
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, Producer, ThrottleEvent, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from tests.conformance.clients.confluent import QUIET
from tests.conformance.clients.port import DEADLINE_S
from tests.e2e.process import QUICK, Process, start

from headwater.client.address import addresses_of
from headwater.client.admin.quotas import alter_quotas
from headwater.client.cluster import Cluster
from headwater.kernel.real.randomness import SystemRandomness

VALUE = bytes(20_000)
COUNT = 5
NEXT_TO_NOTHING = 1.0
PLENTY = 1e9


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """With windows of one second, so that nobody is silent for longer where that makes no difference."""
    process = start(tmp_path_factory.mktemp("quotas") / "data", {**QUICK, "quota.window.num": "1"})
    yield process
    assert process.stop() == 0, process.log_tail()


def limit(bootstrap: str, client_id: str, quota: str, rate: float) -> None:
    async def work() -> None:
        async with Cluster(addresses_of(bootstrap), randomness=SystemRandomness()) as cluster:
            await alter_quotas(cluster, {"client-id": client_id}, {quota: rate})

    asyncio.run(work())


def test_a_producer_hears_of_its_throttle_with_its_answer(broker: Process) -> None:
    limit(broker.bootstrap, "greedy-producer", "producer_byte_rate", NEXT_TO_NOTHING)
    throttles: list[ThrottleEvent] = []
    told = {"client.id": "greedy-producer", "throttle_cb": throttles.append}
    producer = Producer({**QUIET, "bootstrap.servers": broker.bootstrap, **told})
    producer.produce("orders", VALUE)
    assert producer.flush(DEADLINE_S) == 0
    while not any(each.throttle_time > len(VALUE) for each in throttles):
        assert producer.poll(DEADLINE_S), "nothing more is heard"


def test_a_consumer_hears_of_its_throttle_and_reads_on_when_it_may(broker: Process) -> None:
    fill(broker.bootstrap, "payments")
    limit(broker.bootstrap, "greedy-consumer", "consumer_byte_rate", NEXT_TO_NOTHING)
    throttles: list[ThrottleEvent] = []
    told = {"client.id": "greedy-consumer", "throttle_cb": throttles.append, "group.id": "greedy"}
    consumer = Consumer({**QUIET, "bootstrap.servers": broker.bootstrap, "fetch.message.max.bytes": len(VALUE), **told})
    consumer.assign([TopicPartition("payments", 0, 0)])
    messages = [consumer.poll(DEADLINE_S)]
    while not throttles:
        assert consumer.poll(0.1) is None
    limit(broker.bootstrap, "greedy-consumer", "consumer_byte_rate", PLENTY)
    messages += [consumer.poll(DEADLINE_S) for _ in range(COUNT - 1)]
    consumer.close()
    assert [each.value() for each in messages if each is not None] == [VALUE] * COUNT


def fill(bootstrap: str, topic: str) -> None:
    """Batches of one record each."""
    admin = AdminClient({**QUIET, "bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, 1)])[topic].result(DEADLINE_S)
    producer = Producer({**QUIET, "bootstrap.servers": bootstrap, "linger.ms": 0})
    for _ in range(COUNT):
        producer.produce(topic, VALUE)
        assert producer.flush(DEADLINE_S) == 0
