"""A log whose older records lie elsewhere: what is read, what is fetched for it, and what happens when the store does not answer."""

import asyncio
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.contracts.log_store import (
    COMMITTED,
    NOON,
    append,
    batch,
    everything,
    marker,
    open_log,
    sequenced,
    values,
    whole,
)
from tests.contracts.segment_store import SegmentStore
from tests.contracts.tiered_store import TieredStore

from headwater.kernel.units import KiB, MiB, Timestamp
from headwater.log.errors import ObjectDamaged, ObjectStoreFailed, OffsetOutOfRange, ReadFailed, RemoteTooSlow
from headwater.log.port import Origin
from headwater.log.settings import LogSettings
from headwater.log.tiering.known import KnownSegments
from headwater.log.tiering.log import TieredLog
from headwater.log.tiering.object_store import Buffer
from headwater.log.tiering.settings import Patience
from headwater.wire.types import Offset


@pytest.fixture
def store(tmp_path: Path) -> TieredStore:
    return TieredStore(SegmentStore(tmp_path), eager=False)


async def opened(store: TieredStore, **settings: Any) -> TieredLog:
    log = await open_log(await store.open(), **settings)
    assert isinstance(log, TieredLog)
    return log


async def moved(store: TieredStore, *letters: str, **settings: Any) -> TieredLog:
    """A log of one batch for each letter, of which all but the last few are in the store alone."""
    log = await opened(store, **settings)
    for letter in letters:
        await append(log, batch(letter * 100))
    store.eager = True
    await store.move(log)
    store.eager = False
    return log


async def test_records_are_the_same_wherever_they_lie(store: TieredStore):
    log = await opened(store)
    for number in range(60):
        await append(log, batch(f"{number}" * 40))
    before = await everything(log)
    await _eager(store).move(log)
    assert 0 == log.bounds.start < log.bounds.local_start
    assert await everything(log) == before
    assert await everything(log, 17) == before[len(before) - len(await everything(log, 17)) :]


def _eager(store: TieredStore) -> TieredStore:
    store.eager = True
    return store


async def test_any_offset_and_any_size_gives_whole_batches_that_follow(store: TieredStore):
    random = Random(0)
    log = await opened(store)
    for number in range(80):
        await append(log, batch(*(f"{number}" for _ in range(random.randrange(1, 6)))))
    plain = await everything(log)
    _eager(store)
    await store.move(log)
    for _ in range(200):
        offset = random.randrange(log.bounds.end)
        found = await log.read(Offset(offset), bytes_max=random.choice([1, 100, 250, 10_000]))
        data = whole(found)
        assert data in plain
        assert values(data)


async def test_a_first_batch_that_is_too_large_comes_only_where_it_may(store: TieredStore):
    log = await moved(store, *"abcdefghij")
    assert (await log.read(Offset(0), bytes_max=10, whole_first=False)).size == 0
    assert values(whole(await log.read(Offset(0), bytes_max=10)))[0] == "a" * 100


async def test_a_large_segment_is_fetched_in_pieces_and_ahead_of_its_reader(store: TieredStore):
    store.cache_bytes = 16 * MiB
    log = await opened(store)
    log.configure(LogSettings(remote_storage=True, segment_bytes=5 * MiB, local_retention_bytes=0))
    for number in range(7):
        await append(log, batch(chr(97 + number) * 450 * KiB))
    _eager(store)
    await store.move(log)
    store.objects.gets.clear()
    found = await log.read(Offset(0), bytes_max=100 * KiB)
    assert values(whole(found)) == ["a" * 450 * KiB]
    logs = [get for get in store.objects.gets if get[0].endswith(".log")]
    assert logs
    assert all(size <= MiB for _, _, size in logs)
    for _ in range(20):
        await asyncio.sleep(0)
    ahead = len([get for get in store.objects.gets if get[0].endswith(".log")])
    assert values(whole(await log.read(Offset(1), bytes_max=100 * KiB))) == ["b" * 450 * KiB]
    assert 2 <= ahead <= 4


async def test_aborted_transactions_are_named_wherever_their_markers_lie(store: TieredStore):
    log = await opened(store)
    await append(log, sequenced("a", sequence=0, producer=1, transactional=True))
    await append(log, sequenced("b", sequence=0, producer=2, transactional=True))
    await append(log, marker(2, committed=False), origin=Origin.COORDINATOR)
    for letter in "cdefgh":
        await append(log, batch(letter * 100))
    await append(log, marker(1, committed=False), origin=Origin.COORDINATOR)
    for letter in "ijklm":
        await append(log, batch(letter * 100))
    _eager(store)
    await store.move(log)
    found = await log.read(Offset(0), bytes_max=200, isolation=COMMITTED)
    assert [(each.producer_id, each.first) for each in found.aborted] == [(1, 0), (2, 1)]


async def test_an_aborted_transaction_whose_marker_is_here_is_named_too(store: TieredStore):
    log = await opened(store, remote_copy_lag_ms=-1, remote_copy_lag_bytes=600)
    await append(log, sequenced("a" * 200, sequence=0, producer=1, transactional=True))
    for letter in "bcdefgh":
        await append(log, batch(letter * 100))
    await append(log, marker(1, committed=False), origin=Origin.COORDINATOR)
    await append(log, batch("i"))
    _eager(store)
    await store.move(log)
    assert log.bounds.local_start < 8
    found = await log.read(Offset(0), bytes_max=1, isolation=COMMITTED)
    assert [(each.producer_id, each.first, each.last) for each in found.aborted] == [(1, 0, 8)]


async def test_a_store_that_is_down_fails_reads_of_what_only_it_has(store: TieredStore):
    log = await moved(store, *"abcdefghij")
    store.objects.down = True
    with pytest.raises(ReadFailed):
        await log.read(Offset(0), bytes_max=1)
    assert (await log.read(log.bounds.local_start, bytes_max=1)).size
    await append(log, batch("k"))
    store.objects.down = False
    assert values(whole(await log.read(Offset(0), bytes_max=1)))[0] == "a" * 100


@pytest.mark.parametrize("suffix", [".log", ".index", ".manifest"])
async def test_what_is_damaged_is_never_given_out(store: TieredStore, suffix: str):
    log = await moved(store, *"abcdefghij")
    for name, data in store.objects.objects.items():
        if name.endswith(suffix):
            store.objects.objects[name] = data[:-1] + bytes([data[-1] ^ 1])
    with pytest.raises(ObjectDamaged):
        await log.read(Offset(0), bytes_max=1)


async def test_an_object_that_is_gone_is_an_error_and_no_end(store: TieredStore):
    log = await moved(store, *"abcdefghij")
    store.objects.objects.clear()
    with pytest.raises(ObjectStoreFailed):
        await log.read(Offset(0), bytes_max=1)


async def test_a_slow_store_is_not_waited_for_and_what_comes_late_is_kept(store: TieredStore):
    log = await moved(store, *"abcdefghij")
    store.patience = Patience(fetch_ms=1, search_ms=1)
    gate = asyncio.Event()
    fetch = store.objects.get

    async def slow(name: str, *, start: int, size: int) -> Buffer:
        await gate.wait()
        return await fetch(name, start=start, size=size)

    store.objects.get = slow  # type: ignore[method-assign]
    found = await log.read(Offset(0), bytes_max=1)
    assert (found.data, found.size) == ((), 0)
    with pytest.raises(RemoteTooSlow):
        await log.find_time(Timestamp(NOON))
    gate.set()
    store.patience = Patience(fetch_ms=5_000, search_ms=5_000)
    assert values(whole(await log.read(Offset(0), bytes_max=1)))[0] == "a" * 100


async def test_what_is_not_known_yet_is_an_error_and_not_the_end_of_the_log(store: TieredStore):
    await moved(store, *"abcdefghij")
    store.known = KnownSegments(lambda _: 0)
    log = await opened_again(store)
    with pytest.raises(ReadFailed, match="not known yet"):
        await log.read(Offset(0), bytes_max=1)
    with pytest.raises(ReadFailed, match="not known yet"):
        await log.find_time(Timestamp(0))
    store.known.loaded(0)
    with pytest.raises(OffsetOutOfRange):
        await log.read(Offset(0), bytes_max=1)


async def opened_again(store: TieredStore) -> TieredLog:
    await store.crash(store.last)
    return await opened(store)


async def test_times_are_found_wherever_they_lie(store: TieredStore):
    log = await opened(store)
    for number in range(20):
        await append(log, batch("x" * 100, at=NOON + 1000 * number))
    _eager(store)
    await store.move(log)
    for number in (0, 3, 11, 19):
        found = await log.find_time(Timestamp(NOON + 1000 * number - 500))
        assert found is not None
        assert (found.offset, found.timestamp) == (number, NOON + 1000 * number)
    latest = await log.find_latest_time()
    assert latest is not None
    assert latest.offset == 19


async def test_the_latest_time_may_lie_elsewhere_and_may_have_been_cut_off(store: TieredStore):
    log = await opened(store)
    for number in range(20):
        late = {0: 9_000, 1: 8_000, 12: 7_000}.get(number, number)
        await append(log, batch("x" * 100, at=NOON + late))
    _eager(store)
    await store.move(log)
    for start, offset in ((0, 0), (1, 1), (2, 12), (13, 19)):
        await log.trim(Offset(start))
        latest = await log.find_latest_time()
        assert latest is not None
        assert latest.offset == offset


async def test_a_log_that_was_trimmed_refuses_what_is_gone_although_its_objects_are_there(store: TieredStore):
    log = await moved(store, *"abcdefghij")
    await log.trim(Offset(3))
    with pytest.raises(OffsetOutOfRange):
        await log.read(Offset(2), bytes_max=1)
    assert values(whole(await log.read(Offset(3), bytes_max=1)))[-1] == "d" * 100


async def test_bounds_tell_what_lies_where(store: TieredStore):
    log = await moved(store, *"abcdefghij")
    bounds = log.bounds
    assert (bounds.start, bounds.tiered_end) == (0, bounds.local_start)
    assert log.bounds is bounds
    assert [span.base for span in log.spans()][:2] == [0, log.remote.following(Offset(0))[0].end]
    assert sum(span.size for span in log.spans()) > log.size
