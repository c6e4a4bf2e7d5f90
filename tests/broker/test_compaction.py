"""Which log is compacted when."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from crc32c import crc32c
from tests.broker.log_rig import LogRig, log_rig
from tests.contracts.log_store import SetClock, append
from tests.log.compaction.rig import COMPACTED, AtOnce, finish_span, keyed, pairs
from tests.machine.toy import run

from headwater.broker.compaction import Compactor
from headwater.kernel.counters import Counters
from headwater.kernel.exposition import exposition
from headwater.kernel.units import Timestamp
from headwater.log.port import Log
from headwater.log.settings import LogSettings


@asynccontextmanager
async def compacted_rig(clock: SetClock | None = None) -> AsyncIterator[tuple[LogRig, Compactor]]:
    async with log_rig() as rig:
        yield rig, Compactor(rig.partitions, lambda: rig.live.broker, clock=clock or SetClock(), workers=AtOnce())


async def made(rig: LogRig, name: str, **settings: Any) -> Log:
    await rig.create(name)
    log = rig.log(name)
    log.configure(LogSettings(**{**COMPACTED, **settings}))
    return log


async def write(log: Log, *values: str) -> None:
    for value in values:
        await append(log, keyed(("key", value)))
    await finish_span(log)


def test_every_log_that_is_dirty_enough_is_compacted_and_the_others_are_left():
    async def test() -> None:
        async with compacted_rig() as (rig, compactor):
            compacted = [await made(rig, name) for name in ("one", "two")]
            plain, careful = (
                await made(rig, "plain", compact_policy=False),
                await made(rig, "careful", min_dirty_ratio=1.0),
            )
            for log in (*compacted, plain, careful):
                await write(log, "1", "2")
            await compactor.round()
            assert [(await pairs(log))[0] for log in compacted] == [("key", "2")] * 2
            assert [(await pairs(log))[0] for log in (plain, careful)] == [("key", "1")] * 2

    run(test)


def test_a_log_with_an_old_record_is_due_however_clean_it_is():
    async def test() -> None:
        clock = SetClock()
        async with compacted_rig(clock) as (rig, compactor):
            log = await made(rig, "orders", min_dirty_ratio=1.0, max_compaction_lag_ms=1000)
            await write(log, "1", "2")
            for later, first in ((1000, "1"), (1, "2")):
                clock.time = Timestamp(clock.time + later)
                await compactor.round()
                assert (await pairs(log))[0] == ("key", first)

    run(test)


def test_a_damaged_log_holds_up_no_other():
    async def test() -> None:
        async with compacted_rig() as (rig, compactor):
            damaged = await made(rig, "damaged", compact_policy=False)
            broken = keyed(("a", "1"))
            broken[61] = 2
            broken[17:21] = crc32c(broken[21:]).to_bytes(4, "big")
            await append(damaged, broken)
            await write(damaged, "1", "2")
            damaged.configure(LogSettings(**COMPACTED))
            whole = await made(rig, "whole")
            await write(whole, "1", "2")
            counters = Counters()
            compactor.watch(counters)
            await compactor.round()
            await compactor.round()
            assert (await pairs(whole))[0] == ("key", "2")
            assert "headwater_compaction_damaged_logs 1" in exposition(counters)
            assert "headwater_compactions_total 1" in exposition(counters)

    run(test)


def test_a_topic_that_is_deleted_meanwhile_is_let_go():
    async def test() -> None:
        async with compacted_rig() as (rig, compactor):
            topic = await rig.create("orders")
            rig.log("orders").configure(LogSettings(**COMPACTED))
            await write(rig.log("orders"), "1", "2")
            compacting = asyncio.ensure_future(compactor.round())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await rig.delete(topic)
            await compacting

    run(test)
