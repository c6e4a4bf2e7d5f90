"""A topic that takes only records with registered schemas, on a real broker, with the registry's topic as Confluent's writes it."""

import json
from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError, Producer
from tests.e2e.test_cli import Up, end, start

AWAY_S = 30.0
ORDER = '{"type":"record","name":"Order","namespace":"shop","fields":[]}'
VALIDATED = ("--config", "confluent.value.schema.validation=true")
BY_RECORD = (
    "--config",
    "confluent.value.subject.name.strategy=io.confluent.kafka.serializers.subject.RecordNameStrategy",
)


@pytest.fixture(scope="module")
def up(tmp_path_factory) -> Iterator[Up]:
    running = start(tmp_path_factory.mktemp("broker"), "broker")
    yield running
    assert end(running) == 0


def refusal(producer: Producer, topic: str, value: bytes | None) -> str | None:
    """The name of the code."""
    told: list[KafkaError | None] = []
    producer.produce(topic, value, on_delivery=lambda error, _: told.append(error))
    assert producer.flush(AWAY_S) == 0
    return told[0].name() if told[0] is not None else None


def register(producer: Producer, subject: str) -> None:
    key = {"keytype": "SCHEMA", "subject": subject, "version": 1, "magic": 1}
    value = {"subject": subject, "version": 1, "id": 1, "schema": ORDER, "deleted": False}
    producer.produce("_schemas", json.dumps(value), key=json.dumps(key))
    assert producer.flush(AWAY_S) == 0


def test_records_enter_with_schemas_that_the_clusters_registry_knows(up):
    for topic, *settings in (
        ("_schemas", "--config", "cleanup.policy=compact"),
        ("orders", *VALIDATED),
        ("events", *VALIDATED, *BY_RECORD),
    ):
        up.run("topic", "create", topic, *settings)
    producer = Producer({"bootstrap.servers": up.bootstrap, "linger.ms": 0, "enable.metrics.push": False})
    register(producer, "orders-value")
    register(producer, "shop.Order")
    assert refusal(producer, "orders", b"\0\0\0\0\1data") is None
    assert refusal(producer, "events", b"\0\0\0\0\1data") is None
    assert refusal(producer, "orders", None) is None
    assert refusal(producer, "orders", b"\0\0\0\0\2data") == "INVALID_RECORD"
    assert refusal(producer, "orders", b"{}") == "INVALID_RECORD"


def test_a_strategy_that_nobody_knows_is_refused_when_it_is_set(up):
    wrong = up.attempt("topic", "create", "others", "--config", "confluent.value.subject.name.strategy=mine.Strategy")
    assert wrong.returncode == 1
    assert "TopicNameStrategy" in wrong.stderr
