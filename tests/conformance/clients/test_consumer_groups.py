"""librdkafka's consumers with `group.protocol=consumer` (KIP-848) against a real process."""

from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from tests.conformance.clients.confluent import QUIET, Confluent
from tests.conformance.clients.port import DEADLINE_S, New
from tests.e2e.process import BRISK, QUICK, Process, start

A_MOMENT_S = 0.02
PARTITIONS = 4


@pytest.fixture(scope="module")
def brisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    process = start(tmp_path_factory.mktemp("brisk") / "data", {**QUICK, **BRISK})
    yield process
    assert process.stop() == 0, process.log_tail()


class Groups:
    """Members of one group, polled in turns."""

    def __init__(self, bootstrap: str, group: str) -> None:
        self.bootstrap = bootstrap
        self.group = group
        self.members: list[Consumer] = []

    def member(self, *topics: str, protocol: str = "consumer", **more: Any) -> Consumer:
        timing = {} if protocol == "consumer" else {"session.timeout.ms": 6_000, "heartbeat.interval.ms": 100}
        made = Consumer(
            {
                **QUIET,
                "bootstrap.servers": self.bootstrap,
                "group.id": self.group,
                "group.protocol": protocol,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 20,
                **timing,
                **more,
            }
        )
        made.subscribe(list(topics))
        self.members.append(made)
        return made

    def until(self, done: Callable[[], bool]) -> list[str]:
        """Poll everyone until it is so; the values that came meanwhile."""
        values: list[str] = []
        give_up = monotonic() + DEADLINE_S
        while not done():
            assert monotonic() < give_up, [owned(each) for each in self.members]
            for each in self.members:
                record = each.poll(A_MOMENT_S)
                if record is not None and record.error() is None:
                    values.append(record.value().decode())
        return values

    def share(self, *topics: str) -> Callable[[], bool]:
        """Whether all partitions of these topics are owned, each by one, and nobody has nothing."""
        wanted = sorted((topic, index) for topic in topics for index in range(PARTITIONS))
        return lambda: (
            sorted(place for each in self.members for place in owned(each)) == wanted and all(map(owned, self.members))
        )

    def leave(self, member: Consumer) -> None:
        self.members.remove(member)
        member.close()


def owned(member: Consumer) -> Sequence[tuple[str, int]]:
    return sorted((each.topic, each.partition) for each in member.assignment())


def position(member: Consumer, topic: str) -> int:
    return int(member.position([TopicPartition(topic, 0)])[0].offset)


@pytest.fixture
def group(brisk: Process, name: Callable[[], str]) -> Iterator[Groups]:
    made = Groups(brisk.bootstrap, name())
    yield made
    for each in made.members:
        each.close()


@pytest.fixture
def topic(brisk: Process, name: Callable[[], str]) -> str:
    new = name()
    make(brisk, new)
    return new


def make(broker: Process, *topics: str) -> None:
    admin = AdminClient({**QUIET, "bootstrap.servers": broker.bootstrap})
    for each in admin.create_topics([NewTopic(each, PARTITIONS) for each in topics]).values():
        each.result(DEADLINE_S)


def test_two_members_share_and_the_one_that_stays_gets_all(group: Groups, topic: str):
    group.member(topic)
    group.until(group.share(topic))
    second = group.member(topic)
    group.until(group.share(topic))
    group.leave(second)
    group.until(group.share(topic))


def test_who_comes_later_goes_on_where_the_group_has_committed(group: Groups, topic: str):
    client = Confluent(group.bootstrap)
    client.produce(topic, [New(value=b"1"), New(value=b"2")])
    first = group.member(topic)
    assert group.until(lambda: position(first, topic) == 2) == ["1", "2"]
    first.commit(asynchronous=False)
    group.leave(first)
    client.produce(topic, [New(value=b"3")])
    second = group.member(topic)
    assert group.until(lambda: position(second, topic) == 3) == ["3"]
    assert second.committed([TopicPartition(topic, 0)], timeout=DEADLINE_S)[0].offset == 2


def test_an_expression_is_matched_by_the_broker(group: Groups, brisk: Process, name: Callable[[], str]):
    stem = name()
    make(brisk, f"{stem}.a", f"{stem}.b", f"other.{stem}")
    group.member(f"^{stem}\\..*")
    group.until(group.share(f"{stem}.a", f"{stem}.b"))


def test_a_static_member_that_comes_back_finds_its_partitions(group: Groups, topic: str):
    first = group.member(topic, **{"group.instance.id": "i"})
    group.member(topic)
    group.until(group.share(topic))
    before = owned(first)
    group.leave(first)
    again = group.member(topic, **{"group.instance.id": "i"})
    group.until(group.share(topic))
    assert owned(again) == before


def test_a_group_goes_over_to_the_new_protocol_member_by_member_and_back(group: Groups, topic: str):
    old = [group.member(topic, protocol="classic") for _ in range(2)]
    group.until(group.share(topic))
    for each in old:
        group.member(topic)
        group.until(group.share(topic))
        group.leave(each)
        group.until(group.share(topic))
    for each in list(group.members):
        group.member(topic, protocol="classic")
        group.until(group.share(topic))
        group.leave(each)
        group.until(group.share(topic))


def test_a_described_group_tells_its_kind(group: Groups, topic: str):
    group.member(topic, **{"client.id": "me"})
    group.until(group.share(topic))
    admin = AdminClient({**QUIET, "bootstrap.servers": group.bootstrap})
    (listed,) = [each for each in admin.list_consumer_groups().result(DEADLINE_S).valid if each.group_id == group.group]
    assert (listed.type.name, listed.state.name) == ("CONSUMER", "STABLE")
    (future,) = admin.describe_consumer_groups([group.group]).values()
    described = future.result(DEADLINE_S)
    assert (described.type.name, described.state.name) == ("CONSUMER", "STABLE")
    assert len(described.members[0].assignment.topic_partitions) == PARTITIONS
