"""librdkafka's share consumer against a real process: each record to one consumer at a time, and none lost through kill -9."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import AcknowledgeType, Consumer, Producer, ShareConsumer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic
from tests.conformance.clients.confluent import QUIET
from tests.conformance.clients.port import DEADLINE_S
from tests.e2e.process import QUICK, Process, start

RECORDS = 60
NO_SETTINGS: Mapping[str, str] = {}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Process]:
    """A broker that a test may kill."""
    process = start(tmp_path / "data", QUICK)
    yield process
    assert process.stop() == 0, process.log_tail()


class Group:
    """A share group that begins at the first record, and its topic."""

    def __init__(
        self, bootstrap: str, name: str, settings: Mapping[str, str] = NO_SETTINGS, *, partitions: int = 2
    ) -> None:
        self.bootstrap = bootstrap
        self.name = name
        self.admin = AdminClient({**QUIET, "bootstrap.servers": bootstrap})
        self.make(name, partitions=partitions)
        entries = [
            ConfigEntry(key, text, incremental_operation=AlterConfigOpType.SET)
            for key, text in {"share.auto.offset.reset": "earliest", **settings}.items()
        ]
        group = ConfigResource(ConfigResource.Type.GROUP, name, incremental_configs=entries)
        for each in self.admin.incremental_alter_configs([group]).values():
            each.result(DEADLINE_S)

    def make(self, topic: str, settings: Mapping[str, str] = NO_SETTINGS, *, partitions: int = 2) -> None:
        made = self.admin.create_topics([NewTopic(topic, partitions, config=dict(settings))])
        made[topic].result(DEADLINE_S)

    def produce(self, *values: str) -> None:
        producer = Producer({**QUIET, "bootstrap.servers": self.bootstrap, "linger.ms": 5})
        for each in values:
            producer.produce(self.name, each.encode())
        assert producer.flush(DEADLINE_S) == 0

    def consumer(self, **more: Any) -> ShareConsumer:
        made = ShareConsumer({**QUIET, "bootstrap.servers": self.bootstrap, "group.id": self.name, **more})
        made.subscribe([self.name])
        return made


def poll(consumer: ShareConsumer, until: Callable[[list[Any]], bool]) -> list[Any]:
    """The messages of all polls, until they are enough; each poll accepts those of the one before, in implicit mode."""
    deadline = time.monotonic() + DEADLINE_S
    messages: list[Any] = []
    while not until(messages):
        assert time.monotonic() < deadline, f"{len(messages)} messages"
        for each in consumer.poll(0.2):
            assert each.error() is None, each.error()
            messages.append(each)
    return messages


def values(messages: list[Any]) -> list[str]:
    return [each.value().decode() for each in messages]


def test_two_consumers_share_all_records(broker: Process) -> None:
    group = Group(broker.bootstrap, "shared")
    told = [f"{number}" for number in range(RECORDS)]
    one, other = group.consumer(), group.consumer()
    group.produce(*told)
    got: list[Any] = []
    deadline = time.monotonic() + DEADLINE_S
    while len(got) < RECORDS and time.monotonic() < deadline:
        got += [*one.poll(0.1), *other.poll(0.1)]
    assert Counter(values(got)) == Counter(told)
    for each in (one, other):
        assert all(error is None for error in each.commit_sync(DEADLINE_S).values())
        each.close()
    third = group.consumer()
    group.produce("last")
    assert values(poll(third, bool)) == ["last"]
    third.close()


def test_released_records_come_again_and_rejected_ones_do_not(broker: Process) -> None:
    group = Group(broker.bootstrap, "explicit")
    consumer = group.consumer(**{"share.acknowledgement.mode": "explicit"})
    group.produce("keep", "again", "never")
    seen: Counter[str] = Counter()
    for each in poll_all(consumer, seen, {"keep": AcknowledgeType.ACCEPT, "never": AcknowledgeType.REJECT}):
        assert each in ("keep", "again", "never")
    assert seen["again"] >= 2
    assert (seen["keep"], seen["never"]) == (1, 1)
    consumer.close()


def poll_all(consumer: ShareConsumer, seen: Counter[str], kinds: dict[str, AcknowledgeType]) -> Iterator[str]:
    """Until what is released came twice, and all others once."""
    deadline = time.monotonic() + DEADLINE_S
    while seen["again"] < 2 or sum(seen.values()) < 4:
        assert time.monotonic() < deadline, seen
        for message in consumer.poll(0.2):
            value = message.value().decode()
            seen[value] += 1
            later = AcknowledgeType.ACCEPT if seen[value] > 1 else AcknowledgeType.RELEASE
            consumer.acknowledge(message, kinds.get(value, later))
            yield value
        assert all(error is None for error in consumer.commit_sync(DEADLINE_S).values())


def test_what_was_accepted_stays_so_through_kill_minus_nine(own: Process) -> None:
    """Of one partition, which the successor shares with the member that could not leave and is kept till its session ends."""
    group = Group(own.bootstrap, "killed", partitions=1)
    told = [f"{number}" for number in range(RECORDS)]
    consumer = group.consumer(**{"share.acknowledgement.mode": "explicit", "max.poll.records": 10})
    group.produce(*told)
    accepted: list[str] = []
    deadline = time.monotonic() + DEADLINE_S
    while len(accepted) < RECORDS // 3:
        assert time.monotonic() < deadline
        messages = list(consumer.poll(0.2))
        for each in messages:
            consumer.acknowledge(each)
        if messages and all(error is None for error in consumer.commit_sync(DEADLINE_S).values()):
            accepted += values(messages)
    held = list(consumer.poll(1.0))
    own.kill()
    own.start()
    consumer.close()
    successor = group.consumer()
    rest = values(poll(successor, lambda found: len({*values(found)}) >= RECORDS - len(accepted)))
    assert {*rest} == {*told} - {*accepted}
    assert {*values(held)} <= {*rest}
    successor.close()


def test_what_is_rejected_is_found_in_the_dead_letter_topic(broker: Process) -> None:
    dead = {"errors.deadletterqueue.topic.name": "dlq.rejected", "errors.deadletterqueue.copy.record.enable": "true"}
    group = Group(broker.bootstrap, "rejected", dead)
    group.make("dlq.rejected", {"errors.deadletterqueue.group.enable": "true"})
    consumer = group.consumer(**{"share.acknowledgement.mode": "explicit"})
    group.produce("poison")
    for each in poll(consumer, bool):
        consumer.acknowledge(each, AcknowledgeType.REJECT)
    consumer.commit_sync(DEADLINE_S)
    reader = Consumer(
        {**QUIET, "bootstrap.servers": broker.bootstrap, "group.id": "undertaker", "auto.offset.reset": "earliest"}
    )
    reader.subscribe(["dlq.rejected"])
    letter = reader.poll(DEADLINE_S)
    assert letter is not None
    assert letter.value() == b"poison"
    headers = dict(letter.headers() or [])
    assert headers["__dlq.errors.topic"] == b"rejected"
    assert headers["__dlq.errors.group"] == b"rejected"
    reader.close()
    consumer.close()
