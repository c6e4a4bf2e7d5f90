"""When the disk, the folder or its files fail: a clear error, and never a log that can't be read."""

import asyncio
import os
from pathlib import Path

import pytest
from tests.contracts.log_store import append, batch, contents, open_log, partition
from tests.contracts.segment_store import SegmentStore
from tests.log.segments.simulated import SimulatedStore

from headwater.kernel.errors import DiskError, FolderInUse
from headwater.log.errors import StorageFailed
from headwater.log.segments.names import LOG


async def test_a_second_process_on_the_folder_is_refused(tmp_path: Path):
    store = SegmentStore(tmp_path)
    logs = await store.open()
    with pytest.raises(FolderInUse, match="another process"):
        await store.open()
    await logs.close()
    await (await store.open()).close()


async def test_a_folder_that_is_a_file_is_refused(tmp_path: Path):
    store = SegmentStore(tmp_path)
    store.root.write_text("")
    with pytest.raises(DiskError, match="life-0"):
        await store.open()


async def test_a_full_disk_refuses_the_append_and_takes_the_next_one_when_there_is_room():
    store = SimulatedStore()
    logs = await store.open()
    log = await open_log(logs)
    await append(log, batch("a"))
    store.storage.bytes_max = store.storage.used + 30
    with pytest.raises(StorageFailed, match="no space"):
        await append(log, batch("b" * 100))
    assert store.disk.size(f"/data/orders-0/{0:020d}{LOG}") == log.size
    assert not logs.failed.done()
    store.storage.bytes_max = 2**40
    await append(log, batch("c"))
    assert await contents(log) == ["a", "c"]
    await logs.close()


async def test_a_failed_sync_is_told_to_all_who_wait_and_ends_the_store():
    store = SimulatedStore()
    logs = await store.open()
    one, other = await open_log(logs), await open_log(logs, partition("payments"))
    await append(one, batch("a"))
    store.habits.failing_syncs = 1.0
    waiting = [log.append([memoryview(batch("x"))]) for log in (one, one, other)]
    for failure in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(failure, StorageFailed)
    with pytest.raises(StorageFailed):
        await logs.failed
    assert one.bounds.high_watermark == 1
    with pytest.raises(StorageFailed):
        await append(one, batch("b"))
    store.habits.failing_syncs = 0.0
    await logs.close()
    logs = await store.open()
    assert not logs.clean
    await logs.close()


@pytest.mark.parametrize("seed", range(20))
async def test_what_a_failed_sync_left_in_memory_is_lost_or_kept_for_good(seed: int):
    """The next process still sees it, and the one after a loss of power must see the same."""
    store = SimulatedStore(seed)
    logs = await store.open()
    log = await open_log(logs)
    await append(log, batch("a"))
    store.habits.failing_syncs = 1.0
    with pytest.raises(StorageFailed):
        await append(log, batch("b" * 2000))
    store.habits.failing_syncs = 0.0
    await logs.close()
    logs = await store.open()
    log = await open_log(logs)
    await append(log, batch("c"))
    seen = await contents(log)
    await store.crash(logs)
    assert await contents(await open_log(await store.open())) == seen


async def test_every_torn_tail_is_cut_off(tmp_path: Path):
    store = SegmentStore(tmp_path)
    logs = await store.open()
    log = await open_log(logs)
    await append(log, batch("a"))
    size = log.size
    await append(log, batch("b"))
    await store.crash(logs)
    file = store.root / "orders-0" / f"{0:020d}.log"
    whole = file.read_bytes()
    tails = [whole[:cut] for cut in range(size, len(whole), 7)] + [whole + bytes(500), whole[:-1] + b"\xff"]
    for tail in tails:
        file.write_bytes(tail)
        logs = await store.open()
        log = await open_log(logs)
        kept = ["a", "b"] if tail.startswith(whole) else ["a"]
        assert await contents(log) == kept
        await append(log, batch("next"))
        assert await contents(log) == [*kept, "next"]
        await store.crash(logs)
        file = store.root / "orders-0" / file.name


async def test_a_clean_start_reads_no_log_file(tmp_path: Path):
    store = SegmentStore(tmp_path)
    logs = await store.open()
    log = await open_log(logs, segment_bytes=200)
    for letter in "abcdef":
        await append(log, batch(letter))
    await logs.close()
    damaged = sorted((store.root / "orders-0").glob("*.log"))
    assert len(damaged) > 2
    for file in damaged:
        file.write_bytes(os.urandom(file.stat().st_size))
    logs = await store.open()
    log = await open_log(logs)
    assert (log.bounds.start, log.bounds.end) == (0, 6)
    await logs.close()
