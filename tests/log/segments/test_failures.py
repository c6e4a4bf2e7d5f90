"""When the disk, the folder or its files fail: a clear error, and never a log that can't be read."""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.contracts.log_store import (
    NOON,
    append,
    batch,
    contents,
    marker,
    open_log,
    partition,
    pieces,
    placed,
    sequenced,
    values,
    whole,
)
from tests.contracts.segment_store import SegmentStore
from tests.contracts.simulated_store import SimulatedStore
from tests.simulation.world.disk import SimulatedFile
from tests.simulation.world.sectors import Content
from tests.simulation.world.workers import SimulatedWorkers

from headwater.kernel.errors import DiskError, FolderInUse, TooBusy
from headwater.kernel.units import Timestamp
from headwater.kernel.world import File
from headwater.log.errors import AppendFailed, OffsetOutOfRange, ReadFailed, StorageFailed
from headwater.log.port import Isolation, Origin
from headwater.log.segments import committer, deletion
from headwater.log.segments.log import SegmentLog
from headwater.log.segments.names import DELETED, LOG, SYNC_FAILED
from headwater.wire.types import Offset


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
    with pytest.raises(AppendFailed, match="no space"):
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


async def test_a_batch_that_cannot_be_taken_back_ends_the_store(monkeypatch: pytest.MonkeyPatch):
    store = SimulatedStore()
    logs = await store.open()
    log = await open_log(logs)
    await append(log, batch("a"))
    store.storage.bytes_max = store.storage.used + 30

    def fail(self: SimulatedFile, size: int) -> None:
        raise DiskError(self.path, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(SimulatedFile, "truncate", fail)
        with pytest.raises(StorageFailed, match="taken back"):
            await append(log, batch("b" * 100))
    assert logs.failed.done()
    await logs.close()
    store.storage.bytes_max = 2**40
    assert await contents(await open_log(await store.open())) == ["a"]


@pytest.mark.parametrize("step", range(0, 48, 2))
async def test_a_replacement_that_a_crash_cuts_short_is_finished_or_undone(step: int):
    store = SimulatedStore(step)
    logs = await store.open()
    log = await open_log(logs, segment_bytes=200)
    for letter in "abcdef":
        await append(log, batch(letter))
    end = log.spans()[-1].base
    before, after = list("abcdef"), ["B", *"abcdef"[end:]]
    replacing = asyncio.ensure_future(log.replace(Offset(0), end, pieces(placed(batch("B"), 1))))
    for _ in range(step):
        await asyncio.sleep(0)
    shown = await contents(log)
    assert shown in (before, after)
    await store.crash(logs)
    replacing.cancel()
    log = await open_log(await store.open(), segment_bytes=200)
    found = await contents(log)
    assert found in ([after] if shown == after else [before, after])
    await append(log, batch("g"))
    assert await contents(log) == [*found, "g"]
    found_by_time = await log.find_time(NOON)
    assert found_by_time is not None
    assert found_by_time.offset == (0 if found == before else 1)


async def test_a_segment_whose_records_are_all_too_old_does_not_stay_active():
    store = SimulatedStore()
    logs = await store.open()
    log = await open_log(logs, retention_ms=1000)
    assert isinstance(log, SegmentLog)
    await append(log, batch("a"))
    log.finish_if_expired(Timestamp(NOON + 1000))
    assert [span.active for span in log.spans()] == [True]
    log.finish_if_expired(Timestamp(NOON + 1001))
    assert [(span.base, span.end, span.active) for span in log.spans()] == [(0, 1, False), (1, 1, True)]
    await log.trim(Offset(1))
    await append(log, batch("b"))
    await store.crash(logs)
    log = await open_log(await store.open())
    assert (log.bounds.start, log.bounds.end) == (1, 2)


async def test_files_are_deleted_later_where_the_workers_are_too_busy(monkeypatch: pytest.MonkeyPatch):
    store = SimulatedStore()
    logs = await store.open()
    log = await open_log(logs, segment_bytes=100, file_delete_delay_ms=0)
    await append(log, batch("a"))
    await append(log, batch("b"))
    tried = asyncio.Event()

    def refuse(self: SimulatedWorkers, job: Callable[[], object]) -> None:
        tried.set()
        raise TooBusy("the queue of the workers", 0)

    with monkeypatch.context() as patch:
        patch.setattr(SimulatedWorkers, "run", refuse)
        patch.setattr(deletion, "_AGAIN_MS", 0)
        await log.trim(Offset(1))
        await tried.wait()
    await logs.close()
    assert not [name for name in store.disk.list("/data/orders-0") if name.endswith(DELETED)]


async def test_a_read_that_a_trim_overtakes_never_shows_aborted_records_as_committed(monkeypatch: pytest.MonkeyPatch):
    trimmed = asyncio.Event()

    async def wait(self: SimulatedWorkers, job: Callable[[], object]) -> object:
        await trimmed.wait()
        return job()

    monkeypatch.setattr(SimulatedWorkers, "run", wait)
    store = SimulatedStore()
    store.habits.cold_reads = 1.0
    logs = await store.open()
    log = await open_log(logs, segment_bytes=1000)
    await append(log, sequenced("a" * 200, sequence=0, transactional=True))
    await append(log, marker(7, committed=False), origin=Origin.COORDINATOR)
    await append(log, batch("b" * 400))
    reading = asyncio.create_task(log.read(Offset(0), bytes_max=1000, isolation=Isolation.READ_COMMITTED))
    await asyncio.sleep(0)
    await log.trim(Offset(2))
    trimmed.set()
    with pytest.raises(OffsetOutOfRange):
        await reading


async def test_what_cannot_be_read_is_a_failure_of_this_log_alone(tmp_path: Path):
    store = SegmentStore(tmp_path)
    logs = await store.open()
    log = await open_log(logs, segment_bytes=100)
    await append(log, batch("a"))
    await append(log, batch("b"))
    for wrong, bytes_max in ((bytes(500), 10), (b"", 1000), (bytes(batch("a"))[:-1], 1000)):
        (store.root / "orders-0" / f"{0:020d}{LOG}").write_bytes(wrong)
        with pytest.raises(ReadFailed):
            await log.read(Offset(0), bytes_max=bytes_max)
    with pytest.raises(ReadFailed):
        await log.find_time(NOON)
    await logs.close()


async def test_a_full_disk_takes_what_has_room_though_its_index_entry_has_none():
    store = SimulatedStore()
    logs = await store.open()
    log = await open_log(logs, index_interval_bytes=1)
    for number in range(600):
        made = batch(f"{number}")
        store.storage.bytes_max = store.storage.used + len(made) + 100
        await append(log, made)
    store.storage.bytes_max = 2**40
    await append(log, batch("600"))
    assert values(whole(await log.read(Offset(550), bytes_max=1))) == ["550"]
    await logs.close()
    log = await open_log(await store.open())
    assert values(whole(await log.read(Offset(550), bytes_max=1))) == ["550"]


async def test_whatever_ends_a_commit_is_told_to_all_who_wait_for_it(monkeypatch: pytest.MonkeyPatch):
    store = SimulatedStore()
    logs = await store.open()
    log = await open_log(logs)

    async def fail(files: Sequence[File]) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(store.disk, "sync_all", fail)
    with pytest.raises(StorageFailed, match="new thread"):
        await append(log, batch("a"))
    assert logs.failed.done()
    await logs.close()


@pytest.mark.parametrize("step", range(16, 32))
async def test_a_replacement_that_was_given_up_at_any_moment_does_not_harm_the_next_one(step: int):
    store = SimulatedStore(step)
    logs = await store.open()
    log = await open_log(logs, segment_bytes=200, file_delete_delay_ms=0)
    for letter in "abcdef":
        await append(log, batch(letter))
    end = log.spans()[-1].base
    replacing = asyncio.ensure_future(log.replace(Offset(0), end, pieces(placed(batch("B"), 1))))
    for _ in range(step):
        await asyncio.sleep(0)
    replacing.cancel()
    await asyncio.wait([replacing])
    shown = await contents(log)
    await log.replace(Offset(0), end, pieces(placed(batch("C"), 2)))
    assert shown in (list("abcdef"), ["B", *"abcdef"[end:]])
    assert await contents(log) == ["C", *"abcdef"[end:]]
    await logs.close()
    log = await open_log(await store.open(), segment_bytes=200)
    assert await contents(log) == ["C", *"abcdef"[end:]]


async def test_a_full_disk_takes_no_replacement_and_keeps_nothing_of_it():
    store = SimulatedStore()
    logs = await store.open()
    log = await open_log(logs, segment_bytes=200)
    for letter in "abcdef":
        await append(log, batch(letter))
    before = store.disk.list("/data/orders-0")
    store.storage.bytes_max = store.storage.used + 1000
    with pytest.raises(AppendFailed):
        await log.replace(Offset(0), log.spans()[-1].base, pieces(placed(batch("B" * 1000), 1)))
    assert store.disk.list("/data/orders-0") == sorted([*before, "leader-epoch-checkpoint"])
    assert await contents(log) == list("abcdef")
    assert not logs.failed.done()
    await logs.close()


async def test_a_failed_sync_of_a_folder_is_remembered_as_that_of_a_file_is(monkeypatch: pytest.MonkeyPatch):
    store = SimulatedStore()
    logs = await store.open()
    log = await open_log(logs)

    async def fail(path: str) -> None:
        raise DiskError(path, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(store.disk, "sync_folder", fail)
        with pytest.raises(StorageFailed):
            await append(log, batch("a"))
    await logs.close()
    assert store.disk.exists(f"/data/{SYNC_FAILED}")
    await (await store.open()).close()
    assert not store.disk.exists(f"/data/{SYNC_FAILED}")


async def test_a_failed_sync_is_remembered_while_others_of_its_round_are_under_way(monkeypatch: pytest.MonkeyPatch):
    store = SimulatedStore()
    logs = await store.open()
    opened = [await open_log(logs, partition(index=index)) for index in range(2)]
    slow = asyncio.Event()

    async def fail_one(path: str, content: Content) -> None:
        if "orders-0" in path:
            raise DiskError(path, "Input/output error")
        await slow.wait()

    monkeypatch.setattr(store.disk, "flush", fail_one)
    answers = [log.append([memoryview(batch("a"))]) for log in opened]
    await asyncio.wait(answers, timeout=1)
    assert store.disk.exists(f"/data/{SYNC_FAILED}"), "who is killed now has nobody else to tell it"
    assert all(isinstance(answer.exception(), StorageFailed) for answer in answers)
    slow.set()
    await logs.close()


async def test_a_sync_that_never_ends_fails_the_store_and_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(committer, "ROUND_DEADLINE_S", 0)
    monkeypatch.setattr(committer, "_SWEEP_S", 0)
    store = SimulatedStore()

    async def hang(_: Sequence[File]) -> None:
        await asyncio.get_running_loop().create_future()

    logs = await store.open()
    log = await open_log(logs)
    monkeypatch.setattr(store.disk, "sync_all", hang)
    with pytest.raises(StorageFailed, match="has not answered a sync"):
        await append(log, batch("a"))
    assert logs.failed.done()
    await logs.close()


async def test_what_never_held_anything_costs_no_sync_at_a_stop_and_is_sure_with_its_first_record(
    monkeypatch: pytest.MonkeyPatch,
):
    store = SimulatedStore()
    logs = await store.open()
    noted: list[str] = []
    monkeypatch.setattr(store.disk, "note", noted.append)
    for index in range(3):
        await open_log(logs, partition(index=index), epoch=2)
    await logs.close()
    assert noted
    assert not [each for each in noted if each.startswith("synced /data/orders")]
    logs = await store.open()
    log = await open_log(logs, epoch=2)
    await append(log, batch("a"))
    await store.crash(logs)
    log = await open_log(await store.open(), epoch=2)
    assert await contents(log) == ["a"]
