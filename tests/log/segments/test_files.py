"""The folder, byte for byte and name for name as Apache Kafka has it."""

from pathlib import Path
from struct import pack
from typing import Any

import pytest
from crc32c import crc32c
from tests.contracts.log_store import NOON, append, batch, marker, open_log, partition, sequenced
from tests.contracts.segment_store import SegmentStore

from headwater.kernel.real.disk import RealDisk
from headwater.log.errors import StorageFailed
from headwater.log.port import Origin
from headwater.log.segments.checkpoints import read_lines, write_lines
from headwater.log.segments.folder import FolderIdentity, read_identity, write_identity
from headwater.log.segments.producer_snapshot import pack_snapshot, unpack_snapshot
from headwater.wire.records.producer_snapshot import ProducerEntry
from headwater.wire.types import NodeId, Offset, Uuid

FIRST = "00000000000000000000"
DIRECTORY = Uuid(bytes(range(16)))


async def filled(store: SegmentStore, **settings: Any) -> Path:
    """A folder after a clean stop, with one partition that has seen a little of everything."""
    logs = await store.open()
    log = await open_log(logs, epoch=3, **settings)
    for place in range(8):
        await append(log, batch("a" * 50, "b", at=NOON + place))
    await append(log, sequenced("t", sequence=0, producer=8, transactional=True))
    await append(log, marker(8, committed=False), origin=Origin.COORDINATOR)
    await log.trim(Offset(1))
    await logs.close()
    return store.root


async def test_the_root_holds_kafkas_files(tmp_path: Path):
    root = await filled(SegmentStore(tmp_path))
    assert sorted(each.name for each in root.iterdir()) == [
        ".kafka_cleanshutdown",
        ".lock",
        "cleaner-offset-checkpoint",
        "log-start-offset-checkpoint",
        "orders-0",
        "recovery-point-offset-checkpoint",
        "replication-offset-checkpoint",
    ]
    assert (root / "recovery-point-offset-checkpoint").read_text() == "0\n1\norders 0 18\n"
    assert (root / "replication-offset-checkpoint").read_text() == "0\n1\norders 0 18\n"
    assert (root / "log-start-offset-checkpoint").read_text() == "0\n1\norders 0 1\n"


async def test_a_partition_holds_kafkas_files(tmp_path: Path):
    folder = await filled(SegmentStore(tmp_path)) / "orders-0"
    assert sorted(each.name for each in folder.iterdir()) == [
        f"{FIRST}.index",
        f"{FIRST}.log",
        f"{FIRST}.timeindex",
        f"{FIRST}.txnindex",
        "00000000000000000018.snapshot",
        "leader-epoch-checkpoint",
        "partition.metadata",
    ]
    assert (folder / "leader-epoch-checkpoint").read_text() == "0\n1\n3 1\n"
    assert (folder / "partition.metadata").read_text() == "version: 0\ntopic_id: b3JkZXJzAAAAAAAAAAAAAQ"


async def test_indexes_name_the_batches_before_which_enough_was_written(tmp_path: Path):
    folder = await filled(SegmentStore(tmp_path), index_interval_bytes=200) / "orders-0"
    size = len(batch("a" * 50, "b"))
    assert 100 < size < 200
    entries = (folder / f"{FIRST}.index").read_bytes()
    expected = [(5, 2 * size), (9, 4 * size), (13, 6 * size)]
    assert entries[:24] == b"".join(pack(">ii", *entry) for entry in expected)
    times = (folder / f"{FIRST}.timeindex").read_bytes()
    assert times[:12] == pack(">qi", NOON + 3, 5)
    assert times[-12:] == pack(">qi", NOON + 8, 15)


async def test_an_aborted_transaction_is_34_bytes_in_the_transaction_index(tmp_path: Path):
    folder = await filled(SegmentStore(tmp_path)) / "orders-0"
    assert (folder / f"{FIRST}.txnindex").read_bytes() == pack(">hqqqq", 0, 8, 16, 17, 18)


def test_a_producer_snapshot_has_a_version_and_a_checksum():
    entry = ProducerEntry(producer_id=8, epoch=1, last_sequence=5, last_offset=9, timestamp=NOON, coordinator_epoch=-1)
    packed = pack_snapshot([entry])
    body = pack(">i", 1) + pack(">qhiqiqiq", 8, 1, 5, 9, 0, NOON, -1, 0)
    assert packed == pack(">hI", 1, crc32c(body)) + body
    assert unpack_snapshot(packed) == (entry,)


def test_a_torn_producer_snapshot_is_no_snapshot():
    packed = pack_snapshot([ProducerEntry(producer_id=8)])
    for size in range(len(packed)):
        assert unpack_snapshot(packed[:size]) is None
    assert unpack_snapshot(packed[:-1] + b"x") is None


def test_a_checkpoint_that_lies_about_its_lines_is_refused(tmp_path: Path):
    path = tmp_path / "recovery-point-offset-checkpoint"
    for content in (b"1\n0\n", b"0\n2\na 0 1\n", b"nonsense"):
        path.write_bytes(content)
        with pytest.raises(StorageFailed, match="recovery-point"):
            read_lines(RealDisk(), str(path))
    path.write_bytes(write_lines(["a 0 1"]))
    assert read_lines(RealDisk(), str(path)) == [["a", "0", "1"]]
    path.write_bytes(b"")
    assert read_lines(RealDisk(), str(path)) == []


async def test_meta_properties_says_whose_the_folder_is(tmp_path: Path):
    disk, root = RealDisk(), str(tmp_path)
    assert read_identity(disk, root) is None
    identity = FolderIdentity(cluster_id="MkU3OEVBNTcwNTJENDM2Qg", node_id=NodeId(7), directory_id=DIRECTORY)
    await write_identity(disk, root, identity)
    assert read_identity(disk, root) == identity
    lines = (tmp_path / "meta.properties").read_text().splitlines()
    assert {"version=1", "cluster.id=MkU3OEVBNTcwNTJENDM2Qg", "node.id=7", "directory.id=AAECAwQFBgcICQoLDA0ODw"} <= {
        *lines
    }


async def test_meta_properties_without_what_it_must_say_is_refused(tmp_path: Path):
    (tmp_path / "meta.properties").write_text("version=1\nnode.id=1\n")
    with pytest.raises(StorageFailed, match=r"cluster\.id"):
        read_identity(RealDisk(), str(tmp_path))


async def test_the_mark_of_a_clean_stop_is_there_only_at_rest(tmp_path: Path):
    store = SegmentStore(tmp_path)
    root = await filled(store)
    mark = root / ".kafka_cleanshutdown"
    assert mark.exists()
    logs = await store.open()
    assert not mark.exists()
    await logs.close()
    assert mark.exists()


async def test_a_deleted_topic_is_renamed_as_kafka_does_and_removed_at_the_latest_with_the_next_start(tmp_path: Path):
    store = SegmentStore(tmp_path)
    logs = await store.open()
    await append(await open_log(logs), batch("a"))
    await logs.forget(partition())
    (gone,) = [each.name for each in store.root.iterdir() if each.is_dir()]
    assert gone.startswith("orders-0.")
    assert gone.endswith("-delete")
    await store.crash(logs)
    assert (store.root / gone).exists()
    await (await store.open()).close()
    assert not (store.root / gone).exists()
