"""A broker is killed at random moments while clients write, commit and create, and started again on its folder.

Nothing that a client was told may be untrue afterwards. What was in the page cache survives here, so this is about the
process: half-written batches, indexes and checkpoints behind the log, machines that load what they had queued. What a
power cut loses is the simulation's matter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Event

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from tests.e2e.process import QUICK, Process
from tests.kill.load import QUIET, Client, Committer, Creator, Writer

KILLS = 26
"""In each of two runs."""
PARTITIONS = 3
SETTINGS = {
    **QUICK,
    "log.segment.bytes": "1048576",
    "log.index.interval.bytes": "1024",
    "log.segment.delete.delay.ms": "500",
}
DEADLINE_S = 20.0
ALIVE_MAX_S = 0.4
STARTING_MAX_S = 0.6
WHILE_STARTING = 0.2
"""How many of the kills come before the broker is ready."""
CLEAN_STOPS = 0.1
"""How often it may stop and start as it should, before it is killed again."""
MANY = 10_000

ONCE = {"enable.idempotence": True}
IN_ORDER = {"enable.idempotence": False, "max.in.flight.requests.per.connection": 1}


@dataclass(kw_only=True, slots=True)
class Load:
    once: Writer
    plain: Writer
    committer: Committer
    creator: Creator

    @property
    def clients(self) -> tuple[Client, ...]:
        return self.once, self.plain, self.committer, self.creator


@pytest.fixture
def broker(tmp_path: Path, flush: str) -> Iterator[Process]:
    process = Process(tmp_path / "data", {**SETTINGS, "log.flush.mode": flush})
    process.start()
    yield process
    process.kill()


@pytest.mark.parametrize(("flush", "seed"), [("commit", 1), ("os", 2)])
def test_nothing_that_was_acknowledged_is_lost_or_doubled_when_the_broker_is_killed(
    broker: Process, flush: str, seed: int
):
    chance = Random(seed)
    load = begin(broker, seed)
    for kills in range(KILLS):
        kill_at_some_moment(broker, chance)
        broker.start()
        told = f"seed {seed}, after {kills + 1} kills"
        for writer in (load.once, load.plain):
            check_ends(broker, writer, told)
        check_commits(broker, load.committer, told)
        check_topics(broker, load.creator, told)
    for client in load.clients:
        client.end()
    check_once(broker, load.once, seed)
    check_in_place(broker, load.plain, seed)


def begin(broker: Process, seed: int) -> Load:
    topics = [NewTopic(name, PARTITIONS, 1) for name in ("once", "plain")]
    asking = admin(broker)
    for future in asking.create_topics(topics).values():
        future.result(DEADLINE_S)
    load = Load(
        once=Writer(broker.bootstrap, "once", partitions=PARTITIONS, chance=Random(seed), settings=ONCE),
        plain=Writer(broker.bootstrap, "plain", partitions=PARTITIONS, chance=Random(seed), settings=IN_ORDER),
        committer=Committer(broker.bootstrap, "once"),
        creator=Creator(broker.bootstrap),
    )
    for client in load.clients:
        client.start()
    return load


def kill_at_some_moment(broker: Process, chance: Random) -> None:
    if chance.random() < CLEAN_STOPS:
        assert broker.stop() == 0, broker.log_tail()
        broker.start()
    Event().wait(chance.uniform(0, ALIVE_MAX_S))
    broker.kill()
    if chance.random() < WHILE_STARTING:
        broker.launch()
        Event().wait(chance.uniform(0.1, STARTING_MAX_S))
        broker.kill()


def check_ends(broker: Process, writer: Writer, told: str) -> None:
    """Every log reaches as far as anyone was told before; what is inside is read once, at the end."""
    promised = {partition: writer.ledger.end(partition) for partition in writer.ledger.acknowledged}
    reader = consumer(broker)
    for partition, least in promised.items():
        _, end = reader.get_watermark_offsets(TopicPartition(writer.topic, partition), timeout=DEADLINE_S)
        assert end >= least, f"{told}: {writer.topic}-{partition} ends at {end}, but {least} was acknowledged"
    reader.close()


def check_commits(broker: Process, committer: Committer, told: str) -> None:
    least = committer.acknowledged
    reader = consumer(broker, group="committer")
    (found,) = reader.committed([committer.partition], timeout=DEADLINE_S)
    reader.close()
    if least:
        assert least <= found.offset <= committer.tried, (
            f"{told}: {found.offset} is committed, {least} was acknowledged"
        )
        assert found.metadata == f"mark {found.offset}", told


def check_topics(broker: Process, creator: Creator, told: str) -> None:
    made, deleted = list(creator.made), list(creator.deleted)
    found = admin(broker).list_topics(timeout=DEADLINE_S).topics
    assert not [name for name in made if name not in found], f"{told}: topics are lost"
    assert not [name for name in deleted if name in found], f"{told}: topics came back"


def check_once(broker: Process, writer: Writer, seed: int) -> None:
    """An idempotent producer's records: each number once, in order, and where its acknowledgement said."""
    for partition, records in contents(broker, writer).items():
        told = f"seed {seed}: {writer.topic}-{partition}"
        assert [number for _, number in records] == list(range(writer.ledger.sent[partition])), told
        check_acknowledged(dict(records), writer.ledger.acknowledged[partition], told)


def check_in_place(broker: Process, writer: Writer, seed: int) -> None:
    """A plain producer writes twice what it isn't told of; without the repetitions its records are whole and in order."""
    for partition, records in contents(broker, writer).items():
        told = f"seed {seed}: {writer.topic}-{partition}"
        first_seen = dict.fromkeys(number for _, number in records)
        assert list(first_seen) == list(range(writer.ledger.sent[partition])), told
        check_acknowledged(dict(records), writer.ledger.acknowledged[partition], told)


def check_acknowledged(found: dict[int, int], acknowledged: dict[int, int], told: str) -> None:
    wrong = {offset: number for offset, number in acknowledged.items() if found.get(offset) != number}
    assert not wrong, f"{told}: {len(wrong)} acknowledged records are not at their offsets, the first at {min(wrong)}"


def contents(broker: Process, writer: Writer) -> dict[int, list[tuple[int, int]]]:
    """Offset and number of every record of the topic, by partition."""
    reader = consumer(broker)
    found: dict[int, list[tuple[int, int]]] = {}
    for partition in writer.ledger.sent:
        place = TopicPartition(writer.topic, partition, 0)
        _, end = reader.get_watermark_offsets(place, timeout=DEADLINE_S)
        reader.assign([place])
        found[partition] = read_to(reader, end)
    reader.close()
    return found


def read_to(reader: Consumer, end: int) -> list[tuple[int, int]]:
    """From offset 0; each call waits for as many as it asks for, so it asks for what is there."""
    records: list[tuple[int, int]] = []
    while len(records) < end:
        messages = reader.consume(min(MANY, end - len(records)), timeout=DEADLINE_S)
        assert messages, f"nothing comes after {len(records)} of {end} records"
        records += [(message.offset(), int(message.value().split(b" ", 1)[0])) for message in messages]
    return records


def consumer(broker: Process, group: str = "checker") -> Consumer:
    settings = {"bootstrap.servers": broker.bootstrap, "group.id": group, "enable.auto.commit": False}
    return Consumer({**QUIET, **settings, "auto.offset.reset": "error", "fetch.wait.max.ms": 10})


def admin(broker: Process) -> AdminClient:
    return AdminClient({**QUIET, "bootstrap.servers": broker.bootstrap})
