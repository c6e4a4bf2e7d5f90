"""A topic is deleted, and perhaps made again, while clients are at work on it."""

import threading
from collections.abc import Iterator, Set as AbstractSet
from contextlib import contextmanager

import pytest
from confluent_kafka import KafkaError, Producer
from tests.conformance.clients.members import team
from tests.conformance.clients.port import DEADLINE_S, Admin, Joining, Library, New, Refused
from tests.conformance.clients.reading import closing, read_all, read_from, until
from tests.e2e.process import Process

from headwater.wire.error_codes import ErrorCode

GONE = {ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_ID, ErrorCode.OFFSET_OUT_OF_RANGE}


@contextmanager
def refused_at_most(codes: AbstractSet[ErrorCode]) -> Iterator[None]:
    """A reader that is told so goes on."""
    try:
        yield
    except Refused as refusal:
        if refusal.code not in codes:
            raise


def test_a_reader_goes_over_to_the_topics_second_life(library: Library, admin: Admin, topic: str):
    """Some begin it at its start; who knows topics by name alone takes it for a log that lost its tail."""
    library.produce(topic, [New(value=b"first life")] * 50)
    with closing(library.reader()) as reader:
        read_from(reader, topic, 50)
        admin.delete(topic)
        admin.create(topic)
        found: list[bytes | None] = []

        def reads_on() -> bool:
            library.produce(topic, [New(value=b"second life")])
            with refused_at_most(GONE):
                found.extend(each.value for each in reader.poll())
            return found[-3:] == [b"second life"] * 3

        until(reads_on, lambda: f"only {found} is read")
        assert b"first life" not in found


def test_members_of_a_group_live_through_the_end_of_their_topic(library: Library, admin: Admin, topic: str, name):
    other = name()
    admin.create(other)
    joining = Joining(group=name(), topics=(topic, other))
    with team(library, joining) as group:
        member = group.join()
        group.until(lambda: len(member.assigned) == 2)
        admin.delete(topic)
        library.produce(other, [New(value=b"still there")])
        group.until(lambda: b"still there" in group.values())


def test_a_producer_writes_on_into_the_topics_second_life(broker: Process, library: Library, admin: Admin, topic: str):
    """It makes the topic again itself, and whatever is acknowledged after the end of the first life stands in the second."""
    acknowledged: list[tuple[int, bytes]] = []
    failed: list[KafkaError] = []
    second_life = threading.Event()
    producer = Producer(
        {
            "bootstrap.servers": broker.bootstrap,
            "log_level": 0,
            "linger.ms": 0,
            "message.timeout.ms": 5_000,
            "topic.metadata.refresh.interval.ms": 100,
            "topic.metadata.propagation.max.ms": 200,
        }
    )

    def delivered(error: KafkaError | None, message) -> None:
        if error is not None:
            failed.append(error)
        elif message.value().startswith(b"second"):
            acknowledged.append((message.offset(), message.value()))

    def write() -> bool:
        number = b"%d" % len(acknowledged)
        producer.produce(topic, (b"second " if second_life.is_set() else b"first ") + number, on_delivery=delivered)
        producer.poll(0.01)
        return len(acknowledged) >= 20

    for _ in range(20):
        write()
    admin.delete(topic)
    assert producer.flush(DEADLINE_S) == 0
    second_life.set()
    until(write, lambda: f"{len(acknowledged)} acknowledged, {[each.name() for each in failed[-3:]]}")
    assert producer.flush(DEADLINE_S) == 0
    end = max(offset for offset, _ in acknowledged) + 1
    found = {each.offset: each.value for each in read_all(library, topic, end)}
    assert not [offset for offset, value in acknowledged if found[offset] != value]


@pytest.mark.parametrize("lives", [5])
def test_a_topic_may_have_many_lives(broker: Process, library: Library, admin: Admin, name, lives: int):
    topic = name()
    for life in range(lives):
        admin.create(topic, partitions=3)
        assert list(library.produce(topic, [New(value=b"%d" % life)], partition=2)) == [0]
        admin.delete(topic)
    until(
        lambda: not [each for each in broker.folder.iterdir() if each.name.startswith(f"{topic}-")],
        lambda: "folders are left",
    )
