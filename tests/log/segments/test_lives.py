"""What outlives a log or a process must not be taken for what another one left."""

import asyncio
import struct
from pathlib import Path

import pytest
from tests.contracts.log_store import append, batch, contents, open_log, partition, values, whole
from tests.contracts.segment_store import SegmentStore
from tests.contracts.simulated_store import SimulatedStore

from headwater.kernel.errors import DiskError, DiskFull
from headwater.log.errors import StorageFailed
from headwater.wire.types import Offset


async def test_the_start_of_a_deleted_topic_is_not_that_of_its_successor(tmp_path: Path):
    store = SegmentStore(tmp_path)
    logs = await store.open()
    log = await open_log(logs, partition(life=1))
    await append(log, batch("a", "b", "c"))
    await log.trim(Offset(3))
    await logs.forget(partition(life=1))
    log = await open_log(logs, partition(life=2))
    await append(log, batch("d"))
    await store.crash(logs)
    log = await open_log(await store.open(), partition(life=2))
    assert await contents(log) == ["d"]


async def test_a_log_that_was_recovered_and_never_opened_loses_nothing(tmp_path: Path):
    store = SegmentStore(tmp_path)
    logs = await store.open()
    await append(await open_log(logs), batch("a"))
    await logs.close()
    logs = await store.open()
    await append(await open_log(logs), batch("b"))
    await store.crash(logs)
    await (await store.open()).close()
    log = await open_log(await store.open())
    assert await contents(log) == ["a", "b"]
    await append(log, batch("c"))
    assert await contents(log) == ["a", "b", "c"]


async def test_the_lower_of_two_trims_does_not_bring_back_what_the_other_deleted(tmp_path: Path):
    store = SegmentStore(tmp_path)
    logs = await store.open()
    log = await open_log(logs)
    await append(log, batch("a"), batch("b"), batch("c"))
    await asyncio.gather(log.trim(Offset(2)), log.trim(Offset(1)))
    assert log.bounds.start == 2
    await store.crash(logs)
    log = await open_log(await store.open())
    assert log.bounds.start == 2


async def test_a_trim_that_cannot_be_kept_is_refused_as_any_failure_of_the_storage(monkeypatch: pytest.MonkeyPatch):
    store = SimulatedStore()
    logs = await store.open()
    log = await open_log(logs)
    await append(log, batch("a"), batch("b"))

    async def fail(path: str, data: bytes) -> None:
        raise DiskError(path, "Input/output error")

    monkeypatch.setattr(store.disk, "write", fail)
    with pytest.raises(StorageFailed):
        await log.trim(Offset(1))
    assert log.bounds.start == 0


async def test_whatever_ends_the_write_of_a_checkpoint_is_told_and_the_next_one_is_tried(
    monkeypatch: pytest.MonkeyPatch,
):
    store = SimulatedStore()
    logs = await store.open()
    log = await open_log(logs)
    await append(log, batch("a"), batch("b"))

    async def fail(path: str, data: bytes) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(store.disk, "write", fail)
        for _ in range(2):
            with pytest.raises(RuntimeError, match="new thread"):
                await log.trim(Offset(1))
    await log.trim(Offset(1))
    assert log.bounds.start == 1
    await logs.close()


async def test_a_disk_that_takes_no_checkpoints_at_the_end_leaves_the_folder_to_be_recovered(
    monkeypatch: pytest.MonkeyPatch,
):
    store = SimulatedStore()
    logs = await store.open()
    await append(await open_log(logs), batch("a"))

    async def fail(path: str, data: bytes) -> None:
        raise DiskFull(path)

    with monkeypatch.context() as patch:
        patch.setattr(store.disk, "write", fail)
        await logs.close()
    logs = await store.open()
    assert not logs.clean
    assert await contents(await open_log(logs)) == ["a"]
    await logs.close()


async def test_an_index_whose_log_file_a_crash_lost_is_not_taken_for_that_of_a_new_segment(tmp_path: Path):
    store = SegmentStore(tmp_path)
    logs = await store.open()
    await append(await open_log(logs, segment_bytes=100), batch("a"))
    await store.crash(logs)
    (store.root / "orders-0" / f"{1:020d}.index").write_bytes(struct.pack(">ii", 0, 5000))
    log = await open_log(await store.open(), segment_bytes=100)
    await append(log, batch("b"))
    assert len(log.spans()) == 2
    assert values(whole(await log.read(Offset(1), bytes_max=1))) == ["b"]
