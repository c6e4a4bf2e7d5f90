"""Remote storage as an operator meets it: a real S3 server, a small disk, and everything that ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from tests.contracts.seaweed import Seaweed, seaweed
from tests.e2e.process import Process
from tests.e2e.tiers import (
    DEADLINE_S,
    TOPIC,
    VALUE_BYTES,
    alter,
    broker,
    create,
    delete_topic,
    first_offset,
    is_refused,
    log_bytes,
    metric,
    objects,
    of_segments,
    produce,
    read,
    settings,
    tier_status,
    until,
)

from headwater.kernel.units import GiB, MiB


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    with seaweed(tmp_path_factory.mktemp("seaweed")) as running:
        yield running


def is_moved(process: Process) -> bool:
    return log_bytes(process) <= 3 * MiB and metric(process, "remote_failing_partitions") == 0


@pytest.mark.parametrize(
    ("disk_bytes", "segment_bytes"),
    [(64 * MiB, 8 * MiB), pytest.param(GiB, 64 * MiB, marks=pytest.mark.long)],
    ids=["64 MB", "1 GB"],
)
def test_five_times_more_than_the_disk_holds_is_kept_and_read_from_the_beginning(
    server: Seaweed, tmp_path: Path, disk_bytes: int, segment_bytes: int
):
    count = 5 * disk_bytes // VALUE_BYTES
    given = settings(server, f"five-{disk_bytes}", disk_bytes=str(disk_bytes))
    with broker(tmp_path / "data", given) as process:
        create(process, segment_bytes=segment_bytes, local_retention_bytes=2 * segment_bytes)
        produce(process, 0, count)
        assert first_offset(process) == 0
        assert log_bytes(process) < disk_bytes
        read(process, 0, count)
        process.stop()
        process.start()
        read(process, count // 2, count // 2 + 1_000)
        assert first_offset(process) == 0


def test_while_the_store_is_down_producers_go_on_and_nothing_goes_that_is_only_here(server: Seaweed, tmp_path: Path):
    with broker(tmp_path / "data", settings(server, "down", remote_storage_timeout_ms="700")) as process:
        create(process, segment_bytes=MiB, local_retention_bytes=MiB)
        produce(process, 0, 500)
        until(lambda: is_moved(process), process)
        with server.silent():
            produce(process, 500, 1_000)
            until(lambda: metric(process, "remote_task_failures_total") > 2, process)
            assert log_bytes(process) >= 500 * VALUE_BYTES
            read(process, 600, 1_000)
            until(lambda: is_refused(process, 0), process)
        until(lambda: is_moved(process), process)
        read(process, 0, 1_000)


def test_whatever_a_kill_interrupts_nothing_is_lost_and_no_object_is_left_over(server: Seaweed, tmp_path: Path):
    with broker(tmp_path / "data", settings(server, "kill")) as process:
        create(process, segment_bytes=MiB, local_retention_bytes=MiB)
        for life in range(2):
            produce(process, 600 * life, 600 * (life + 1))
            until(lambda: metric(process, "remote_copied_segments_total") > 0, process)
            process.kill()
            process.start()
        until(lambda: is_moved(process), process)
        read(process, 0, 1_200)
        until(lambda: of_segments(server, "kill") == metric(process, "remote_segments"), process)
        assert of_segments(server, "kill", suffix=".manifest") == metric(process, "remote_segments")
        delete_topic(process)
        until(lambda: not objects(server, "kill"), process)


def test_records_that_were_deleted_are_deleted_there_too(server: Seaweed, tmp_path: Path):
    with broker(tmp_path / "data", settings(server, "trim")) as process:
        create(process, segment_bytes=MiB, local_retention_bytes=MiB)
        produce(process, 0, 800)
        until(lambda: is_moved(process), process)
        before = of_segments(server, "trim")
        admin = AdminClient({"bootstrap.servers": process.bootstrap})
        (trimmed,) = admin.delete_records([TopicPartition(TOPIC, 0, 400)]).values()
        assert trimmed.result(DEADLINE_S).low_watermark == 400
        until(lambda: of_segments(server, "trim") < before, process)
        assert first_offset(process) == 400
        read(process, 400, 800)
        (row,) = tier_status(process)
        assert row["start"] == 400 < row["local_start"] <= row["tiered"] <= row["end"] == 800
        assert row["pending"] == 800 - row["tiered"]
        assert row["local_bytes"] == log_bytes(process)


def test_remote_storage_is_disabled_only_with_what_is_there(server: Seaweed, tmp_path: Path):
    with broker(tmp_path / "data", settings(server, "leave")) as process:
        create(process, segment_bytes=MiB, local_retention_bytes=MiB)
        produce(process, 0, 500)
        until(lambda: is_moved(process), process)
        with pytest.raises(KafkaException, match=r"remote\.log\.delete\.on\.disable"):
            alter(process, {"remote.storage.enable": "false"})
        alter(process, {"remote.storage.enable": "false", "remote.log.delete.on.disable": "true"})
        until(lambda: not objects(server, "leave"), process)
        here = first_offset(process)
        assert 0 < here < 500
        read(process, here, 500)
