"""Apache Kafka 4.4.0, started on a folder whose broker was stopped, or killed: it serves what we kept, and can write behind it.

An older Kafka refuses such a folder as it refuses one of Kafka 4.4: our metadata is written at `metadata.version` 4.4.
"""

from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from tests.e2e.process import start
from tools.apache_kafka import Release, apache_kafka

pytestmark = pytest.mark.java

WAIT_S = 60.0
RECORDS = 2_000
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
COMMITTED = 700
WHOLE = {"offsets.topic.num.partitions": "50", "offsets.topic.replication.factor": "1"}
"""What Kafka would have made it with."""
STATIC_QUORUM = {"controller.quorum.voters": "1@{controller}"}
"""The quorum that a folder of kraft.version 0 has: its voters stand in the settings and not in the log."""


def produce(bootstrap: str, topic: str, numbers: range) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "compression.type": topic})
    for number in numbers:
        producer.produce(topic, key=str(number), value=f"record {number}", partition=0)
    assert producer.flush(WAIT_S) == 0


def read_values(bootstrap: str, topic: str, *, offset: int, count: int) -> list[str]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "unused", "log_level": 0})
    consumer.assign([TopicPartition(topic, 0, offset)])
    values: list[str] = []
    while len(values) < count:
        messages = consumer.consume(count - len(values), WAIT_S)
        assert messages, f"{len(values)} of {count} records"
        values.extend((message.value() or b"").decode() for message in messages)
    consumer.close()
    return values


def committed(bootstrap: str, topic: str) -> int:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "readers", "log_level": 0})
    (found,) = consumer.committed([TopicPartition(topic, 0)], WAIT_S)
    consumer.close()
    assert found.error is None
    offset: int = found.offset
    return offset


@pytest.fixture(params=["stopped", "killed"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "node" / "data"
    path.parent.mkdir()
    process = start(path, WHOLE)
    try:
        admin = AdminClient({"bootstrap.servers": process.bootstrap})
        topics = [NewTopic(each, 2, 1, config={"retention.ms": "-1"}) for each in (*CODECS, "gone")]
        for created in admin.create_topics(topics).values():
            created.result(WAIT_S)
        for codec in CODECS:
            produce(process.bootstrap, codec, range(RECORDS))
        consumer = Consumer({"bootstrap.servers": process.bootstrap, "group.id": "readers"})
        consumer.commit(offsets=[TopicPartition("none", 0, COMMITTED, metadata="here")], asynchronous=False)
        consumer.close()
        admin.delete_topics(["gone"])["gone"].result(WAIT_S)
        if request.param == "killed":
            process.kill()
    finally:
        assert process.stop() == 0, process.log_tail()
    return path


def test_kafka_serves_and_continues_what_we_kept(kafka_4_4: Release, folder: Path) -> None:
    with apache_kafka(kafka_4_4, folder.parent, settings=STATIC_QUORUM, heap="512m") as kafka:
        topics = AdminClient({"bootstrap.servers": kafka.bootstrap}).list_topics(timeout=WAIT_S).topics
        assert set(topics) - {"__consumer_offsets"} == set(CODECS)
        assert {len(topics[each].partitions) for each in CODECS} == {2}
        for codec in CODECS:
            expected = [f"record {number}" for number in range(RECORDS)]
            assert read_values(kafka.bootstrap, codec, offset=0, count=RECORDS) == expected
            produce(kafka.bootstrap, codec, range(RECORDS, RECORDS + 10))
            last = read_values(kafka.bootstrap, codec, offset=RECORDS, count=10)
            assert last == [f"record {number}" for number in range(RECORDS, RECORDS + 10)]
        assert committed(kafka.bootstrap, "none") == COMMITTED
    log = (folder.parent / "server.log").read_text()
    complaints = [line for line in log.splitlines() if " WARN " in line or " ERROR " in line]
    assert not complaints, "\n".join(complaints[:20])
