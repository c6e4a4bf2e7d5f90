"""A consumer group that began with Apache Kafka goes on with us, and ends with Apache Kafka: its static member, away meanwhile,
finds its partitions and its place each time."""

from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from tests.conformance.clients.confluent import QUIET
from tests.conformance.clients.port import DEADLINE_S
from tests.conformance.test_taking_over import HEAP
from tests.e2e.process import start
from tools.apache_kafka import Release, apache_kafka

pytestmark = pytest.mark.java

RECORDS = 300
PARTITIONS = 2
GROUP = "readers"
ALONE = {"offsets.topic.num.partitions": "5", "offsets.topic.replication.factor": "1"}


def test_a_consumer_group_goes_over_to_us_and_back(kafka_4_4: Release, tmp_path: Path) -> None:
    node = tmp_path / "node"
    with apache_kafka(kafka_4_4, node, settings=ALONE, heap=HEAP) as kafka:
        admin = AdminClient({**QUIET, "bootstrap.servers": kafka.bootstrap})
        admin.create_topics([NewTopic("orders", PARTITIONS, 1)])["orders"].result(DEADLINE_S)
        first = turn(kafka.bootstrap, 0)
    ours = start(node / "data", ALONE)
    try:
        assert described(ours.bootstrap) == ("CONSUMER", ["one"])
        second = turn(ours.bootstrap, 1)
    finally:
        assert ours.stop() == 0, ours.log_tail()
    with apache_kafka(kafka_4_4, node, settings=ALONE, heap=HEAP) as kafka:
        assert described(kafka.bootstrap) == ("CONSUMER", ["one"])
        third = turn(kafka.bootstrap, 2)
    assert [sorted(each) for each in (first, second, third)] == [numbers(each) for each in range(3)]


def turn(bootstrap: str, number: int) -> list[int]:
    """What the member reads of this turn's records, and whatever was left of those before."""
    produce(bootstrap, numbers(number))
    member = Consumer(
        {
            **QUIET,
            "bootstrap.servers": bootstrap,
            "group.id": GROUP,
            "group.protocol": "consumer",
            "group.instance.id": "one",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    member.subscribe(["^ord.*"])
    values: list[int] = []
    while len(values) < RECORDS:
        messages = member.consume(RECORDS, DEADLINE_S)
        assert messages, f"{len(values)} of {RECORDS} records"
        values += [int(each.value() or b"") for each in messages]
    assert len(member.assignment()) == PARTITIONS
    member.commit(asynchronous=False)
    member.close()
    return values


def produce(bootstrap: str, what: list[int]) -> None:
    producer = Producer({**QUIET, "bootstrap.servers": bootstrap})
    for each in what:
        producer.produce("orders", str(each), partition=each % PARTITIONS)
    assert producer.flush(DEADLINE_S) == 0


def numbers(turn: int) -> list[int]:
    return list(range(turn * RECORDS, (turn + 1) * RECORDS))


def described(bootstrap: str) -> tuple[str, list[str | None]]:
    """The group's kind, and its members' instance ids."""
    admin = AdminClient({**QUIET, "bootstrap.servers": bootstrap})
    (asked,) = admin.describe_consumer_groups([GROUP]).values()
    group = asked.result(DEADLINE_S)
    return group.type.name, [each.group_instance_id for each in group.members]
