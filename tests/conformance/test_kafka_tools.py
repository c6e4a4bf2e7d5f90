"""Apache Kafka's own command line tools against a real broker: what an operator types, and what comes back."""

import asyncio
import json
import re
from pathlib import Path
from subprocess import CalledProcessError

import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from tests.e2e.hanging import hang
from tests.e2e.process import Process
from tools.apache_kafka import Release

pytestmark = pytest.mark.java

TOPICS = "org.apache.kafka.tools.TopicCommand"
CONFIGS = "kafka.admin.ConfigCommand"
OFFSETS = "org.apache.kafka.tools.GetOffsetShell"
CLUSTER = "org.apache.kafka.tools.ClusterTool"
CLIENT_METRICS = "org.apache.kafka.tools.ClientMetricsCommand"
QUORUM = "org.apache.kafka.tools.MetadataQuorumCommand"
GROUPS = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
TRANSACTIONS = "org.apache.kafka.tools.TransactionsCommand"
CONSOLE_PRODUCER = "org.apache.kafka.tools.ConsoleProducer"
CONSOLE_CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer"
TIMEOUT_S = 30
HOUR_MS = 3_600_000
LINES = [f"{number}:line {number}" for number in range(1_000)]


class Tools:
    """Each call is one tool, told where the broker is."""

    def __init__(self, release: Release, bootstrap: str) -> None:
        self._release = release
        self._bootstrap = bootstrap

    def __call__(self, main: str, *arguments: str, stdin: str | None = None) -> str:
        broker = ["--bootstrap-server", self._bootstrap]
        # The one tool that wants to hear first what it shall do.
        given = [*arguments, *broker] if main == CLUSTER else [*broker, *arguments]
        try:
            return self._release.run(main, *given, stdin=stdin)
        except CalledProcessError as failed:
            raise AssertionError(f"{main} {' '.join(arguments)}\n{failed.stdout}\n{failed.stderr}") from None

    def produce(self, topic: str, *arguments: str) -> None:
        keyed = ["--reader-property", "parse.key=true", "--reader-property", "key.separator=:"]
        given = "".join(f"{each}\n" for each in LINES)
        self(CONSOLE_PRODUCER, "--topic", topic, *keyed, *arguments, stdin=given)

    def consume(self, topic: str, *arguments: str) -> list[str]:
        """All of `LINES`, in the order in which they came."""
        keyed = ["--formatter-property", "print.key=true", "--formatter-property", "key.separator=:"]
        bounded = ["--max-messages", str(len(LINES)), "--timeout-ms", "30000"]
        return self(CONSOLE_CONSUMER, "--topic", topic, "--from-beginning", *keyed, *bounded, *arguments).splitlines()


@pytest.fixture(scope="module")
def tools(kafka_4_3: Release, broker: Process) -> Tools:
    return Tools(kafka_4_3, broker.bootstrap)


def fields(line: str) -> dict[str, str]:
    """`Topic: t	Partition: 0` as a dictionary."""
    return {name.strip(): value.strip() for name, _, value in (each.partition(":") for each in line.split("\t"))}


def table(text: str) -> list[dict[str, str]]:
    """The rows below the line that names the columns, whose names have no spaces."""
    head, *rows = [line.split() for line in text.splitlines() if line.strip()]
    return [dict(zip(head, row, strict=False)) for row in rows]


def test_a_topic_is_created_described_altered_and_deleted(tools: Tools) -> None:
    tools(TOPICS, "--create", "--topic", "life", "--partitions", "3", "--config", "retention.ms=60000")
    summary, *partitions = [fields(line) for line in tools(TOPICS, "--describe", "--topic", "life").splitlines()]
    assert (summary["PartitionCount"], summary["ReplicationFactor"]) == ("3", "1")
    assert "retention.ms=60000" in summary["Configs"]
    assert [(each["Partition"], each["Leader"], each["Replicas"], each["Isr"]) for each in partitions] == [
        ("0", "1", "1", "1"),
        ("1", "1", "1", "1"),
        ("2", "1", "1", "1"),
    ]

    tools(TOPICS, "--alter", "--topic", "life", "--partitions", "5")
    assert "PartitionCount: 5" in tools(TOPICS, "--describe", "--topic", "life")
    assert tools(TOPICS, "--describe", "--unavailable-partitions", "--topic", "life").strip() == ""
    assert "life" in tools(TOPICS, "--list").splitlines()
    tools(TOPICS, "--delete", "--topic", "life")
    assert "life" not in tools(TOPICS, "--list").splitlines()


def test_configs_of_topics_are_set_shown_and_deleted(tools: Tools) -> None:
    tools(TOPICS, "--create", "--topic", "configured")
    topic = ["--entity-type", "topics", "--entity-name", "configured"]
    tools(CONFIGS, *topic, "--alter", "--add-config", "max.message.bytes=2000,cleanup.policy=[compact,delete]")
    described = tools(CONFIGS, *topic, "--describe")
    assert "max.message.bytes=2000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:max.message.bytes=2000" in described
    assert "cleanup.policy=compact,delete" in described
    tools(CONFIGS, *topic, "--alter", "--delete-config", "max.message.bytes")
    assert "max.message.bytes" not in tools(CONFIGS, *topic, "--describe")
    assert "max.message.bytes=1048588" in tools(CONFIGS, *topic, "--describe", "--all")


@pytest.mark.parametrize(
    ("entity", "setting"),
    [
        (("brokers", "--entity-name", "1"), "log.retention.ms=7200000"),
        (("brokers", "--entity-default"), "log.flush.interval.ms=100000"),
        (("groups", "--entity-name", "g"), "consumer.session.timeout.ms=50000"),
        (("client-metrics", "--entity-name", "m"), "interval.ms=10000"),
    ],
)
def test_configs_of_everything_else_are_set_and_shown(tools: Tools, entity: tuple[str, ...], setting: str) -> None:
    tools(CONFIGS, "--entity-type", *entity, "--alter", "--add-config", setting)
    assert setting in tools(CONFIGS, "--entity-type", *entity, "--describe")
    tools(CONFIGS, "--entity-type", *entity, "--alter", "--delete-config", setting.partition("=")[0])
    assert setting not in tools(CONFIGS, "--entity-type", *entity, "--describe")


@pytest.mark.parametrize(
    ("entity", "quota", "told"),
    [
        (("--entity-type", "users", "--entity-name", "ann"), "producer_byte_rate=1024", "user-principal 'ann'"),
        (("--entity-type", "users", "--entity-default"), "request_percentage=12.5", "default user-principal"),
        (
            ("--entity-type", "users", "--entity-name", "ann", "--entity-type", "clients", "--entity-default"),
            "consumer_byte_rate=2048",
            "user-principal 'ann', the default client-id",
        ),
        (("--entity-type", "clients", "--entity-name", "app"), "controller_mutation_rate=0.5", "client-id 'app'"),
        (("--entity-type", "ips", "--entity-name", "192.0.2.7"), "connection_creation_rate=5", "ip '192.0.2.7'"),
    ],
)
def test_quotas_are_set_shown_and_deleted(tools: Tools, entity: tuple[str, ...], quota: str, told: str) -> None:
    name, _, value = quota.partition("=")
    tools(CONFIGS, *entity, "--alter", "--add-config", quota)
    described = tools(CONFIGS, *entity, "--describe")
    assert told in described
    assert f"{name}={float(value)}" in described
    tools(CONFIGS, *entity, "--alter", "--delete-config", name)
    assert name not in tools(CONFIGS, *entity, "--describe")


def test_subscriptions_of_client_metrics_are_made_shown_and_deleted(tools: Tools) -> None:
    subscription = ["--name", "slow-producers"]
    wanted = ["--interval", "1000", "--metrics", "org.apache.kafka.producer."]
    tools(CLIENT_METRICS, "--alter", *subscription, *wanted, "--match", "client_id=app-.*")
    assert "slow-producers" in tools(CLIENT_METRICS, "--list").split()
    described = tools(CLIENT_METRICS, "--describe", *subscription)
    for each in ("interval.ms=1000", "match=client_id=app-.*", "metrics=org.apache.kafka.producer."):
        assert each in described
    tools(CLIENT_METRICS, "--delete", *subscription)
    assert "slow-producers" not in tools(CLIENT_METRICS, "--list").split()


def test_all_settings_of_a_broker_and_its_loggers_are_shown(tools: Tools) -> None:
    described = tools(CONFIGS, "--entity-type", "brokers", "--entity-name", "1", "--describe", "--all")
    assert "node.id=1" in described
    assert "log.segment.bytes=1073741824" in described
    assert "sensitive=false" in tools(CONFIGS, "--entity-type", "broker-loggers", "--entity-name", "1", "--describe")


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_the_console_reads_what_the_console_wrote(tools: Tools, codec: str) -> None:
    tools.produce(f"console-{codec}", "--compression-codec", codec)
    assert tools.consume(f"console-{codec}") == LINES


def test_a_group_commits_is_described_reset_and_deleted(tools: Tools) -> None:
    tools(TOPICS, "--create", "--topic", "grouped", "--partitions", "3")
    tools.produce("grouped")
    assert sorted(tools.consume("grouped", "--group", "readers")) == sorted(LINES)

    rows = table(tools(GROUPS, "--describe", "--group", "readers"))
    assert sum(int(each["CURRENT-OFFSET"]) for each in rows) == len(LINES)
    assert {each["LAG"] for each in rows} == {"0"}
    assert {"GROUP": "readers", "STATE": "Empty"} in table(tools(GROUPS, "--list", "--state"))
    assert "Empty" in tools(GROUPS, "--describe", "--group", "readers", "--state")

    reset = ["--reset-offsets", "--group", "readers", "--topic", "grouped"]
    tools(GROUPS, *reset, "--to-earliest", "--execute")
    rows = table(tools(GROUPS, "--describe", "--offsets", "--group", "readers"))
    assert {each["CURRENT-OFFSET"] for each in rows} == {"0"}
    tools(GROUPS, *reset, "--to-datetime", "2000-01-01T00:00:00.000", "--execute")
    tools(GROUPS, "--delete-offsets", "--group", "readers", "--topic", "grouped:0")
    rows = table(tools(GROUPS, "--describe", "--group", "readers"))
    assert {each["PARTITION"] for each in rows if each["CURRENT-OFFSET"] != "-"} == {"1", "2"}
    assert "readers" in tools(GROUPS, "--delete", "--group", "readers")
    assert "readers" not in tools(GROUPS, "--list")


def test_a_group_of_the_newer_protocol_is_listed_and_described(tools: Tools, broker: Process) -> None:
    tools(TOPICS, "--create", "--topic", "newer", "--partitions", "2")
    settings = {"bootstrap.servers": broker.bootstrap, "group.id": "newer", "group.protocol": "consumer"}
    member = Consumer({**settings, "client.id": "me", "group.remote.assignor": "range"})
    member.subscribe(["newer"])
    try:
        while len(member.assignment()) < 2:
            member.poll(TIMEOUT_S)
        assert {"GROUP": "newer", "TYPE": "Consumer"} in table(tools(GROUPS, "--list", "--type", "consumer"))
        (state,) = table(tools(GROUPS, "--describe", "--group", "newer", "--state", "--verbose"))
        assert "range" in state.values()
        assert "Stable" in state.values()
        (row,) = table(tools(GROUPS, "--describe", "--group", "newer", "--members", "--verbose"))
        assert {"newer", "me"} <= set(row.values())
        assert "newer:0,1" in tools(GROUPS, "--describe", "--group", "newer", "--members", "--verbose")
    finally:
        member.close()
    assert "Empty" in tools(GROUPS, "--describe", "--group", "newer", "--state")
    tools(GROUPS, "--delete", "--group", "newer")


def test_offsets_are_found_by_time_and_move_when_records_are_deleted(tools: Tools, tmp_path: Path) -> None:
    tools.produce("trimmed")
    assert tools(OFFSETS, "--topic", "trimmed").strip() == "trimmed:0:1000"
    assert tools(OFFSETS, "--topic", "trimmed", "--time", "earliest").strip() == "trimmed:0:0"
    last = tools(OFFSETS, "--topic", "trimmed", "--time", "max-timestamp").strip()
    assert 0 < int(last.rpartition(":")[2]) < 1_000
    assert tools(OFFSETS, "--topic", "trimmed", "--time", "946684800000").strip() == "trimmed:0:0"

    wanted = tmp_path / "delete.json"
    partition = {"topic": "trimmed", "partition": 0, "offset": 400}
    wanted.write_text(json.dumps({"partitions": [partition], "version": 1}))
    said = tools("org.apache.kafka.tools.DeleteRecordsCommand", "--offset-json-file", str(wanted))
    assert "low_watermark: 400" in said
    assert tools(OFFSETS, "--topic", "trimmed", "--time", "earliest").strip() == "trimmed:0:400"


def test_verifiable_clients_lose_nothing(tools: Tools) -> None:
    count = ["--topic", "verified", "--max-messages", "2000"]
    produced = [json.loads(each) for each in tools("org.apache.kafka.tools.VerifiableProducer", *count).splitlines()]
    assert produced[-1] | {"name": "tool_data", "sent": 2_000, "acked": 2_000} == produced[-1]
    group = ["--group-id", "verifiers", "--reset-policy", "earliest"]
    consumed = [
        json.loads(each) for each in tools("org.apache.kafka.tools.VerifiableConsumer", *count, *group).splitlines()
    ]
    assert sum(each["count"] for each in consumed if each["name"] == "records_consumed") == 2_000
    assert all(each["success"] for each in consumed if each["name"] == "offsets_committed")


def test_performance_tools_run_to_their_end(tools: Tools) -> None:
    sized = ["--num-records", "20000", "--record-size", "1000", "--throughput", "-1"]
    said = tools("org.apache.kafka.tools.ProducerPerformance", "--topic", "measured", *sized)
    assert said.splitlines()[-1].startswith("20000 records sent")
    said = tools("org.apache.kafka.tools.ConsumerPerformance", "--topic", "measured", "--num-records", "20000")
    assert [each.strip() for each in said.splitlines()[-1].split(",")][4] == "20000"


def test_leaders_are_elected_and_partitions_reassigned_where_they_are(tools: Tools, tmp_path: Path) -> None:
    tools(TOPICS, "--create", "--topic", "settled", "--partitions", "2")
    elected = tools(
        "org.apache.kafka.tools.LeaderElectionCommand", "--election-type", "preferred", "--all-topic-partitions"
    )
    assert "failed" not in elected.lower()

    reassign = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand"
    topics, plan = tmp_path / "topics.json", tmp_path / "plan.json"
    topics.write_text(json.dumps({"topics": [{"topic": "settled"}], "version": 1}))
    proposed = tools(reassign, "--generate", "--topics-to-move-json-file", str(topics), "--broker-list", "1")
    plan.write_text(proposed.splitlines()[-1])
    assert "Successfully started" in tools(reassign, "--execute", "--reassignment-json-file", str(plan))
    assert tools(reassign, "--verify", "--reassignment-json-file", str(plan)).count("is completed") == 2
    assert "No partition reassignments found" in tools(reassign, "--list")


def test_a_transaction_is_listed_described_and_ended_by_force(tools: Tools, broker: Process) -> None:
    writing = Producer({"bootstrap.servers": broker.bootstrap, "transactional.id": "books"})
    writing.init_transactions(TIMEOUT_S)
    writing.begin_transaction()
    writing.produce("ledger", b"open", partition=0)
    writing.flush(TIMEOUT_S)
    (listed,) = table(tools(TRANSACTIONS, "list"))
    assert (listed["TransactionalId"], listed["TransactionState"]) == ("books", "Ongoing")
    (described,) = table(tools(TRANSACTIONS, "describe", "--transactional-id", "books"))
    assert (described["TransactionState"], described["TopicPartitions"]) == ("Ongoing", "ledger-0")
    (producing,) = table(tools(TRANSACTIONS, "describe-producers", "--topic", "ledger", "--partition", "0"))
    assert (producing["ProducerId"], producing["CurrentTransactionStartOffset"]) == (listed["ProducerId"], "0")
    assert table(tools(TRANSACTIONS, "list", "--transactional-id-pattern", "l.*")) == []

    tools(TRANSACTIONS, "forceTerminateTransaction", "--transactionalId", "books")
    with pytest.raises(KafkaException, match=r"fenced|newer instance|epoch"):
        writing.commit_transaction(TIMEOUT_S)
    (listed,) = table(tools(TRANSACTIONS, "list"))
    assert listed["TransactionState"] == "Empty"


def test_a_transaction_that_hangs_is_found_and_aborted(tools: Tools, broker: Process) -> None:
    tools(TOPICS, "--create", "--topic", "stuck")
    unverified = ["--entity-type", "brokers", "--entity-default", "--alter"]
    tools(CONFIGS, *unverified, "--add-config", "transaction.partition.verification.enable=false")
    asyncio.run(hang(broker.bootstrap, "stuck", producer=4242, age_ms=HOUR_MS))
    (found,) = table(tools(TRANSACTIONS, "find-hanging", "--broker-id", "1"))
    assert (found["Topic"], found["ProducerId"], found["StartOffset"]) == ("stuck", "4242", "0")
    stuck = ["--topic", "stuck", "--partition", "0"]
    tools(TRANSACTIONS, "abort", *stuck, "--start-offset", "0")
    assert table(tools(TRANSACTIONS, "find-hanging", "--broker-id", "1")) == []
    tools(CONFIGS, *unverified, "--delete-config", "transaction.partition.verification.enable")


def test_the_cluster_and_its_features_are_shown(tools: Tools) -> None:
    assert tools(CLUSTER, "cluster-id").startswith("Cluster ID: ")
    assert "127.0.0.1" in tools(CLUSTER, "list-endpoints")
    described = tools("org.apache.kafka.tools.FeatureCommand", "describe")
    # 4.3 has no name yet for the level of 4.4.
    assert re.search(r"Feature: metadata.version .* FinalizedVersionLevel: UNKNOWN 33\b", described)
    assert re.search(r"Feature: share.version .* SupportedMaxVersion: 2\b", described)


def test_the_quorum_and_its_folder_are_shown(tools: Tools) -> None:
    tools(TOPICS, "--create", "--topic", "kept")
    assert fields(tools(QUORUM, "describe", "--status").splitlines()[1]) == {"LeaderId": "1"}
    assert table(tools(QUORUM, "describe", "--replication"))[0]["Status"] == "Leader"
    said = tools("org.apache.kafka.tools.LogDirsCommand", "--describe").splitlines()[-1]
    (folder,) = json.loads(said)["brokers"][0]["logDirs"]
    assert folder["error"] is None
    assert {"partition": "kept-0", "size": 0, "offsetLag": 0, "isFuture": False} in folder["partitions"]


def test_the_versions_of_every_api_are_listed(tools: Tools) -> None:
    listed = tools("org.apache.kafka.tools.BrokerApiVersionsCommand")
    assert "Produce(0): 0 to 13 [usable: 13]" in listed
    assert "Fetch(1): 4 to 18 [usable: 18]" in listed
