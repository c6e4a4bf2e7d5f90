"""A snapshot of the metadata log that we took, read by Apache Kafka: by its dump, by its shell, and by a node that starts from it."""

import os
import subprocess
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType
from tests.conformance.test_kafka_opens_our_folder import STATIC_QUORUM
from tests.e2e.process import start
from tools.apache_kafka import Release, apache_kafka

pytestmark = pytest.mark.java

WAIT_S = 60.0
SETTINGS = (
    "delete.retention.ms",
    "file.delete.delay.ms",
    "flush.messages",
    "flush.ms",
    "max.message.bytes",
    "min.compaction.lag.ms",
    "retention.bytes",
    "retention.ms",
    "segment.jitter.ms",
    "segment.ms",
)
ROUNDS = 1_100
"""So many times each setting is changed; a snapshot is due after 10,000 records."""
LAST = str(1_000_000 + ROUNDS - 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("changed") / "data"
    process = start(path)
    try:
        admin = AdminClient({"bootstrap.servers": process.bootstrap})
        admin.create_topics([NewTopic("changed", 2, 1)])["changed"].result(WAIT_S)
        for round_ in range(ROUNDS):
            change(admin, "changed", str(1_000_000 + round_))
    finally:
        assert process.stop() == 0, process.log_tail()
    return path


def change(admin: AdminClient, name: str, value: str) -> None:
    entries = [ConfigEntry(each, value, incremental_operation=AlterConfigOpType.SET) for each in SETTINGS]
    topic = ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries)
    for changed in admin.incremental_alter_configs([topic]).values():
        changed.result(WAIT_S)


def snapshot(folder: Path) -> Path:
    return max((folder / "__cluster_metadata-0").glob("*.checkpoint"))


def test_dump_reads_it_from_its_header_to_its_footer(kafka_4_3: Release, folder: Path) -> None:
    wanted = ["--cluster-metadata-decoder", "--files", str(snapshot(folder))]
    said = kafka_4_3.run("org.apache.kafka.tools.DumpLogSegments", *wanted)
    lines = [line for line in said.splitlines() if line.startswith("|")]
    assert "SnapshotHeader" in lines[0]
    assert "SnapshotFooter" in lines[-1]
    assert sum("CONFIG_RECORD" in line for line in lines) == len(SETTINGS)


def test_the_shell_shows_the_cluster_in_it(kafka_4_3: Release, kafka_4_4: Release, folder: Path) -> None:
    # The shell was last published for 4.3, whose own classes don't know our level of the metadata.
    classes = os.pathsep.join([kafka_4_4.classpath(), kafka_4_3.classpath()])
    shell = ["java", "-cp", classes, "org.apache.kafka.shell.MetadataShell", "--snapshot", str(snapshot(folder))]
    done = subprocess.run([*shell, "find", "/image"], capture_output=True, text=True, timeout=WAIT_S, check=True)
    seen = done.stdout.splitlines()
    assert {"/image/topics/byName/changed/0", "/image/topics/byName/changed/1", "/image/cluster/brokers/1"} <= set(seen)
    assert {f"/image/configs/TOPIC:changed/{each}" for each in SETTINGS} <= set(seen)


def test_a_node_starts_from_it(kafka_4_4: Release, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "node").mkdir()
    folder.rename(tmp_path / "node" / "data")
    with apache_kafka(kafka_4_4, tmp_path / "node", settings=STATIC_QUORUM, heap="512m") as kafka:
        admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
        topic = ConfigResource(ResourceType.TOPIC, "changed")
        described = admin.describe_configs([topic])[topic].result(WAIT_S)
    assert {described[each].value for each in SETTINGS} == {LAST}
