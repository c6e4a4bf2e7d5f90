"""librdkafka's transactions against a real process: what is committed is read once, through kill -9 too."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from tests.conformance.clients.confluent import QUIET
from tests.conformance.clients.port import DEADLINE_S
from tests.e2e.process import QUICK, Process, start

PATIENCE_S = 5.0
REMEMBER = {"metadata.recovery.strategy": "none"}
"""Else librdkafka forgets its only broker while that is down, and waits for ever for the group's coordinator that it was."""
ABORT_SOON = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": "100"}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Process]:
    """A broker that a test may kill."""
    process = start(tmp_path / "data", {**QUICK, **ABORT_SOON})
    yield process
    assert process.stop() == 0, process.log_tail()


def make(bootstrap: str, *topics: str) -> None:
    admin = AdminClient({**QUIET, "bootstrap.servers": bootstrap})
    for each in admin.create_topics([NewTopic(each, 2) for each in topics]).values():
        each.result(DEADLINE_S)


def producer(bootstrap: str, name: str, **more: Any) -> Producer:
    made = Producer({**QUIET, "bootstrap.servers": bootstrap, "transactional.id": name, **REMEMBER, **more})
    made.init_transactions(DEADLINE_S)
    return made


def consumer(bootstrap: str, group: str, **more: Any) -> Consumer:
    return Consumer(
        {
            **QUIET,
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 20,
            **more,
        }
    )


def everything(bootstrap: str, topic: str, **more: Any) -> list[str]:
    """All records up to the ends of both partitions."""
    reading = consumer(bootstrap, f"all of {topic}", **more)
    reading.assign([TopicPartition(topic, index, 0) for index in range(2)])
    ended: set[int] = set()
    values = []
    while len(ended) < 2:
        record = reading.poll(DEADLINE_S)
        assert record is not None, "nothing came"
        if (error := record.error()) is None:
            values.append(record.value().decode())
        else:
            assert error.code() == KafkaError._PARTITION_EOF
            ended.add(record.partition())
    reading.close()
    return values


def test_committed_records_are_read_and_aborted_ones_are_not(broker: Process, name: Callable[[], str]):
    topic = name()
    make(broker.bootstrap, topic)
    writing = producer(broker.bootstrap, name())
    for number in range(6):
        writing.begin_transaction()
        for index in range(2):
            writing.produce(topic, f"{number}/{index}", partition=index)
        if number % 2:
            writing.abort_transaction(DEADLINE_S)
        else:
            writing.commit_transaction(DEADLINE_S)
    writing.begin_transaction()
    writing.produce(topic, "open", partition=0)
    writing.flush(DEADLINE_S)
    kept = sorted(f"{number}/{index}" for number in (0, 2, 4) for index in range(2))
    assert sorted(everything(broker.bootstrap, topic)) == kept
    assert "open" in everything(broker.bootstrap, topic, **{"isolation.level": "read_uncommitted"})
    writing.abort_transaction(DEADLINE_S)


def test_a_producer_that_is_taken_over_from_is_fenced(broker: Process, name: Callable[[], str]):
    topic, identity = name(), name()
    make(broker.bootstrap, topic)
    old = producer(broker.bootstrap, identity)
    old.begin_transaction()
    old.produce(topic, "void", partition=0)
    old.flush(DEADLINE_S)
    new = producer(broker.bootstrap, identity)
    with pytest.raises(KafkaException) as fenced:
        old.commit_transaction(DEADLINE_S)
    assert fenced.value.args[0].code() == KafkaError._FENCED
    new.begin_transaction()
    new.produce(topic, "kept", partition=0)
    new.commit_transaction(DEADLINE_S)
    assert everything(broker.bootstrap, topic) == ["kept"]


def test_an_open_transaction_ends_with_its_timeout(own: Process):
    make(own.bootstrap, "t")
    slow = producer(own.bootstrap, "slow", **{"transaction.timeout.ms": 1_000})
    slow.begin_transaction()
    slow.produce("t", "void", partition=0)
    slow.flush(DEADLINE_S)
    own.kill()
    own.start()
    quick = producer(own.bootstrap, "quick")
    quick.begin_transaction()
    quick.produce("t", "kept", partition=0)
    quick.commit_transaction(DEADLINE_S)
    reading = consumer(own.bootstrap, "g", **{"enable.partition.eof": False})
    reading.assign([TopicPartition("t", 0, 0)])
    record = reading.poll(DEADLINE_S)
    assert record is not None
    assert record.error() is None
    assert record.value() == b"kept"
    reading.close()


class Copier:
    """Reads numbers, writes each to another topic, and commits both as one; whatever goes wrong it begins anew, as such programs do."""

    def __init__(self, bootstrap: str, count: int) -> None:
        self._bootstrap = bootstrap
        self._count = count
        self.copied = 0
        self.progress = Event()
        self.failures = 0
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def join(self) -> None:
        self._thread.join(4 * DEADLINE_S)
        assert not self._thread.is_alive(), f"{self.copied} copied, {self.failures} failures"

    def _run(self) -> None:
        while self.copied < self._count:
            reading = consumer(
                self._bootstrap, "copier", **{"enable.partition.eof": False, "session.timeout.ms": 1_000}
            )
            try:
                writing = producer(self._bootstrap, "copier")
                reading.subscribe(["in"])
                self._copy(reading, writing)
            except KafkaException:
                self.failures += 1
            finally:
                reading.close()

    def _copy(self, reading: Consumer, writing: Producer) -> None:
        while self.copied < self._count:
            records = [each for each in reading.consume(20, 0.2) if each.error() is None]
            if not records:
                self.copied = self._committed(reading)
                continue
            writing.begin_transaction()
            for record in records:
                writing.produce("out", record.value(), partition=record.partition())
            writing.send_offsets_to_transaction(
                reading.position(reading.assignment()), reading.consumer_group_metadata(), PATIENCE_S
            )
            writing.commit_transaction(PATIENCE_S)
            self.copied = self._committed(reading)
            self.progress.set()

    def _committed(self, reading: Consumer) -> int:
        places = reading.committed([TopicPartition("in", index) for index in range(2)], DEADLINE_S)
        return sum(max(each.offset, 0) for each in places)


def test_a_read_process_write_loop_is_exactly_once_through_kills(own: Process):
    count = 600
    make(own.bootstrap, "in", "out")
    filling = Producer({**QUIET, "bootstrap.servers": own.bootstrap})
    for number in range(count):
        filling.produce("in", json.dumps(number), partition=number % 2)
    assert filling.flush(DEADLINE_S) == 0
    copier = Copier(own.bootstrap, count)
    for _ in range(3):
        copier.progress.clear()
        assert copier.progress.wait(DEADLINE_S)
        own.kill()
        own.start()
    copier.join()
    found = [json.loads(each) for each in everything(own.bootstrap, "out")]
    assert sorted(found) == list(range(count))
