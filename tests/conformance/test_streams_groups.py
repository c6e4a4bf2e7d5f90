"""Kafka Streams 4.3.1 with `group.protocol=streams` against a real broker: instances that come, go and die, a broker that
dies, and counts that are right all the same; and the tool by which operators look at such groups.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conformance.streams_application import GROUP, PARTITIONS, Application, Words
from tests.e2e.process import QUICK, Process, start
from tools.apache_kafka import Release

pytestmark = pytest.mark.java

STREAMS_GROUPS = "org.apache.kafka.tools.streams.StreamsGroupCommand"
SETTINGS = {
    **QUICK,
    "group.streams.initial.rebalance.delay.ms": "0",
    "group.streams.min.heartbeat.interval.ms": "100",
    "group.streams.heartbeat.interval.ms": "300",
    "group.streams.min.session.timeout.ms": "1000",
    "group.streams.session.timeout.ms": "5000",
    "group.streams.num.standby.replicas": "1",
}
"""So that a member that was killed is missed within seconds."""

Run = Callable[[str, int], Application]


@pytest.fixture
def streams_broker(tmp_path: Path) -> Iterator[Process]:
    process = start(tmp_path / "data", SETTINGS)
    yield process
    assert process.stop() == 0, process.log_tail()


@pytest.fixture
def words(streams_broker: Process) -> Words:
    return Words(streams_broker.bootstrap)


@pytest.fixture
def run(kafka_4_3: Release, streams_broker: Process, tmp_path: Path) -> Iterator[Run]:
    """Starts an application with a guarantee and so many instances."""
    started: list[Application] = []

    def running(guarantee: str, instances: int) -> Application:
        application = Application(
            kafka_4_3, streams_broker.bootstrap, tmp_path, guarantee=guarantee, instances=instances
        )
        started.append(application)
        application.start()
        return application

    yield running
    for each in started:
        each.kill()


def test_two_instances_count_together_and_one_goes_on_alone(run: Run, words: Words) -> None:
    application = run("at_least_once", 2)
    words.say(500)
    words.counted()
    application.stop_one()
    words.say(500)
    words.counted()
    application.stop()


def test_counts_are_exact_though_application_and_broker_are_killed(
    run: Run, words: Words, streams_broker: Process
) -> None:
    application = run("exactly_once_v2", 2)
    for _ in range(2):
        words.say(1_000)
        application.kill()
        application.start()
        words.say(1_000)
        streams_broker.kill()
        streams_broker.start()
    words.counted()
    words.only_grew()
    application.stop()


def test_the_tool_lists_describes_resets_and_deletes(
    run: Run, words: Words, streams_broker: Process, kafka_4_3: Release
) -> None:
    def tool(*arguments: str) -> str:
        return kafka_4_3.run(STREAMS_GROUPS, "--bootstrap-server", streams_broker.bootstrap, *arguments)

    application = run("at_least_once", 1)
    words.say(500)
    words.counted()
    state = fields(tool("--describe", "--group", GROUP, "--state"))
    assert [(each[0], *each[-2:]) for each in state] == [(GROUP, "Stable", "2")]
    members = fields(tool("--describe", "--group", GROUP, "--members", "--verbose"))
    assert [each[0] for each in members] == [GROUP, GROUP]
    lags = fields(tool("--describe", "--group", GROUP, "--offsets"))
    assert {each[3] for each in lags} == {"0"}
    assert {each[1] for each in lags} == {"lines", "words-counted-repartition"}

    application.stop()
    assert fields(tool("--list", "--state")) == [[GROUP, "Empty"]]
    to_zero = tool("--reset-offsets", "--group", GROUP, "--input-topic", "lines", "--to-earliest", "--execute")
    assert [each[2:] for each in fields(to_zero)] == [["0", "0"], ["1", "0"], ["2", "0"]]
    deleted = tool("--delete-offsets", "--group", GROUP, "--input-topic", "lines")
    assert [each[2] for each in fields(deleted.split("\n\n")[1])] == ["Successful"] * PARTITIONS
    assert "was successful" in tool("--delete", "--group", GROUP)
    assert tool("--list").split() == []


def fields(table: str) -> list[list[str]]:
    """The rows below the heading."""
    return [each.split() for each in table.strip().splitlines()[1:]]
