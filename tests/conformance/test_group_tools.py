"""Apache Kafka's kafka-groups and kafka-share-groups against a real broker: what an operator types of groups of every kind."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka import ShareConsumer
from tests.conformance.clients.confluent import QUIET
from tests.conformance.clients.port import DEADLINE_S
from tests.conformance.test_kafka_tools import CONFIGS, LINES, TOPICS, Tools, table
from tests.e2e.process import Process
from tools.apache_kafka import Release

pytestmark = pytest.mark.java

GROUPS = "org.apache.kafka.tools.GroupsCommand"
SHARE_GROUPS = "org.apache.kafka.tools.consumer.group.ShareGroupCommand"
CONSOLE = "org.apache.kafka.tools.consumer.ConsoleShareConsumer"
VERIFIABLE = "org.apache.kafka.tools.VerifiableShareConsumer"


@pytest.fixture(scope="module")
def tools(kafka_4_3: Release, broker: Process) -> Tools:
    return Tools(kafka_4_3, broker.bootstrap)


def test_a_share_group_is_founded_by_a_reset_and_deleted(tools: Tools) -> None:
    tools(TOPICS, "--create", "--topic", "jobs", "--partitions", "2")
    tools.produce("jobs")
    reset = ["--reset-offsets", "--group", "workers", "--topic", "jobs"]
    at_end = table(tools(SHARE_GROUPS, *reset, "--to-latest", "--execute"))
    assert sum(int(each["NEW-OFFSET"]) for each in at_end) == 1_000
    rows = table(tools(SHARE_GROUPS, "--describe", "--group", "workers"))
    assert [each["LAG"] for each in rows] == ["0", "0"]
    tools(SHARE_GROUPS, *reset, "--to-earliest", "--execute")
    rows = table(tools(SHARE_GROUPS, "--describe", "--offsets", "--group", "workers"))
    assert [each["START-OFFSET"] for each in rows] == ["0", "0"]
    assert sum(int(each["LAG"]) for each in rows) == 1_000

    assert "Empty" in tools(SHARE_GROUPS, "--describe", "--group", "workers", "--state")
    assert table(tools(SHARE_GROUPS, "--list", "--state", "empty")) == [{"GROUP": "workers", "STATE": "Empty"}]
    deleted = tools(SHARE_GROUPS, "--delete-offsets", "--group", "workers", "--topic", "jobs")
    assert table(deleted) == [{"TOPIC": "jobs", "STATUS": "Successful"}]
    assert "was successful" in tools(SHARE_GROUPS, "--delete", "--group", "workers")
    assert "workers" not in tools(GROUPS, "--list")


def test_groups_of_all_kinds_are_listed_together_or_by_kind(tools: Tools) -> None:
    tools(TOPICS, "--create", "--topic", "listed")
    tools.produce("listed")
    tools.consume("listed", "--group", "readers")
    tools(SHARE_GROUPS, "--reset-offsets", "--group", "sharers", "--topic", "listed", "--to-earliest", "--execute")
    kinds = {each["GROUP"]: each["TYPE"] for each in table(tools(GROUPS, "--list"))}
    assert kinds == {"readers": "Classic", "sharers": "Share"}
    (only,) = table(tools(GROUPS, "--list", "--group-type", "share"))
    assert only["GROUP"] == "sharers"
    assert [each["GROUP"] for each in table(tools(GROUPS, "--list", "--consumer"))] == ["readers"]


def test_a_share_group_with_a_member_is_described_and_left_alone(tools: Tools, broker: Process) -> None:
    tools(TOPICS, "--create", "--topic", "busy", "--partitions", "2")
    tools.produce("busy")
    begin_earliest(tools, "busy-group")
    with member(broker.bootstrap, "busy-group", "busy") as consumer:
        assert len(consumer.poll(DEADLINE_S)) > 0
        assert "Stable" in tools(SHARE_GROUPS, "--describe", "--group", "busy-group", "--state")
        (only,) = table(tools(SHARE_GROUPS, "--describe", "--group", "busy-group", "--members"))
        assert only["ASSIGNMENT"] == "busy:0,1"
        reset = ["--reset-offsets", "--group", "busy-group", "--topic", "busy", "--to-earliest", "--execute"]
        with pytest.raises(AssertionError, match="Share group 'busy-group' is not empty"):
            tools(SHARE_GROUPS, *reset)
        assert "is not EMPTY" in tools(SHARE_GROUPS, "--delete", "--group", "busy-group")
    assert "was successful" in tools(SHARE_GROUPS, "--delete", "--group", "busy-group")


def test_kafkas_share_consumers_read_everything_once(tools: Tools) -> None:
    tools(TOPICS, "--create", "--topic", "shared", "--partitions", "3")
    tools.produce("shared")
    for group in ("console", "verifiable"):
        begin_earliest(tools, group)
    bounded = ["--max-messages", str(len(LINES)), "--timeout-ms", "30000"]
    keyed = ["--formatter-property", "print.key=true", "--formatter-property", "key.separator=:"]
    assert sorted(tools(CONSOLE, "--topic", "shared", "--group", "console", *keyed, *bounded).splitlines()) == sorted(
        LINES
    )
    named = ["--topic", "shared", "--group-id", "verifiable", "--max-messages", str(len(LINES))]
    said = [json.loads(each) for each in tools(VERIFIABLE, *named).splitlines()]
    assert sum(each["count"] for each in said if each["name"] == "records_consumed") == len(LINES)
    assert all(each["success"] for each in said if each["name"] == "offsets_acknowledged")
    for group in ("console", "verifiable"):
        rows = table(tools(SHARE_GROUPS, "--describe", "--group", group))
        assert {each["LAG"] for each in rows} == {"0"}


def begin_earliest(tools: Tools, group: str) -> None:
    earliest = ["--add-config", "share.auto.offset.reset=earliest"]
    tools(CONFIGS, "--entity-type", "groups", "--entity-name", group, "--alter", *earliest)


@contextmanager
def member(bootstrap: str, group: str, topic: str) -> Iterator[ShareConsumer]:
    with ShareConsumer({**QUIET, "bootstrap.servers": bootstrap, "group.id": group}) as consumer:
        consumer.subscribe([topic])
        yield consumer
