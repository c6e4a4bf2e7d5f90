"""Rounds of compaction, one rule at a time."""

import asyncio
from pathlib import Path

import pytest
from crc32c import crc32c
from tests.contracts.log_store import (
    NOON,
    MemoryStore,
    Store,
    append,
    everything,
    headers,
    marker,
    open_log,
    producer_of,
)
from tests.contracts.segment_store import SegmentStore
from tests.contracts.simulated_store import SimulatedStore
from tests.log.compaction.rig import COMPACTED, committed, compact, finish_span, keyed, make, pairs

from headwater.log.errors import OffsetOutOfRange, OutOfOrderSequence
from headwater.log.port import Origin
from headwater.log.segments.log import SegmentLog
from headwater.log.settings import FlushMode
from headwater.wire.batch.attributes import Compression
from headwater.wire.errors import InvalidRecord
from headwater.wire.types import Offset

DAY = 1000
"""How long these logs keep tombstones."""


@pytest.fixture(params=["memory", "segments"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else SegmentStore(tmp_path)


async def test_of_each_key_the_last_value_stays_where_it_was(store: Store):
    log = await make(store)
    await append(log, keyed(("a", "1"), ("b", "2"), ("a", "3")))
    await append(log, keyed(("b", "4")), keyed(("c", "5")))
    await finish_span(log)
    await compact(log)
    assert (await pairs(log))[:3] == [("a", "3"), ("b", "4"), ("c", "5")]
    assert [each.offset for each in await committed(log)][:3] == [2, 3, 4]


@pytest.mark.parametrize("codec", Compression)
async def test_every_codec_is_opened_and_packed_again(store: Store, codec: Compression):
    log = await make(store, segment_bytes=45_000)
    big = "v" * 40_000
    await append(log, keyed(("a", "1"), ("b", big), ("a", "3"), compression=codec))
    await finish_span(log)
    await compact(log)
    assert (await pairs(log))[:2] == [("b", big), ("a", "3")]
    assert headers(await everything(log))[0].compression is codec


async def test_a_tombstone_stays_for_a_day_after_the_round_that_first_saw_it(store: Store):
    log = await make(store)
    await append(log, keyed(("a", "1")), keyed(("a", None), ("b", "2")))
    for after, left in ((0, True), (DAY - 1, True), (DAY, False)):
        await finish_span(log)
        await compact(log, now=NOON + after)
        assert (("a", None) in await pairs(log)) is left
        assert ("b", "2") in await pairs(log)
    assert next(each.timestamp for each in await committed(log)) == NOON


async def test_a_tombstone_that_the_table_did_not_hold_gets_no_time_to_go(store: Store):
    log = await make(store, segment_bytes=2000)
    await append(log, keyed(("a", "1")), keyed(("b", "2"), ("c", "3"), ("a", None)))
    await finish_span(log)
    done = await compact(log, keys_max=2)
    assert done is not None
    assert done.end == 2
    assert not any(header.has_delete_horizon for header in headers(await everything(log)))
    assert (await pairs(log))[:4] == [("a", "1"), ("b", "2"), ("c", "3"), ("a", None)]
    await compact(log, now=NOON + 1)
    assert (await pairs(log))[:3] == [("b", "2"), ("c", "3"), ("a", None)]


async def test_records_of_an_aborted_transaction_go_at_once_and_hide_nothing(store: Store):
    log = await make(store)
    await append(log, keyed(("a", "1")))
    await append(log, keyed(("a", "void"), producer=producer_of(7, 0, 0), transactional=True))
    await append(log, marker(7, committed=False), origin=Origin.COORDINATOR)
    await finish_span(log)
    await compact(log)
    assert (await pairs(log))[0] == ("a", "1")
    assert ("a", "void") not in await pairs(log)


async def test_a_marker_goes_when_its_data_is_gone_and_a_day_is_over(store: Store):
    log = await make(store)
    await append(log, keyed(("a", "1"), producer=producer_of(7, 0, 0), transactional=True))
    await append(log, marker(7, committed=True), origin=Origin.COORDINATOR)
    await append(log, keyed(("a", "2")))
    log.expire_producers(idle_since=log.settings.retention_ms + NOON)  # type: ignore[arg-type]
    for after, left in ((0, True), (1, True), (DAY, True), (DAY + 1, False)):
        await finish_span(log)
        await compact(log, now=NOON + after)
        assert any(header.is_control for header in headers(await everything(log))) is left


async def test_a_producer_goes_on_after_its_records_were_compacted_away(store: Store):
    logs = await store.open()
    log = await open_log(logs, **COMPACTED)
    await append(log, keyed(("a", "1"), ("b", "1"), producer=producer_of(7, 0, 0)))
    await append(log, keyed(("a", "2"), ("b", "2")))
    await finish_span(log)
    await compact(log)
    first = headers(await everything(log))[0]
    assert (first.producer_id, first.last_sequence, first.record_count) == (7, 1, 0)
    await logs.close()
    log = await open_log(await store.open(), **COMPACTED)
    with pytest.raises(OutOfOrderSequence):
        await append(log, keyed(("x", "x"), producer=producer_of(7, 0, 3)))
    await append(log, keyed(("a", "3"), producer=producer_of(7, 0, 2)))


async def test_a_full_table_ends_a_round_and_the_next_one_goes_on(store: Store):
    log = await make(store)
    for number in range(12):
        await append(log, keyed((f"{number % 4}", f"{number}"), (f"{number % 3}", f"{number}'")))
    await finish_span(log)
    rounds = 0
    while await compact(log, keys_max=2):
        rounds += 1
        assert rounds < 20
    assert rounds > 2
    left = dict(await pairs(log))
    assert [left[key] for key in "0123"] == ["9'", "10'", "11'", "11"]
    assert len([key for key, _ in await pairs(log) if key in "0123"]) == 4


async def test_a_trim_in_the_middle_ends_the_round_and_nothing_else(store: Store):
    log = await make(store)
    for number in range(6):
        await append(log, keyed(("a", f"{number}".ljust(200))))
    await finish_span(log)

    compacting = asyncio.ensure_future(compact(log))
    await asyncio.sleep(0)
    await log.trim(Offset(5))
    try:
        await compacting
    except OffsetOutOfRange:
        assert log.first_dirty is None
    assert ("a", "5".ljust(200)) in await pairs(log)
    await compact(log)


async def test_records_that_make_no_sense_are_named_and_left(store: Store):
    log = await make(store, compact_policy=False)
    broken = keyed(("a", "1"))
    broken[61] = 2
    broken[17:21] = crc32c(broken[21:]).to_bytes(4, "big")
    await append(log, broken)
    await finish_span(log)
    before = await everything(log)
    with pytest.raises(InvalidRecord):
        await compact(log)
    assert await everything(log) == before


async def test_nothing_goes_for_what_could_still_be_lost():
    log = await make(SimulatedStore(), flush_mode=FlushMode.OS)
    assert isinstance(log, SegmentLog)
    await append(log, keyed(("a", "1")))
    await finish_span(log)
    while log.recovery_point < log.bounds.end:
        await asyncio.sleep(0)
        log._store.committer.register(log)
    await append(log, keyed(("a", "2")))
    await finish_span(log)
    with pytest.raises(OffsetOutOfRange):
        await compact(log)
    assert (await pairs(log))[0] == ("a", "1")


@pytest.mark.parametrize("step", range(0, 160, 5))
async def test_a_loss_of_power_in_the_middle_costs_nothing(step: int):
    store = SimulatedStore(step)
    logs = await store.open()
    log = await open_log(logs, **COMPACTED)
    for number in range(12):
        await append(log, keyed((f"{number % 3}", f"{number}".ljust(60)), ("d", None)))
    await finish_span(log)
    before = await pairs(log)
    compacting = asyncio.ensure_future(compact(log))
    for _ in range(step):
        await asyncio.sleep(0)
    shown = await pairs(log)
    await store.crash(logs)
    compacting.cancel()
    log = await open_log(await store.open(), **COMPACTED)
    found = await pairs(log)
    assert dict(found) == dict(before) == dict(shown)
    assert set(found) <= set(before)
    await compact(log)
    assert [key for key, _ in await pairs(log)][:4] == ["0", "1", "2", "d"]
