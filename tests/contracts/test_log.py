"""What "works" means for a log: one suite for every engine.

An engine's class gives the fixture `store`. Whatever is acknowledged is there after any end of the process; whatever was
refused left nothing behind.
"""

import asyncio
from pathlib import Path

import pytest
from tests.contracts.log_store import (
    BIG,
    COMMITTED,
    LETTERS,
    NOON,
    MemoryStore,
    Store,
    append,
    batch,
    contents,
    copied,
    everything,
    fill,
    headers,
    marker,
    open_log,
    partition,
    placed,
    sequenced,
    snapshot,
    values,
    whole,
)
from tests.contracts.segment_store import SegmentStore
from tests.contracts.simulated_store import SimulatedStore
from tests.contracts.tiered_store import TieredStore

from headwater.kernel.units import Timestamp
from headwater.log.errors import (
    CorruptBatchRefused,
    EndMoved,
    FencedProducer,
    InvalidBatch,
    LogClosed,
    OffsetOutOfRange,
    OutOfOrderSequence,
)
from headwater.log.port import EpochEnd, Found, Origin
from headwater.log.settings import LogSettings
from headwater.wire.batch.control import ControlType, build_control_batch
from headwater.wire.types import LeaderEpoch, Offset, ProducerId


class LogContract:
    """Subclasses give the fixture `store`."""

    # Appends

    async def test_what_was_appended_is_read_back_byte_for_byte_but_for_offset_and_epoch(self, store: Store):
        log = await open_log(await store.open(), epoch=4)
        first, second = batch("a", "b"), batch("c")
        await append(log, first)
        await append(log, second)
        assert await everything(log) == placed(first, 0, 4) + placed(second, 2, 4)

    async def test_bytes_that_cannot_be_written_to_are_appended_too(self, store: Store):
        log = await open_log(await store.open())
        await log.append([memoryview(bytes(batch("a")))])
        assert await contents(log) == ["a"]

    async def test_the_callers_bytes_may_be_used_again_as_soon_as_the_call_returns(self, store: Store):
        log = await open_log(await store.open())
        buffer = batch("a")
        waiting = log.append([memoryview(buffer)])
        buffer[:] = batch("b")
        await waiting
        assert await contents(log) == ["a"]

    async def test_whoever_calls_in_order_is_appended_in_order(self, store: Store):
        log = await open_log(await store.open())
        waiting = [log.append([memoryview(batch(letter, letter))]) for letter in LETTERS]
        appended = await asyncio.gather(*waiting)
        assert [each.base_offset for each in appended] == list(range(0, 52, 2))
        assert [each.last_offset for each in appended] == list(range(1, 53, 2))
        assert await contents(log) == [letter for letter in LETTERS for _ in range(2)]

    async def test_nobody_is_shown_what_is_not_durable(self, store: Store):
        log = await open_log(await store.open())
        waiting = log.append([memoryview(batch("a", "b"))])
        assert (log.bounds.high_watermark, log.bounds.end) == (0, 2)
        await waiting
        assert (log.bounds.high_watermark, log.bounds.last_stable, log.bounds.end) == (2, 2, 2)

    async def test_appends_of_one_step_to_many_logs_are_all_taken(self, store: Store):
        logs = await store.open()
        many = [await open_log(logs, partition(index=index)) for index in range(20)]
        await asyncio.gather(*(log.append([memoryview(batch(f"{log.partition}"))]) for log in many))
        for log in many:
            assert await contents(log) == [f"{log.partition}"]

    async def test_a_caller_that_gives_up_holds_up_nobody(self, store: Store):
        log = await open_log(await store.open())
        log.append([memoryview(batch("a"))]).cancel()
        await append(log, batch("b"))
        assert await contents(log) == ["a", "b"]

    async def test_several_batches_of_one_append_stay_together(self, store: Store):
        log = await open_log(await store.open())
        appended = await append(log, batch("a", "b"), batch("c"))
        assert (appended.base_offset, appended.last_offset) == (0, 2)
        assert [header.base_offset for header in headers(await everything(log))] == [0, 2]

    async def test_a_writer_that_expects_the_end_appends(self, store: Store):
        log = await open_log(await store.open())
        await append(log, batch("a", "b"), expected_end=Offset(0))
        await append(log, batch("c"), expected_end=Offset(2))
        assert await contents(log) == ["a", "b", "c"]

    async def test_a_writer_that_expects_an_old_end_appends_nothing(self, store: Store):
        log = await open_log(await store.open())
        await append(log, batch("a", "b"))
        for wrong in (0, 1, 3):
            with pytest.raises(EndMoved):
                await append(log, batch("x"), expected_end=Offset(wrong))
        assert await contents(log) == ["a", "b"]

    async def test_a_writer_that_expects_the_end_without_what_is_on_its_way_appends_nothing(self, store: Store):
        log = await open_log(await store.open())
        waiting = log.append([memoryview(batch("a"))])
        with pytest.raises(EndMoved):
            await append(log, batch("x"), expected_end=Offset(0))
        await waiting
        assert await contents(log) == ["a"]

    async def test_a_refused_batch_leaves_nothing_behind(self, store: Store):
        log = await open_log(await store.open())
        broken = batch("x")
        broken[-1] ^= 1
        with pytest.raises(CorruptBatchRefused):
            await append(log, broken)
        with pytest.raises(InvalidBatch):
            await append(log, marker(1, committed=True))
        assert log.bounds.end == 0
        await append(log, batch("a"))
        assert await contents(log) == ["a"]

    async def test_a_topic_may_stamp_records_itself(self, store: Store):
        log = await open_log(await store.open(), log_append_time=True)
        store.clock.time = Timestamp(NOON + 5_000)
        appended = await append(log, batch("a", "b", at=1))
        assert appended.append_time == NOON + 5_000
        assert [header.max_timestamp for header in headers(await everything(log))] == [NOON + 5_000]

    async def test_settings_are_replaced_at_work(self, store: Store):
        log = await open_log(await store.open())
        log.configure(LogSettings(compression_type="lz4"))
        assert log.settings.compression_type == "lz4"
        await append(log, batch("a"))
        found = await everything(log)
        assert headers(found)[0].compression.name == "LZ4"
        assert values(found) == ["a"]

    # Coordinators and links

    async def test_a_coordinator_writes_control_batches(self, store: Store):
        log = await open_log(await store.open())
        control = build_control_batch([(ControlType.SNAPSHOT_HEADER, b"\0\0")], timestamp=NOON)
        await append(log, control, origin=Origin.COORDINATOR)
        assert await everything(log) == placed(control, 0)

    async def test_copied_batches_keep_offsets_and_epochs_and_may_leave_gaps(self, store: Store):
        log = await open_log(await store.open())
        first, second = copied("a", "b", base=10, epoch=2), copied("c", base=20, epoch=5)
        appended = await append(log, first, second, origin=Origin.LINK)
        assert (appended.base_offset, appended.last_offset) == (10, 20)
        assert await everything(log) == bytes(first + second)
        assert log.bounds.end == 21
        assert log.end_of_epoch(LeaderEpoch(2)) == EpochEnd(epoch=LeaderEpoch(2), end=Offset(20))

    async def test_copied_batches_do_not_go_back(self, store: Store):
        log = await open_log(await store.open())
        await append(log, copied("a", base=10, epoch=2), origin=Origin.LINK)
        for wrong in (copied("x", base=10, epoch=2), copied("x", base=11, epoch=1)):
            with pytest.raises(InvalidBatch):
                await append(log, wrong, origin=Origin.LINK)
        with pytest.raises(InvalidBatch):
            await append(log, copied("x", base=11, epoch=5), copied("y", base=12, epoch=4), origin=Origin.LINK)
        assert await contents(log) == ["a"]

    # Producers

    async def test_a_duplicate_is_answered_with_the_first_ones_place(self, store: Store):
        log = await open_log(await store.open())
        await append(log, batch("before"))
        first = await append(log, sequenced("a", "b", sequence=0))
        await append(log, sequenced("c", sequence=2))
        again = await append(log, sequenced("a", "b", sequence=0))
        assert (again.base_offset, again.last_offset, again.duplicate) == (1, 2, True)
        assert not first.duplicate
        assert await contents(log) == ["before", "a", "b", "c"]

    async def test_a_duplicate_of_what_is_not_yet_durable_waits_with_it(self, store: Store):
        log = await open_log(await store.open())
        waiting = [log.append([memoryview(sequenced("a", sequence=0))]) for _ in range(3)]
        appended = await asyncio.gather(*waiting)
        assert [each.base_offset for each in appended] == [0, 0, 0]
        assert [each.duplicate for each in appended] == [False, True, True]
        assert await contents(log) == ["a"]

    async def test_five_batches_in_flight_are_appended_in_order(self, store: Store):
        log = await open_log(await store.open())
        await asyncio.gather(*(log.append([memoryview(sequenced(str(n), sequence=n))]) for n in range(5)))
        assert await contents(log) == ["0", "1", "2", "3", "4"]

    async def test_one_append_holds_one_batch_of_an_idempotent_producer(self, store: Store):
        log = await open_log(await store.open())
        with pytest.raises(InvalidBatch):
            await append(log, sequenced("b", sequence=1), sequenced("a", sequence=0))
        assert await contents(log) == []

    async def test_a_gap_in_the_sequence_is_refused(self, store: Store):
        log = await open_log(await store.open())
        await append(log, sequenced("a", sequence=0))
        with pytest.raises(OutOfOrderSequence):
            await append(log, sequenced("c", sequence=2))
        await append(log, sequenced("b", sequence=1))
        assert await contents(log) == ["a", "b"]

    async def test_an_old_epoch_of_a_producer_is_fenced(self, store: Store):
        log = await open_log(await store.open())
        await append(log, sequenced("a", sequence=0, epoch=1))
        with pytest.raises(FencedProducer):
            await append(log, sequenced("x", sequence=1, epoch=0))
        assert await contents(log) == ["a"]

    async def test_what_is_remembered_of_producers_is_told(self, store: Store):
        log = await open_log(await store.open())
        await append(log, sequenced("a", "b", sequence=0, producer=3))
        await append(log, sequenced("c", sequence=0, producer=4, epoch=2, transactional=True))
        told = {each.producer_id: each for each in log.producers()}
        assert (told[3].epoch, told[3].last_sequence, told[3].last_offset) == (0, 1, 1)  # type: ignore[index]
        assert (told[4].epoch, told[4].transaction_start) == (2, 2)  # type: ignore[index]
        assert log.producer(ProducerId(4)) == told[4]  # type: ignore[index]
        assert log.producer(ProducerId(5)) is None

    async def test_producers_that_were_idle_are_forgotten_and_may_begin_anywhere(self, store: Store):
        log = await open_log(await store.open())
        await append(log, sequenced("a", sequence=0, producer=3))
        await append(log, sequenced("b", sequence=0, producer=4, at=NOON + 1))
        log.expire_producers(idle_since=NOON)
        assert [each.producer_id for each in log.producers()] == [4]
        await append(log, sequenced("c", sequence=77, producer=3))
        with pytest.raises(OutOfOrderSequence):
            await append(log, sequenced("x", sequence=77, producer=4))

    # Reads

    async def test_a_read_within_a_batch_gives_the_whole_batch(self, store: Store):
        log = await open_log(await store.open())
        await append(log, batch("a", "b", "c"))
        await append(log, batch("d"))
        found = await log.read(Offset(1), bytes_max=BIG)
        assert [header.base_offset for header in headers(whole(found))] == [0, 3]

    async def test_the_first_batch_comes_whole_and_the_rest_as_far_as_they_fit(self, store: Store):
        log = await open_log(await store.open())
        made = [batch(letter * 50) for letter in LETTERS[:5]]
        for each in made:
            await append(log, each)
        size = len(made[0])
        assert values(whole(await log.read(Offset(0), bytes_max=1))) == ["a" * 50]
        assert (await log.read(Offset(0), bytes_max=size - 1, whole_first=False)).size == 0
        for room, count in ((size, 1), (2 * size - 1, 1), (3 * size, 3)):
            found = await log.read(Offset(1), bytes_max=room, whole_first=False)
            assert values(whole(found)) == [letter * 50 for letter in LETTERS[1 : 1 + count]]

    async def test_a_read_at_the_end_is_empty(self, store: Store):
        log = await open_log(await store.open())
        assert (await log.read(Offset(0), bytes_max=BIG)).size == 0
        await append(log, batch("a"))
        found = await log.read(Offset(1), bytes_max=BIG)
        assert (found.data, found.size, found.bounds) == ((), 0, log.bounds)

    async def test_a_read_outside_the_log_is_refused(self, store: Store):
        log = await open_log(await store.open())
        await append(log, batch("a", "b"))
        await log.trim(Offset(1))
        for wrong in (0, 3):
            with pytest.raises(OffsetOutOfRange) as refusal:
                await log.read(Offset(wrong), bytes_max=BIG)
            assert (refusal.value.first, refusal.value.end) == (1, 2)

    async def test_a_read_ends_at_the_high_watermark(self, store: Store):
        log = await open_log(await store.open())
        await append(log, batch("a"))
        waiting = log.append([memoryview(batch("b"))])
        if not waiting.done() and log.bounds.high_watermark == 1:
            with pytest.raises(OffsetOutOfRange):
                await log.read(Offset(2), bytes_max=BIG)
        await waiting

    # Transactions

    async def test_a_read_of_committed_records_ends_at_the_oldest_open_transaction(self, store: Store):
        log = await open_log(await store.open())
        await append(log, batch("a"))
        await append(log, sequenced("b", sequence=0, transactional=True))
        await append(log, batch("c"))
        assert log.bounds.last_stable == 1
        assert await contents(log, isolation=COMMITTED) == ["a"]
        assert await contents(log) == ["a", "b", "c"]
        await append(log, marker(7, committed=True), origin=Origin.COORDINATOR)
        assert log.bounds.last_stable == 4
        assert values(await everything(log, isolation=COMMITTED))[:3] == ["a", "b", "c"]

    async def test_aborted_transactions_are_named_to_those_who_read_committed_records(self, store: Store):
        log = await open_log(await store.open())
        await append(log, sequenced("a", sequence=0, producer=1, transactional=True))
        await append(log, sequenced("b", sequence=0, producer=2, transactional=True))
        await append(log, marker(1, committed=False), origin=Origin.COORDINATOR)
        await append(log, marker(2, committed=True), origin=Origin.COORDINATOR)
        await append(log, sequenced("c", sequence=1, producer=1, transactional=True))
        await append(log, marker(1, committed=False), origin=Origin.COORDINATOR)
        found = await log.read(Offset(0), bytes_max=BIG, isolation=COMMITTED)
        assert [(each.producer_id, each.first, each.last) for each in found.aborted] == [(1, 0, 2), (1, 4, 5)]
        found = await log.read(Offset(1), bytes_max=1, isolation=COMMITTED)
        assert [(each.producer_id, each.first, each.last) for each in found.aborted] == [(1, 0, 2)]
        assert (await log.read(Offset(3), bytes_max=1, isolation=COMMITTED)).aborted == ()
        assert (await log.read(Offset(0), bytes_max=BIG)).aborted == ()

    # Time

    async def test_a_record_is_found_by_time(self, store: Store):
        log = await open_log(await store.open(), index_interval_bytes=1)
        assert await log.find_time(NOON) is None
        for place in range(10):
            await append(log, batch("a", "b", at=NOON + 100 * place))
        for timestamp, offset, at in ((0, 0, 0), (300, 6, 300), (301, 7, 301), (302, 8, 400)):
            found = await log.find_time(Timestamp(NOON + timestamp))
            assert found == Found(offset=Offset(offset), timestamp=Timestamp(NOON + at), epoch=LeaderEpoch(0))
        assert await log.find_time(Timestamp(NOON + 902)) is None

    async def test_the_first_of_the_latest_records_is_found(self, store: Store):
        log = await open_log(await store.open())
        assert await log.find_latest_time() is None
        for at in (NOON, NOON + 500, NOON + 500, NOON + 100):
            await append(log, batch("a", at=at))
        assert await log.find_latest_time() == Found(
            offset=Offset(1), timestamp=Timestamp(NOON + 500), epoch=LeaderEpoch(0)
        )

    async def test_the_latest_of_what_was_not_trimmed_is_found(self, store: Store):
        log = await open_log(await store.open())
        for at in (NOON + 500, NOON, NOON + 100):
            await append(log, batch("a", at=at))
        await log.trim(Offset(1))
        assert await log.find_latest_time() == Found(
            offset=Offset(2), timestamp=Timestamp(NOON + 100), epoch=LeaderEpoch(0)
        )

    async def test_time_does_not_find_what_was_trimmed(self, store: Store):
        log = await open_log(await store.open())
        await append(log, batch("a", "b", "c"))
        await log.trim(Offset(1))
        found = await log.find_time(NOON)
        assert found is not None
        assert found.offset == 1

    # Epochs

    async def test_an_epoch_ends_where_the_next_one_begins(self, store: Store):
        log = await open_log(await store.open(), epoch=1)
        await append(log, batch("a", "b"))
        log.lead(LeaderEpoch(3))
        assert log.bounds.epoch == 3
        await append(log, batch("c"))
        assert [header.partition_leader_epoch for header in headers(await everything(log))] == [1, 3]
        assert log.end_of_epoch(LeaderEpoch(1)) == EpochEnd(epoch=LeaderEpoch(1), end=Offset(2))
        assert log.end_of_epoch(LeaderEpoch(2)) == EpochEnd(epoch=LeaderEpoch(1), end=Offset(2))
        assert log.end_of_epoch(LeaderEpoch(3)) == EpochEnd(epoch=LeaderEpoch(3), end=Offset(3))
        assert log.end_of_epoch(LeaderEpoch(4)) is None

    async def test_an_epoch_in_which_nothing_is_written_yet_ends_at_the_end(self, store: Store):
        log = await open_log(await store.open(), epoch=1)
        await append(log, batch("a"))
        log.lead(LeaderEpoch(2))
        assert log.end_of_epoch(LeaderEpoch(1)) == EpochEnd(epoch=LeaderEpoch(1), end=Offset(1))
        assert log.end_of_epoch(LeaderEpoch(2)) == EpochEnd(epoch=LeaderEpoch(2), end=Offset(1))

    async def test_an_epoch_does_not_end_past_what_is_durable(self, store: Store):
        log = await open_log(await store.open(), epoch=1)
        await append(log, batch("a"))
        waiting = log.append([memoryview(batch("b"))])
        log.lead(LeaderEpoch(2))
        ended = log.end_of_epoch(LeaderEpoch(1))
        assert ended is not None
        assert ended.end <= log.bounds.high_watermark
        await waiting

    # The start, spans, and what is put in the place of old batches

    async def test_trimming_moves_the_start_and_keeps_the_rest(self, store: Store):
        log = await open_log(await store.open(), segment_bytes=200)
        for letter in LETTERS[:10]:
            await append(log, batch(letter))
        await log.trim(Offset(4))
        assert log.bounds.start == 4
        assert await contents(log) == list(LETTERS[4:10])
        await log.trim(Offset(2))
        assert log.bounds.start == 4
        await log.trim(Offset(10))
        assert await contents(log) == []
        await append(log, batch("k"))
        assert await contents(log) == ["k"]

    async def test_a_log_is_not_trimmed_past_what_it_holds(self, store: Store):
        log = await open_log(await store.open())
        await append(log, batch("a"))
        with pytest.raises(OffsetOutOfRange):
            await log.trim(Offset(2))
        assert log.bounds.start == 0

    async def test_spans_follow_each_other_and_the_last_is_active(self, store: Store):
        log = await open_log(await store.open(), segment_bytes=200)
        for place, letter in enumerate(LETTERS[:10]):
            await append(log, batch(letter, at=NOON + place))
        spans = log.spans()
        assert len(spans) > 2
        assert [span.base for span in spans] == [0, *(span.end for span in spans[:-1])]
        assert spans[-1].end == 10
        assert [span.active for span in spans] == [False] * (len(spans) - 1) + [True]
        assert [span.largest_timestamp for span in spans] == [NOON + span.end - 1 for span in spans]
        assert sum(span.size for span in spans) == log.size == 10 * len(batch("a"))

    # Waiting

    async def test_a_watch_wakes_once_at_the_next_move(self, store: Store):
        log = await open_log(await store.open())
        wakes: list[str] = []
        log.watch(lambda: wakes.append("moved"))
        assert wakes == []
        await append(log, batch("a"))
        assert wakes == ["moved"]
        await append(log, batch("b"))
        assert wakes == ["moved"]
        log.watch(lambda: wakes.append("trimmed"))
        await log.trim(Offset(1))
        assert wakes == ["moved", "trimmed"]

    async def test_whoever_unwatches_is_not_woken(self, store: Store):
        log = await open_log(await store.open())

        def wake() -> None:
            raise AssertionError

        log.watch(wake)
        log.unwatch(wake)
        await append(log, batch("a"))

    # Life and death

    async def test_an_open_log_is_found_without_waiting(self, store: Store):
        logs = await store.open()
        of = partition()
        assert logs.get(of.topic_id, 0) is None
        log = await open_log(logs)
        assert logs.get(of.topic_id, 0) is log
        assert log.partition == of
        assert logs.get(of.topic_id, 1) is None

    async def test_a_forgotten_log_wakes_its_watchers_and_refuses_everything(self, store: Store):
        logs = await store.open()
        log = await open_log(logs)
        await append(log, batch("a"))
        waiting = log.append([memoryview(batch("b"))])
        woken = asyncio.Event()
        log.watch(woken.set)
        await logs.forget(partition())
        with pytest.raises(LogClosed):
            await waiting
        assert woken.is_set()
        for refused in (append(log, batch("c")), log.read(Offset(0), bytes_max=BIG), log.trim(Offset(1))):
            with pytest.raises(LogClosed):
                await refused
        assert logs.get(partition().topic_id, 0) is None
        assert logs.stored() == []

    async def test_a_topic_made_again_under_its_old_name_is_empty(self, store: Store):
        logs = await store.open()
        await append(await open_log(logs), batch("a"))
        await logs.forget(partition())
        log = await open_log(logs, partition(life=2))
        assert await contents(log) == []
        await append(log, batch("b"))
        await logs.close()
        logs = await store.open()
        assert [each.partition for each in logs.stored()] == [partition(life=2)]
        assert await contents(await open_log(logs, partition(life=2))) == ["b"]

    async def test_everything_is_there_again_after_a_clean_end(self, store: Store):
        await self.lives(store, clean=True)

    async def test_everything_that_was_acknowledged_is_there_after_a_crash(self, store: Store):
        await self.lives(store, clean=False)

    async def lives(self, store: Store, *, clean: bool) -> None:
        logs = await store.open()
        assert logs.clean
        log = await open_log(logs, epoch=1, segment_bytes=300)
        await fill(log)
        before = await snapshot(log)
        await (logs.close() if clean else store.crash(logs))
        logs = await store.open()
        assert logs.clean is clean
        assert [(each.partition, each.start, each.end) for each in logs.stored()] == [(partition(), 2, log.bounds.end)]
        log = await open_log(logs, epoch=2, segment_bytes=300)
        assert await snapshot(log) == before
        duplicate = await append(log, sequenced("b", sequence=1))
        assert (duplicate.base_offset, duplicate.duplicate) == (4, True)
        await append(log, sequenced("z", sequence=2))
        assert (await contents(log))[-1] == "z"
        assert headers(await everything(log))[-1].partition_leader_epoch == 2

    async def test_a_closed_store_takes_nothing_more(self, store: Store):
        logs = await store.open()
        log = await open_log(logs)
        waiting = log.append([memoryview(batch("a"))])
        await logs.close()
        await waiting
        with pytest.raises(LogClosed):
            await append(log, batch("b"))

    async def test_a_store_without_trouble_has_not_failed(self, store: Store):
        logs = await store.open()
        await append(await open_log(logs), batch("a"))
        assert not logs.failed.done()


class TestMemory(LogContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


class TestSegments(LogContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> SegmentStore:
        return SegmentStore(tmp_path)


class TestSegmentsOnASimulatedDisk(LogContract):
    """Where a crash is a loss of power."""

    @pytest.fixture
    def store(self) -> SimulatedStore:
        return SimulatedStore()


class TestTiered(LogContract):
    """Over segments, of which as little as can be lies here."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> TieredStore:
        return TieredStore(SegmentStore(tmp_path))
