"""Many partitions with few open files, and what is kept of those that nobody uses."""

import asyncio
from pathlib import Path

import pytest
from tests.contracts.log_store import NOON, append, batch, contents, copied, open_log, partition
from tests.contracts.segment_store import SegmentStore
from tests.contracts.simulated_store import SimulatedStore

from headwater.kernel.units import Timestamp
from headwater.log.errors import InvalidBatch, LogClosed
from headwater.log.port import Origin
from headwater.log.segments.file_cache import FileCache
from headwater.log.segments.logs import open_logs


async def test_more_partitions_than_open_files_take_appends_side_by_side(tmp_path: Path):
    store = SegmentStore(tmp_path)
    for life in range(2):
        logs = await open_logs(store.world, str(store.root), open_files_max=4)
        many = [await open_log(logs, partition(index=index), segment_bytes=200) for index in range(30)]
        for step in "abcd":
            await asyncio.gather(*(log.append([memoryview(batch(f"{life}{step}"))]) for log in many))
        expected = [f"{each}{step}" for each in range(life + 1) for step in "abcd"]
        for log in many:
            assert await contents(log) == expected
        await logs.close()


def test_the_file_that_was_not_asked_for_longest_is_closed(tmp_path: Path):
    files = FileCache(SegmentStore(tmp_path).world.disk, open_max=2)
    first, second = files.get(f"{tmp_path}/a"), files.get(f"{tmp_path}/b")
    assert files.get(f"{tmp_path}/a") is first
    files.get(f"{tmp_path}/c")
    assert files.get(f"{tmp_path}/a") is first
    assert files.get(f"{tmp_path}/b") is not second
    files.close()


async def test_a_partition_that_is_not_used_writes_nothing(tmp_path: Path):
    store = SegmentStore(tmp_path)
    logs = await store.open()
    await append(await open_log(logs), batch("a"))
    await logs.close()
    before = {each: each.stat().st_mtime_ns for each in (store.root / "orders-0").iterdir()}
    logs = await store.open()
    await open_log(logs)
    await logs.close()
    assert {each: each.stat().st_mtime_ns for each in (store.root / "orders-0").iterdir()} == before


async def test_bytes_that_are_not_in_memory_are_read_by_a_worker():
    store = SimulatedStore()
    logs = await store.open()
    log = await open_log(logs, segment_bytes=300)
    for letter in "abcdef":
        await append(log, batch(letter))
    store.habits.cold_reads = 1.0
    assert await contents(log) == list("abcdef")
    await logs.close()


async def test_a_search_through_many_records_of_one_time_lets_the_loop_breathe(tmp_path: Path):
    store = SegmentStore(tmp_path)
    logs = await store.open()
    log = await open_log(logs)
    await append(log, *[batch("a" * 50)] * 10_000, batch("later", at=NOON + 1))
    searching = asyncio.create_task(log.find_time(Timestamp(NOON + 1)))
    turns = 0
    while not searching.done():
        turns += 1
        await asyncio.sleep(0)
    found = await searching
    assert found is not None
    assert (found.offset, turns > 5) == (10_000, True)
    searching = asyncio.create_task(log.find_time(Timestamp(NOON + 1)))
    await asyncio.sleep(0)
    await logs.forget(partition())
    with pytest.raises(LogClosed):
        await searching
    await logs.close()


async def test_copied_batches_too_far_apart_for_one_segment_are_refused_in_one_append_and_taken_in_two(tmp_path: Path):
    store = SegmentStore(tmp_path)
    logs = await store.open()
    log = await open_log(logs)
    near, far = copied("a", base=0, epoch=0), copied("b", base=2**31, epoch=0)
    with pytest.raises(InvalidBatch):
        await append(log, near, far, origin=Origin.LINK)
    await append(log, near, origin=Origin.LINK)
    await append(log, far, origin=Origin.LINK)
    assert await contents(log) == ["a", "b"]
    await store.crash(logs)
    assert await contents(await open_log(await store.open())) == ["a", "b"]
