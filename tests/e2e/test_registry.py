"""Several registries, each a process of its own, over one broker: one writes, all answer, and any of them may die."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tests.e2e.process import Process, start
from tests.e2e.registries import RegistryProcess, eventually, writer_of

SESSION_MS = 1_000
SETTINGS = {"kafkagroup.session.timeout.ms": str(SESSION_MS), "kafkagroup.heartbeat.interval.ms": "300"}
LEVELS = ("FULL", "NONE", "FORWARD", "BACKWARD")


@pytest.fixture(scope="module")
def broker(tmp_path_factory) -> Iterator[Process]:
    process = start(tmp_path_factory.mktemp("broker") / "data")
    yield process
    assert process.stop() == 0, process.log_tail()


@pytest.fixture(scope="module")
def registries(tmp_path_factory, broker) -> Iterator[list[RegistryProcess]]:
    folder = tmp_path_factory.mktemp("registries")
    made = [RegistryProcess(folder, broker.bootstrap, settings=SETTINGS) for _ in range(3)]
    for each in made:
        each.launch()
    for each in made:
        each.wait()
    yield made
    for each in made:
        each.send(signal.SIGCONT)
        assert each.end() == 0, each.log_tail()


def test_whoever_is_told_answers_what_it_was_told(registries):
    writer_of(registries)
    for number, each in enumerate(registries * 3):
        subject, level = f"told-{number}", LEVELS[number % len(LEVELS)]
        assert each.set_level(subject, level) == 200
        assert each.level(subject) == level
    for each in registries:
        assert [each.level(f"told-{number}") for number in range(9)] == [LEVELS[n % len(LEVELS)] for n in range(9)]


def test_a_request_that_was_forwarded_is_not_forwarded_again(registries):
    writer = writer_of(registries)
    other = next(each for each in registries if each is not writer)
    refused = forwarded(other)
    assert (refused.status_code, refused.json()["error_code"]) == (500, 50004)
    assert forwarded(writer).status_code == 200


def forwarded(registry: RegistryProcess) -> httpx.Response:
    """What it answers to a change that another one has sent to it."""
    headers = {"X-Forward": "true"}
    return httpx.put(f"{registry.url}/config", json={"compatibility": "FULL"}, headers=headers, timeout=30)


def test_the_death_of_the_writer_loses_no_schema_and_gives_no_id_twice(registries):
    writer = writer_of(registries)
    others = [each for each in registries if each is not writer]
    told: dict[str, int] = {}

    def tell(number: int) -> None:
        schema = enum(f"E{number}")
        if (id_ := others[number % 2].register(f"survives-{number}", schema)) is not None:
            told[schema] = id_

    with ThreadPoolExecutor(8) as threads:
        telling = [threads.submit(tell, number) for number in range(200)]
        eventually(lambda: len(told) > 20)
        writer.end(signal.SIGKILL)
        for each in telling:
            each.result()
    assert others[0].register("after", enum("After")) is not None
    assert len(told) > 150
    assert len({*told.values()}) == len(told)
    for schema, id_ in told.items():
        assert {each.schema(id_) for each in others} == {schema}
    writer.start()
    assert {schema: writer.schema(id_) for schema, id_ in told.items()} == {schema: schema for schema in told}


def test_those_who_register_the_same_at_once_get_the_same_id(registries: list[RegistryProcess]):
    writer_of(registries)
    schema = enum("Same")

    def tell(number: int) -> int | None:
        return registries[number % 3].register(f"same-{number % 6}", schema)

    with ThreadPoolExecutor(8) as threads:
        ids = {*threads.map(tell, range(48))}
    assert len(ids) == 1
    assert None not in ids


def enum(name: str) -> str:
    return f'{{"type":"enum","name":"{name}","symbols":["A"]}}'


def test_a_writer_that_was_stopped_and_woken_writes_nothing_that_counts(registries):
    writer = writer_of(registries)
    others = [each for each in registries if each is not writer]
    assert writer.set_level("woken", "FULL") == 200
    writer.send(signal.SIGSTOP)
    with ThreadPoolExecutor(1) as threads:
        late = threads.submit(writer.set_level, "late", "FULL")
        writer_of(others)
        assert others[0].set_level("woken", "NONE") == 200
        writer.send(signal.SIGCONT)
        status = late.result()
    eventually(lambda: {each.level("woken") for each in registries} == {"NONE"})
    eventually(lambda: len({each.level("late") for each in registries}) == 1)
    assert (registries[0].level("late") == "FULL") or status >= 500


def test_a_topic_with_several_partitions_is_refused(tmp_path, broker):
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    admin.create_topics([NewTopic("wide", 2, 1)])["wide"].result(30)
    admin.create_topics([NewTopic("forgetful", 1, 1)])["forgetful"].result(30)
    for topic, why in (("wide", "has 2 partitions"), ("forgetful", "cleanup.policy=delete")):
        registry = RegistryProcess(tmp_path, broker.bootstrap, settings={"kafkastore.topic": topic})
        registry.launch()
        with pytest.raises(AssertionError):
            registry.wait()
        assert why in registry.log_tail()
        assert registry.end() == 1


def test_a_schema_that_the_topic_would_not_take_is_told_as_too_large(tmp_path, broker, registries):
    from confluent_kafka.admin import AdminClient, NewTopic

    large = f'{{"type":"enum","name":"Large","symbols":[{",".join(f"{chr(34)}S{n}{chr(34)}" for n in range(80_000))}]}}'
    assert registries[0].register("large", large) is not None, "the topic was made for the largest"
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    small = NewTopic("small", 1, 1, config={"cleanup.policy": "compact", "max.message.bytes": "20000"})
    admin.create_topics([small])["small"].result(30)
    own = {"kafkastore.topic": "small", "schema.registry.group.id": "small"}
    registry = RegistryProcess(tmp_path, broker.bootstrap, settings=own).start()
    answer = registry.client.post("/subjects/large/versions", json={"schema": large})
    assert (answer.status_code, answer.json()["error_code"]) == (422, 42209)
    assert registry.register("little", enum("Little")) is not None
    assert registry.end() == 0
