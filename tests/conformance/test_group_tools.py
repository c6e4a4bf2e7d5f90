"""Apache Kafka's kafka-groups and kafka-share-groups against a real broker: what an operator types of groups of every kind."""

import pytest
from tests.conformance.test_kafka_tools import TOPICS, Tools, table
from tests.e2e.process import Process
from tools.apache_kafka import Release

pytestmark = pytest.mark.java

GROUPS = "org.apache.kafka.tools.GroupsCommand"
SHARE_GROUPS = "org.apache.kafka.tools.consumer.group.ShareGroupCommand"


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
