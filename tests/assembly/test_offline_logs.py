"""`headwater log` over the folder of a broker that was stopped."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.assembly.test_start import TOPIC_ID, options, started
from tests.assembly.test_survey import bytes_of
from tests.contracts.log_store import NOON
from tests.log.compaction.rig import keyed
from typer.testing import CliRunner

from headwater.assembly.broker import Broker
from headwater.cli.main import app
from headwater.control.cluster.requests import CreateTopic
from headwater.log.port import Origin
from headwater.wire.types import TopicName

SETTINGS = {"cleanup.policy": "compact", "segment.bytes": "1048576"}
LARGE = "x" * 400_000


async def fill(broker: Broker) -> None:
    """Two keys again and again, over several segments."""
    topic = CreateTopic(name=TopicName("t"), topic_id=TOPIC_ID, partitions=1, replication_factor=1, settings=SETTINGS)
    await broker._cluster.ask(topic)
    await broker._partitions.opened(TOPIC_ID)
    log = broker._logs.get(TOPIC_ID, 0)
    assert log is not None
    for number in range(8):
        batch = keyed(("a", f"{number}{LARGE}"), ("b", f"{number}"), at=NOON + number)
        await log.append([memoryview(batch)], origin=Origin.COORDINATOR)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    started(options(tmp_path, **{"log.cleaner.enable": "false"}), fill)
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["log", *arguments], env={"COLUMNS": "200"})
    return result.exit_code, result.output


def rows(*arguments: str) -> list[dict[str, Any]]:
    code, output = run(*arguments, "--output", "json")
    assert code == 0, output
    return [json.loads(line) for line in output.splitlines()]


def test_a_partition_is_dumped_batch_by_batch_and_record_by_record(folder: Path):
    batches = rows("dump", str(folder / "t-0"))
    assert [each["base_offset"] for each in batches] == list(range(0, 16, 2))
    assert {(each["records"], each["format"], each["compression"]) for each in batches} == {(2, 2, "none")}
    records = rows("dump", str(folder / "t-0"), "--records", "--from", "13", "--count", "2")
    assert [(each["offset"], each["key"], each["value"][0]) for each in records] == [(13, "b", "6"), (14, "a", "7")]


def test_what_lies_in_kafkas_own_topics_is_told_by_its_meaning(folder: Path):
    metadata = rows("dump", str(folder / "__cluster_metadata-0"), "--records")
    assert metadata[0]["control"] == "leader_change"
    (topic,) = [each for each in metadata if each.get("type") == "TopicRecord"]
    assert topic["value"] == {"name": "t", "topic_id": "AQEBAQEBAQEBAQEBAQEBAQ"}


def test_every_kind_of_file_is_dumped(folder: Path):
    times = max((folder / "t-0").glob("*.timeindex"))
    assert rows("dump", str(times))[-1] == {"timestamp": NOON + 7, "offset": 15}
    index = min((folder / "t-0").glob("*.index"))
    assert all(each.keys() == {"offset", "position"} for each in rows("dump", str(index)))
    assert rows("dump", str(max((folder / "t-0").glob("*.snapshot")))) == []
    code, output = run("dump", str(folder))
    assert code == 1
    assert "is no partition's folder" in output


def test_people_read_a_line_for_each(folder: Path):
    code, output = run("dump", str(folder / "t-0"), "--count", "1")
    assert code == 0
    assert output.startswith("file=00000000000000000000.log position=0 base_offset=0 last_offset=1 records=2")


def test_what_is_whole_is_verified_and_what_is_not_is_told_with_status_1(folder: Path):
    before = bytes_of(folder)
    code, output = run("verify", str(folder), "--records")
    assert (code, "Nothing is wrong." in output) == (0, True)
    assert bytes_of(folder) == before
    with min((folder / "t-0").glob("*.log")).open("r+b") as log:
        log.seek(100)
        log.write(b"?")
    code, output = run("verify", str(folder / "t-0"), "--output", "json")
    (found,) = json.loads(output)
    assert (code, found["log"], [each["position"] for each in found["problems"]]) == (1, "t-0", [0])
    assert "CRC-32C" in run("verify", str(folder))[1]


def test_a_log_is_compacted_and_the_broker_goes_on_with_it(folder: Path):
    code, output = run("compact", "t", "--data", str(folder))
    assert (code, "compacted t-0 up to offset" in output) == (0, True)
    left = rows("dump", str(folder / "t-0"), "--records")
    assert {each["key"]: each["value"][0] for each in left} == {"a": "7", "b": "7"}
    assert len(left) < 16
    assert run("verify", str(folder))[0] == 0
    assert (folder / ".kafka_cleanshutdown").exists()
    assert "nothing is to be compacted" in run("compact", "t", "--data", str(folder))[1]
    started(options(folder))


def test_what_is_not_there_or_not_compacted_is_a_complaint(folder: Path):
    assert "has no partition 1 of a topic t" in run("compact", "t", "1", "--data", str(folder))[1]
    assert "has no partition 0 of a topic u" in run("compact", "u", "--data", str(folder))[1]
    assert "holds no partition" in run("verify", str(folder / "nothing"))[1]
