"""Apache Kafka's own reader over what tiered storage leaves: the list of remote segments, the objects, and the folder here."""

import re
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from tests.conformance.test_dump_log_segments import dumped, numbers, produce
from tests.e2e.process import QUICK, Process
from tests.e2e.tiers import metric, until
from tools.apache_kafka import Release

pytestmark = pytest.mark.java

TOPIC = "none"
RECORDS = 6_000
WAIT_S = 30.0


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folder of a broker that was stopped, and the one that was its object store."""
    root = tmp_path_factory.mktemp("tiered")
    given = {
        **QUICK,
        "remote.log.storage.system.enable": "true",
        "remote.storage.url": f"file://{root}/store",
        "remote.log.manager.task.interval.ms": "100",
        "rlmm.config.remote.log.metadata.topic.num.partitions": "1",
    }
    process = Process(root / "data", given)
    process.start()
    try:
        config = {"remote.storage.enable": "true", "segment.bytes": str(1 << 20), "local.retention.ms": "1"}
        admin = AdminClient({"bootstrap.servers": process.bootstrap})
        for created in admin.create_topics([NewTopic(TOPIC, 1, 1, config=config)]).values():
            created.result(WAIT_S)
        produce(process.bootstrap, TOPIC)
        until(lambda: metric(process, "remote_segments") >= 3, process)
    finally:
        assert process.stop() == 0, process.log_tail()
    return root / "data", root / "store"


def test_the_list_of_remote_segments_is_read(kafka_4_3: Release, places: tuple[Path, Path]) -> None:
    said = dumped(kafka_4_3, sorted(places[0].glob("__remote_log_metadata-*/*.log")), "--remote-log-metadata-decoder")
    assert len(re.findall(r"COPY_SEGMENT_STARTED", said)) >= 3
    assert len(re.findall(r"COPY_SEGMENT_FINISHED", said)) >= 3
    assert f":{TOPIC}-0" in said


def test_downloaded_objects_are_segments_with_their_indexes(kafka_4_3: Release, places: tuple[Path, Path]) -> None:
    """The tool goes by names; those of the store have the segment's id behind the offset."""
    folder = places[1].parent / "downloaded"
    folder.mkdir()
    for found in places[1].rglob("*"):
        if found.suffix in {".log", ".index", ".timeindex"}:
            (folder / (found.name[:20] + found.suffix)).write_bytes(found.read_bytes())
    said = dumped(kafka_4_3, sorted(folder.glob("*.log")), "--deep-iteration")
    first, last = numbers(said, "baseOffset"), numbers(said, "lastOffset")
    assert first[0] == 0
    assert first[1:] == [each + 1 for each in last[:-1]]
    dumped(kafka_4_3, sorted(folder.glob("*index")), "--index-sanity-check")


def test_the_folder_here_is_still_one_that_kafka_reads(kafka_4_3: Release, places: tuple[Path, Path]) -> None:
    said = dumped(kafka_4_3, sorted((places[0] / f"{TOPIC}-0").glob("*.log")), "--deep-iteration")
    assert numbers(said, "lastOffset")[-1] == RECORDS - 1
    assert (places[0] / "log-start-offset-checkpoint").read_text().splitlines()[2:] == [f"{TOPIC} 0 0"]
