"""What the contract can't show: two brokers over one storage, and commits that are lost on their way."""

import asyncio

import pytest
from tests.contracts.log_store import SetClock, append, batch, contents, open_log, partition, sequenced
from tests.simulation.world.randomness import SimulatedRandomness, stream

from headwater.log.errors import EndMoved, LogClosed, OutOfOrderSequence, StorageFailed
from headwater.log.memory.faults import Fate, Odds, SeededFaults
from headwater.log.memory.logs import MemoryLogs
from headwater.log.memory.storage import MemoryStorage
from headwater.wire.types import Offset


class Fated:
    def __init__(self, *fates: Fate) -> None:
        self._fates = list(fates)

    def delay_s(self) -> float:
        return 0.0

    def fate(self) -> Fate:
        return self._fates.pop(0) if self._fates else Fate.DONE


def opener(storage: MemoryStorage, *fates: Fate) -> MemoryLogs:
    return MemoryLogs(storage, clock=SetClock(), faults=Fated(*fates))


def test_two_brokers_that_expect_the_same_end_do_not_both_append():
    async def main() -> None:
        storage = MemoryStorage()
        one, two = [await open_log(opener(storage)) for _ in range(2)]
        outcomes = await asyncio.gather(
            append(one, batch("a"), expected_end=Offset(0)),
            append(two, batch("b"), expected_end=Offset(0)),
            return_exceptions=True,
        )
        assert [type(each) for each in outcomes].count(EndMoved) == 1
        assert await contents(one) == await contents(two)
        assert two.bounds.end == 1

    asyncio.run(main())


def test_two_brokers_append_without_expecting_anything_and_both_see_all():
    async def main() -> None:
        storage = MemoryStorage()
        one, two = [await open_log(opener(storage)) for _ in range(2)]
        woken = asyncio.Event()
        two.watch(woken.set)
        appended = await asyncio.gather(append(one, batch("a", "b")), append(two, batch("c")))
        assert [each.base_offset for each in appended] == [0, 2]
        assert woken.is_set()
        assert await contents(two) == ["a", "b", "c"]

    asyncio.run(main())


def test_a_producer_that_moves_to_the_other_broker_is_still_known():
    async def main() -> None:
        storage = MemoryStorage()
        one, two = [await open_log(opener(storage)) for _ in range(2)]
        await append(one, sequenced("a", sequence=0))
        assert (await append(two, sequenced("a", sequence=0))).duplicate

    asyncio.run(main())


def test_what_was_lost_is_not_there_and_what_went_unanswered_is():
    async def main() -> None:
        log = await open_log(opener(MemoryStorage(), Fate.LOST, Fate.UNANSWERED))
        for value in ("lost", "unanswered"):
            with pytest.raises(StorageFailed):
                await append(log, batch(value))
        await append(log, batch("a"))
        assert await contents(log) == ["unanswered", "a"]
        assert log.bounds.end == log.bounds.high_watermark == 2

    asyncio.run(main())


def test_a_batch_behind_a_lost_one_is_out_of_order():
    async def main() -> None:
        log = await open_log(opener(MemoryStorage(), Fate.DONE, Fate.LOST))
        await append(log, sequenced("a", sequence=0))
        first = log.append([memoryview(sequenced("b", sequence=1))])
        await asyncio.sleep(0)
        second = log.append([memoryview(sequenced("c", sequence=2))])
        with pytest.raises(StorageFailed):
            await first
        with pytest.raises(OutOfOrderSequence):
            await second

    asyncio.run(main())


def test_a_topic_that_the_other_broker_deleted_is_closed_here_too():
    async def main() -> None:
        storage = MemoryStorage()
        here, there = opener(storage), opener(storage)
        log = await open_log(here)
        woken = asyncio.Event()
        log.watch(woken.set)
        await there.forget(partition())
        assert woken.is_set()
        with pytest.raises(LogClosed):
            await append(log, batch("a"))
        assert here.get(partition().topic_id, 0) is None

    asyncio.run(main())


def test_faults_are_drawn_from_the_seed():
    def drawn(seed: int) -> list[object]:
        faults = SeededFaults(SimulatedRandomness(stream(seed)), Odds(lost_percent=30, unanswered_percent=30))
        return [each for _ in range(50) for each in (faults.delay_s(), faults.fate())]

    assert drawn(1) == drawn(1) != drawn(2)
    assert set(map(str, drawn(1)[1::2])) == set(map(str, Fate))
