"""What "works" means for the part of a log's port that compaction uses: one suite for every engine."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from tests.contracts.log_store import (
    BIG,
    NOON,
    MemoryStore,
    Store,
    append,
    batch,
    contents,
    everything,
    headers,
    marker,
    open_log,
    partition,
    pieces,
    placed,
    sequenced,
)
from tests.contracts.segment_store import SegmentStore
from tests.contracts.simulated_store import SimulatedStore

from headwater.log.errors import OffsetOutOfRange
from headwater.log.port import Found, Isolation, Origin
from headwater.wire.types import LeaderEpoch, Offset

COMMITTED = Isolation.READ_COMMITTED
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class ReplaceContract:
    """Subclasses give the fixture `store`."""

    async def test_batches_are_replaced_as_one_step_and_keep_their_offsets(self, store: Store):
        logs = await store.open()
        log = await open_log(logs, segment_bytes=200)
        for letter in LETTERS[:10]:
            await append(log, batch(letter))
        closed = [span for span in log.spans() if not span.active]
        end = closed[-1].end
        kept = placed(batch("B"), 1) + placed(batch("D"), 3)
        await log.replace(Offset(0), end, pieces(kept))
        expected = ["B", "D", *LETTERS[end:10]]
        assert await contents(log, first=0) == expected
        assert await contents(log, first=2) == expected[1:]
        assert log.bounds.end == 10
        assert log.bounds.start == 0
        assert [span.base for span in log.spans()] == [0, *(s.base for s in log.spans()[1:])]
        await logs.close()
        log = await open_log(await store.open(), segment_bytes=200)
        assert await contents(log, first=0) == expected
        await append(log, batch("k"))
        assert await contents(log, first=4) == [*LETTERS[end:10], "k"]

    async def test_an_aborted_transaction_is_named_as_long_as_its_marker_is_there(self, store: Store):
        logs = await store.open()
        log = await open_log(logs, segment_bytes=300)
        for producer in (1, 2):
            await append(log, sequenced("void", sequence=0, producer=producer, transactional=True))
            await append(log, marker(producer, committed=False), origin=Origin.COORDINATOR)
        await append(log, batch(*LETTERS))
        end = next(span.base for span in log.spans() if span.active)
        kept = [header for header in headers(await everything(log)) if header.base_offset in (0, 1)]
        data = await everything(log)
        await log.replace(Offset(0), end, pieces(data[: sum(header.size for header in kept)]))
        for _ in range(2):
            found = await log.read(Offset(0), bytes_max=BIG, isolation=COMMITTED)
            assert [(each.producer_id, each.first, each.last) for each in found.aborted] == [(1, 0, 1)]
            await logs.close()
            logs = await store.open()
            log = await open_log(logs)

    async def test_a_replacement_that_fails_on_its_way_changes_nothing(self, store: Store):
        log = await open_log(await store.open(), segment_bytes=200)
        for letter in LETTERS[:6]:
            await append(log, batch(letter))
        end = next(span.base for span in log.spans() if span.active)

        async def broken() -> AsyncIterator[Sequence[bytes]]:
            yield (placed(batch("A"), 0),)
            raise ValueError

        before = log.spans()
        with pytest.raises(ValueError):
            await log.replace(Offset(0), end, broken())
        assert log.spans() == before
        await log.replace(Offset(0), end, pieces(placed(batch("B"), 1)))
        assert (await contents(log))[:2] == ["B", LETTERS[end]]

    async def test_spans_that_are_gone_are_not_replaced(self, store: Store):
        log = await open_log(await store.open(), segment_bytes=200)
        for letter in LETTERS[:6]:
            await append(log, batch(letter))
        end = next(span.base for span in log.spans() if span.active)
        await log.trim(end)
        with pytest.raises(OffsetOutOfRange):
            await log.replace(Offset(0), end, pieces())

    async def test_everything_of_a_span_may_go(self, store: Store):
        log = await open_log(await store.open(), segment_bytes=200)
        for letter in LETTERS[:6]:
            await append(log, batch(letter))
        end = next(span.base for span in log.spans() if span.active)
        await log.replace(Offset(0), end, pieces())
        assert await contents(log) == [*LETTERS[end:6]]
        assert (await log.find_latest_time()) == Found(offset=end, timestamp=NOON, epoch=LeaderEpoch(0))

    @pytest.mark.parametrize("clean", [True, False])
    async def test_how_far_compaction_came_is_remembered(self, store: Store, clean: bool):
        logs = await store.open()
        log = await open_log(logs)
        assert log.first_dirty is None
        await append(log, batch("a", "b"))
        await log.keep_first_dirty(Offset(1))
        assert log.first_dirty == 1
        await (logs.close() if clean else store.crash(logs))
        logs = await store.open()
        assert (await open_log(logs)).first_dirty == 1
        await logs.forget(partition())
        assert (await open_log(logs, partition(life=2))).first_dirty is None


class TestMemory(ReplaceContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


class TestSegments(ReplaceContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> SegmentStore:
        return SegmentStore(tmp_path)


class TestSegmentsOnASimulatedDisk(ReplaceContract):
    @pytest.fixture
    def store(self) -> SimulatedStore:
        return SimulatedStore()
