"""A folder that Apache Kafka made and left, opened by us in its place, and opened by the same Apache Kafka after us.

Whoever serves it, clients see the same; and what only Kafka's tools can tell of it (quotas, users, access control lists) is
there when Kafka comes back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from tests.assembly.test_survey import METADATA, bytes_of
from tests.conformance.full_folder import (
    AUTHORIZED,
    CODECS,
    RECORDS,
    SOME,
    commit,
    fill,
    held,
    left_open,
    produce,
    read,
    read_some,
    rules,
)
from tests.conformance.test_metadata_snapshot import ROUNDS, change
from tests.e2e.process import Process, start
from tools.apache_kafka import STANDALONE, Release, apache_kafka, format_folder

from headwater.assembly.inspect import inspect
from headwater.kernel.real.disk import RealDisk

pytestmark = pytest.mark.java

MORE = 50
STATIC_QUORUM = {"controller.quorum.voters": "1@{controller}"}
ADVERTISED = {"offsets.topic.num.partitions": "5", "transaction.state.log.num.partitions": "5"}
HEAP = "384m"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """How a folder was made, and how its node ended."""

    version: str
    made: Sequence[str] = STANDALONE
    settings: Mapping[str, str] = field(default_factory=dict)
    kill: bool = False
    newest: bool = True
    snapshot: bool = False
    """Whether we change so much that we take a snapshot of the metadata."""


ORIGINS = {
    "4.3.1": Origin(version="4.3.1", snapshot=True),
    "4.4.0": Origin(version="4.4.0"),
    "4.4.0 killed": Origin(version="4.4.0", kill=True),
    "4.4.0 as 3.3": Origin(version="4.4.0", made=("--release-version", "3.3"), settings=STATIC_QUORUM, newest=False),
}


@pytest.mark.parametrize("origin", ORIGINS.values(), ids=ORIGINS)
def test_kafka_finds_everything_after_us(
    kafka_4_3: Release, kafka_4_4: Release, tmp_path: Path, origin: Origin
) -> None:
    release = {"4.3.1": kafka_4_3, "4.4.0": kafka_4_4}[origin.version]
    settings = {**AUTHORIZED, **origin.settings}
    node = tmp_path / "node"
    with apache_kafka(release, node, settings=settings, heap=HEAP, made=origin.made, kill=origin.kill) as kafka:
        fill(kafka.bootstrap, newest=origin.newest)
        with left_open(kafka.bootstrap):
            before, told = held(kafka.bootstrap), rules(kafka.bootstrap)
    _inspect(node / "data", newest=origin.newest)
    ours = start(node / "data", ADVERTISED)
    try:
        assert held(ours.bootstrap) == before
        _go_on(ours)
        if origin.newest:
            read_some(ours.bootstrap, "newer", "none")
        if origin.snapshot:
            _change_much(ours)
    finally:
        assert ours.stop() == 0, ours.log_tail()
    assert bool(_snapshots(node / "data")) == origin.snapshot
    with apache_kafka(release, node, settings=settings, heap=HEAP) as kafka:
        again = held(kafka.bootstrap)
        assert rules(kafka.bootstrap) == told
        grown = [f"record {number}" for number in range(RECORDS + MORE)]
        further = 2 * SOME if origin.newest else before.read_by_newer_group
        expected = replace(before, values=dict.fromkeys(CODECS, grown), read_by_group=RECORDS)
        assert again == replace(expected, read_by_newer_group=further)
    _no_complaints(node / "server.log")


def test_a_folder_that_was_only_formatted_begins_with_us_as_it_would_with_kafka(
    kafka_4_4: Release, tmp_path: Path
) -> None:
    node = tmp_path / "node"
    user = ("--add-scram", "SCRAM-SHA-256=[name=alice,password=secret]")
    format_folder(kafka_4_4, node, made=(*STANDALONE, "--release-version", "3.9", *user))
    ours = start(node / "data", ADVERTISED)
    try:
        produce(ours.bootstrap, "none", range(RECORDS))
    finally:
        assert ours.stop() == 0, ours.log_tail()
    found = inspect(RealDisk(), str(node / "data"))
    assert found is not None
    assert (found.features["metadata.version"], found.features["kraft.version"], found.users) == (21, 1, 1)
    with apache_kafka(kafka_4_4, node, heap=HEAP) as kafka:
        assert len(read(kafka.bootstrap, "none")) == RECORDS
    _no_complaints(node / "server.log")


def _inspect(folder: Path, *, newest: bool) -> None:
    before = bytes_of(folder)
    found = inspect(RealDisk(), str(folder))
    assert bytes_of(folder) == before
    assert found is not None
    assert not found.refusals
    assert {each.topic for each in found.topics} >= {*CODECS, "compacted", "in_transactions"}
    assert ("readers", "offsets only", 1) in [(each.group, each.kind, each.offsets) for each in found.groups]
    assert [(each.id, each.state) for each in found.transactions if each.id == "open"] == [("open", "Ongoing")]
    assert (("newer", "consumer", 1) in [(each.group, each.kind, each.offsets) for each in found.groups]) == newest
    assert (found.users, found.acls, found.quotas) == (int(newest), 1, 1)


def _go_on(ours: Process) -> None:
    for codec in CODECS:
        produce(ours.bootstrap, codec, range(RECORDS, RECORDS + MORE), codec=codec)
    commit(ours.bootstrap, "readers", "none", RECORDS)


def _change_much(ours: Process) -> None:
    admin = AdminClient({"bootstrap.servers": ours.bootstrap})
    for number in range(ROUNDS):
        change(admin, "gzip", str(1_000_000_000 + number))


def _snapshots(folder: Path) -> list[Path]:
    """Without the one that Kafka's format makes."""
    return [each for each in (folder / METADATA).glob("*.checkpoint") if int(each.name[:20])]


def _no_complaints(log: Path) -> None:
    complaints = [line for line in log.read_text().splitlines() if " WARN " in line or " ERROR " in line]
    assert not complaints, "\n".join(complaints[:20])
