"""What tiering relies on in the log below it: spans go whose records are elsewhere, and the log stays the one it was."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.contracts.log_store import (
    NOON,
    Store,
    append,
    batch,
    everything,
    headers,
    marker,
    open_log,
    sequenced,
    values,
)
from tests.contracts.segment_store import SegmentStore
from tests.contracts.simulated_store import SimulatedStore

from headwater.kernel.units import Timestamp
from headwater.log.errors import AppendFailed, OffsetOutOfRange
from headwater.log.port import EpochStart, Origin
from headwater.log.segments.log import SegmentLog
from headwater.log.settings import LogSettings
from headwater.log.tiering.local_log import LocalLog, Part
from headwater.wire.batch.header import BatchHeader
from headwater.wire.types import LeaderEpoch, Offset

TIERED: dict[str, Any] = {
    "remote_storage": True,
    "segment_bytes": 200,
    "index_interval_bytes": 1,
    "file_delete_delay_ms": 0,
}


async def opened(store: Store, *, epoch: int = 0, **settings: int) -> tuple[object, LocalLog]:
    logs = await store.open()
    log = await open_log(logs, epoch=epoch, **(TIERED | settings))
    assert isinstance(log, SegmentLog)
    return logs, log


async def filled(log: LocalLog, *letters: str) -> None:
    for letter in letters:
        await append(log, batch(letter, letter, letter))


class LocalLogContract:
    """Subclasses give the fixture `store`."""

    async def test_released_spans_are_gone_and_the_start_stays(self, store: Store):
        _, log = await opened(store)
        await filled(log, *"abcdefgh")
        spans = log.spans()
        await log.release(spans[2].base)
        assert (log.bounds.start, log.bounds.local_start) == (0, spans[2].base)
        assert [each.base for each in log.spans()] == [each.base for each in spans[2:]]
        assert values(await everything(log, spans[2].base)) == list("aaabbbcccdddeeefffggghhh")[spans[2].base :]
        with pytest.raises(OffsetOutOfRange):
            await log.read(Offset(spans[2].base - 1), bytes_max=100)

    async def test_the_active_span_is_never_released(self, store: Store):
        _, log = await opened(store)
        await filled(log, *"abc")
        active = log.spans()[-1]
        await log.release(log.bounds.end)
        assert [each.base for each in log.spans()] == [active.base]

    @pytest.mark.parametrize("killed", [False, True])
    async def test_start_and_end_come_back_whatever_ended_the_process(self, store: Store, killed: bool):
        logs, log = await opened(store, epoch=3)
        await filled(log, *"abcdef")
        log.lead(LeaderEpoch(5))
        await filled(log, *"gh")
        await log.release(log.spans()[-2].base)
        before = log.bounds
        kept = await everything(log, before.local_start)
        await (store.crash(logs) if killed else logs.close())  # type: ignore[attr-defined,arg-type]
        _, again = await opened(store, epoch=5)
        assert replace(again.bounds, local_start=before.local_start) == before
        assert await everything(again, before.local_start) == kept

    @pytest.mark.parametrize("killed", [False, True])
    async def test_a_log_that_has_nothing_here_goes_on_where_it_ended(self, store: Store, killed: bool):
        logs, log = await opened(store, local_retention_ms=1)
        await append(log, sequenced("a", "b", sequence=0))
        store.clock.time = Timestamp(NOON + 10)
        assert isinstance(log, SegmentLog)
        log.finish_if_expired(store.clock.now())
        await append_nothing(log)
        await log.release(Offset(2))
        assert (log.bounds.start, log.bounds.local_start, log.size) == (0, 2, 0)
        await (store.crash(logs) if killed else logs.close())  # type: ignore[attr-defined,arg-type]
        _, again = await opened(store, epoch=1)
        assert (again.bounds.start, again.bounds.local_start, again.bounds.end) == (0, 2, 2)
        assert (await append(again, sequenced("a", "b", sequence=0))).duplicate
        assert (await append(again, sequenced("c", sequence=2))).base_offset == 2

    async def test_what_is_trimmed_may_have_been_released_before(self, store: Store):
        logs, log = await opened(store)
        await filled(log, *"abcdefgh")
        await log.release(log.spans()[3].base)
        await log.trim(Offset(4))
        assert (log.bounds.start, log.bounds.local_start) == (4, log.spans()[0].base)
        await logs.close()  # type: ignore[attr-defined]
        _, again = await opened(store)
        assert again.bounds.start == 4

    async def test_without_remote_storage_a_log_begins_where_its_files_do(self, store: Store):
        logs, log = await opened(store)
        await filled(log, *"abcdefgh")
        await log.release(log.spans()[2].base)
        await logs.close()  # type: ignore[attr-defined]
        _, again = await opened(store, remote_storage=False)
        assert again.bounds.start == again.bounds.local_start == again.spans()[0].base

    async def test_files_are_those_of_the_span(self, store: Store):
        _, log = await opened(store, epoch=2)
        await filled(log, *"abcdef")
        first, second = log.spans()[:2]
        whole = await everything(log)
        files = log.files(second.base)
        await log.release(log.spans()[-1].base)
        data = bytes(await files.read_log(files.log_bytes, 0))
        assert whole[first.size : first.size + second.size] == data
        assert headers(data)[0].base_offset == second.base
        assert list(files.epochs) == [EpochStart(epoch=LeaderEpoch(2), start=second.base)]
        assert {Part.OFFSET_INDEX, Part.TIME_INDEX, Part.PRODUCER_SNAPSHOT, Part.EPOCHS} == {*files.small}
        assert files.small[Part.EPOCHS] == f"0\n1\n2 {second.base}\n".encode()
        files.close()

    async def test_the_active_span_and_no_span_have_no_files(self, store: Store):
        _, log = await opened(store)
        await filled(log, *"abc")
        for base in (log.spans()[-1].base, Offset(1)):
            with pytest.raises(OffsetOutOfRange):
                log.files(base)

    async def test_aborted_transactions_are_told_whose_records_are_elsewhere(self, store: Store):
        _, log = await opened(store)
        await append(log, sequenced("a", sequence=0, transactional=True))
        await filled(log, *"bcde")
        await append(log, marker(7, committed=False), origin=Origin.COORDINATOR)
        await filled(log, *"fgh")
        await log.release(log.spans()[2].base)
        assert [(each.first, each.producer_id) for each in log.aborted(Offset(0), Offset(3))] == [(0, 7)]


async def append_nothing(log: LocalLog) -> None:
    """Until all that was rolled is sure: the next commit of the store takes it along."""
    await append(log, sequenced("a", "b", sequence=0))


class TestSegments(LocalLogContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return SegmentStore(tmp_path)


class TestSegmentsOnASimulatedDisk(LocalLogContract):
    @pytest.fixture
    def store(self) -> Store:
        return SimulatedStore()


@pytest.mark.parametrize("seed", range(30))
async def test_of_files_that_come_back_with_a_crash_none_is_missing_in_between(seed: int):
    store = SimulatedStore(seed)
    store.storage.reorders = True
    logs, log = await opened(store, file_delete_delay_ms=60_000)
    await filled(log, *"abcdefgh")
    releasing = asyncio.ensure_future(log.release(log.bounds.start))
    for span in log.spans()[1:]:
        releasing = asyncio.ensure_future(log.release(span.base))
        for _ in range(store.random.randrange(30)):
            await asyncio.sleep(0)
        if store.random.random() < 0.5:
            break
        await releasing
    releasing.cancel()
    await store.crash(logs)  # type: ignore[arg-type]
    _, again = await opened(store, epoch=1)
    assert again.bounds.end == 24
    offsets = [
        offset for each in headers(await everything(again, again.bounds.local_start)) for offset in _offsets(each)
    ]
    assert offsets == list(range(again.bounds.local_start, 24))


def _offsets(header: BatchHeader) -> range:
    return range(header.base_offset, header.last_offset + 1)


def test_local_retention_is_the_logs_own_unless_it_is_set():
    assert LogSettings(retention_ms=5, retention_bytes=7).here_ms == 5
    settings = LogSettings(retention_ms=5, retention_bytes=7, local_retention_ms=-1, local_retention_bytes=3)
    assert (settings.here_ms, settings.here_bytes) == (-1, 3)


async def test_clients_are_refused_when_only_the_reserve_is_left_and_the_broker_is_not():
    store = SimulatedStore(reserve_bytes=1000)
    log = await open_log(await store.open())
    store.storage.bytes_max = store.storage.used + 1200
    await append(log, batch("a"))
    with pytest.raises(AppendFailed, match="no space"):
        await append(log, batch("b" * 200))
    await append(log, batch("b" * 200), origin=Origin.COORDINATOR)
    store.storage.bytes_max += 10_000
    await append(log, batch("c" * 200))
