"""Registries with Apache Kafka as the cluster below: as beside our own broker."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.e2e.registries import RegistryProcess, eventually, writer_of
from tools.apache_kafka import Release, apache_kafka

pytestmark = pytest.mark.java
SETTINGS = {"kafkagroup.session.timeout.ms": "1000", "kafkagroup.heartbeat.interval.ms": "300"}
OF_KAFKA = {
    "group.min.session.timeout.ms": "100",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "2",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "2",
}


@pytest.fixture(scope="module")
def registries(tmp_path_factory, kafka_4_3: Release) -> Iterator[list[RegistryProcess]]:
    folder = tmp_path_factory.mktemp("kafka")
    with apache_kafka(kafka_4_3, folder, settings=OF_KAFKA) as server:
        made = [RegistryProcess(folder, server.bootstrap, settings=SETTINGS).start() for _ in range(2)]
        yield made
        for each in made:
            each.send(signal.SIGCONT)
            assert each.end() == 0, each.log_tail()


def test_ids_survive_the_death_of_the_writer(registries: list[RegistryProcess]):
    writer = writer_of(registries)
    (other,) = (each for each in registries if each is not writer)
    told: dict[str, int] = {}

    def tell(number: int) -> None:
        schema = enum(f"E{number}")
        if (id_ := other.register(f"survives-{number}", schema)) is not None:
            told[schema] = id_

    with ThreadPoolExecutor(4) as threads:
        telling = [threads.submit(tell, number) for number in range(100)]
        eventually(lambda: len(told) > 20)
        writer.end(signal.SIGKILL)
        for each in telling:
            each.result()
    assert other.register("after", enum("After")) is not None
    assert len({*told.values()}) == len(told) > 50
    writer.start()
    for schema, id_ in told.items():
        assert {each.schema(id_) for each in registries} == {schema}


def test_a_writer_that_was_stopped_and_woken_writes_nothing_that_counts(registries: list[RegistryProcess]):
    writer = writer_of(registries)
    (other,) = (each for each in registries if each is not writer)
    assert writer.set_level("woken", "FULL") == 200
    writer.send(signal.SIGSTOP)
    with ThreadPoolExecutor(1) as threads:
        late = threads.submit(writer.set_level, "late", "FULL")
        writer_of([other])
        assert other.set_level("woken", "NONE") == 200
        writer.send(signal.SIGCONT)
        status = late.result()
    eventually(lambda: {each.level("woken") for each in registries} == {"NONE"})
    eventually(lambda: len({each.level("late") for each in registries}) == 1)
    assert other.level("late") == "FULL" or status >= 500


def enum(name: str) -> str:
    return f'{{"type":"enum","name":"{name}","symbols":["A"]}}'
