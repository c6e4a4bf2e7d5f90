"""Apache Kafka's own reader of files over every kind of file in a folder that we made and stopped."""

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from subprocess import CalledProcessError
from time import monotonic

import pytest
from confluent_kafka import Consumer, Producer, ShareConsumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from tests.e2e.process import start
from tools.apache_kafka import Release

pytestmark = pytest.mark.java

DUMP = "org.apache.kafka.tools.DumpLogSegments"
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
SMALL = {"segment.bytes": str(1 << 20), "index.interval.bytes": "2000"}
RECORDS = 6_000
WAIT_S = 30.0
COMPLAINTS = re.compile(r"(?i)mismatch|corrupt|not found|out of order|exception|error|isvalid: false|invalid bytes")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a broker that has rolled segments in every codec, kept a group, deleted records, was killed and started again."""
    path = tmp_path_factory.mktemp("dumped") / "data"
    process = start(path)
    try:
        admin = AdminClient({"bootstrap.servers": process.bootstrap})
        topics = [NewTopic(codec, num_partitions=1, replication_factor=1, config=SMALL) for codec in CODECS]
        for created in admin.create_topics(topics).values():
            created.result(WAIT_S)
        for codec in CODECS:
            produce(process.bootstrap, codec)
        commit(process.bootstrap)
        match(process.bootstrap)
        share(process.bootstrap)
        admin.delete_records([TopicPartition("none", 0, 2_000)])[TopicPartition("none", 0)].result(WAIT_S)
        process.kill()
        process.start()
    finally:
        assert process.stop() == 0, process.log_tail()
    return path


def produce(bootstrap: str, codec: str) -> None:
    settings = {"bootstrap.servers": bootstrap, "log_level": 0, "compression.type": codec, "enable.idempotence": True}
    producer = Producer(settings | {"batch.num.messages": 50, "linger.ms": 5})
    chance = Random(codec)
    for number in range(RECORDS):
        # What can't be compressed, or a compressed segment would never be full.
        value = chance.randbytes(600)
        producer.produce(codec, key=str(number % 100), value=value, headers={"number": str(number)})
        producer.poll(0)
    assert producer.flush(WAIT_S) == 0


def commit(bootstrap: str) -> None:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "kept", "auto.offset.reset": "earliest"})
    consumer.subscribe(list(CODECS))
    seen = 0
    while seen < 1_000:
        seen += len(consumer.consume(500, WAIT_S))
    consumer.commit(asynchronous=False)
    consumer.close()


def match(bootstrap: str) -> None:
    """A group of the newer protocol, subscribed by a regular expression, that has come and gone."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "matched", "group.protocol": "consumer"})
    consumer.subscribe(["^(none|gzip)$"])
    deadline = monotonic() + WAIT_S
    while monotonic() < deadline and len(consumer.assignment()) < 2:
        consumer.poll(0.1)
    consumer.close()


def share(bootstrap: str) -> None:
    """A share group that has accepted what was sent while it was there."""
    consumer = ShareConsumer({"bootstrap.servers": bootstrap, "group.id": "sharers"})
    consumer.subscribe(["shared"])
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 5})
    deadline = monotonic() + WAIT_S
    while monotonic() < deadline and not list(consumer.poll(1.0)):
        producer.produce("shared", b"shared")
        producer.flush(WAIT_S)
    consumer.commit_sync(WAIT_S)
    consumer.close()


def dumped(release: Release, files: list[Path], *arguments: str) -> str:
    assert files
    try:
        said = release.run(DUMP, "--files", ",".join(str(each) for each in files), *arguments)
    except CalledProcessError as failed:
        raise AssertionError(f"{failed.stdout}\n{failed.stderr}") from None
    complaints = [line for line in said.splitlines() if COMPLAINTS.search(line)]
    assert not complaints, "\n".join(complaints[:20])
    return said


def sections(said: str) -> Iterator[tuple[str, str]]:
    """What was said of each file."""
    for section in said.split("Dumping ")[1:]:
        name, _, rest = section.partition("\n")
        yield name, rest


def numbers(said: str, name: str) -> list[int]:
    return [int(each) for each in re.findall(rf"{name}: (-?\d+)", said)]


@pytest.mark.parametrize("codec", CODECS)
def test_every_batch_of_every_codec_is_valid_and_none_is_missing(kafka_4_3: Release, folder: Path, codec: str) -> None:
    files = sorted((folder / f"{codec}-0").glob("*.log"))
    said = dumped(kafka_4_3, files, "--deep-iteration")
    codecs = set(re.findall(r"compresscodec: (\w+)", said))
    assert codecs == {codec}
    first, last = numbers(said, "baseOffset"), numbers(said, "lastOffset")
    assert first[1:] == [each + 1 for each in last[:-1]]
    assert last[-1] == RECORDS - 1
    assert numbers(said, r"\| offset") == list(range(first[0], RECORDS))


@pytest.mark.parametrize("codec", CODECS)
def test_indexes_lead_to_the_records_that_they_name(kafka_4_3: Release, folder: Path, codec: str) -> None:
    files = sorted((folder / f"{codec}-0").glob("*index"))
    for check in ([], ["--verify-index-only"], ["--index-sanity-check"]):
        said = dumped(kafka_4_3, files, *check)
        assert len(list(sections(said))) == len(files)
    assert len(files) >= 6


def test_snapshots_of_producers_are_read(kafka_4_3: Release, folder: Path) -> None:
    said = dumped(kafka_4_3, sorted(folder.glob("*-0/*.snapshot")))
    assert RECORDS - 1 in numbers(said, "lastOffset")


def test_groups_and_offsets_are_read(kafka_4_3: Release, folder: Path) -> None:
    files = sorted(folder.glob("__consumer_offsets-*/*.log"))
    said = dumped(kafka_4_3, files, "--offsets-decoder")
    assert '"group":"kept"' in said
    assert '"protocolType":"consumer"' in said
    assert re.search(r'"group":"kept","topic":"\w+","partition":0.*"offset":\d+', said)


def test_groups_of_the_newer_protocol_are_read(kafka_4_3: Release, folder: Path) -> None:
    files = sorted(folder.glob("__consumer_offsets-*/*.log"))
    said = dumped(kafka_4_3, files, "--offsets-decoder")
    records = [line for line in said.splitlines() if '"groupId":"matched"' in line]
    for field in ("metadataHash", "subscribedTopicNames", "topicPartitions", "assignmentEpoch", "memberEpoch"):
        assert any(f'"{field}":' in line for line in records), field
    assert any(
        '"regularExpression":"(^(none|gzip)$)"' in line and '"topics":["gzip","none"]' in line for line in records
    )
    assert any('"assignedPartitions":[{' in line and '"assignmentEpochs":[' in line for line in records)


def test_share_state_is_read(kafka_4_3: Release, folder: Path) -> None:
    said = dumped(kafka_4_3, sorted(folder.glob("__share_group_state-*/*.log")), "--share-group-state-decoder")
    assert '"groupId":"sharers"' in said
    for field in ("snapshotEpoch", "stateEpoch", "leaderEpoch", "startOffset", "deliveryCompleteCount", "stateBatches"):
        assert f'"{field}":' in said
    assert '"deliveryState":2' in said


def test_the_metadata_log_and_its_snapshots_are_read(kafka_4_3: Release, folder: Path) -> None:
    files = sorted((folder / "__cluster_metadata-0").glob("*.log"))
    snapshots = sorted((folder / "__cluster_metadata-0").glob("*.checkpoint"))
    said = dumped(kafka_4_3, files + snapshots, "--cluster-metadata-decoder")
    for kind in ("FEATURE_LEVEL_RECORD", "REGISTER_BROKER_RECORD", "TOPIC_RECORD", "PARTITION_RECORD", "CONFIG_RECORD"):
        assert kind in said
    assert "LeaderChange" in said
    assert "UNKNOWN" not in said
