"""What "works" means for a journal: records come back as they were appended, two writers never both succeed, and a
snapshot changes what is read but not what it says."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import pytest
from tests.contracts.log_store import NOON, MemoryStore, SetClock, Store, append, batch, everything, headers, open_log
from tests.contracts.segment_store import SegmentStore
from tests.contracts.topic_store import TOPIC, OverTopic
from tests.log.compaction.rig import compact
from tests.machine.toy import Register, Store as ToyStore, ToyJournal, outcome

from headwater.client.producer import Producer
from headwater.kernel.real.disk import RealDisk
from headwater.kernel.units import Timestamp
from headwater.log.errors import OffsetOutOfRange
from headwater.log.journals.checkpoints import CheckpointFiles, SnapshotId
from headwater.log.journals.coordinator import CoordinatorJournal
from headwater.log.journals.metadata import MetadataJournal
from headwater.log.port import Log, Logs, Origin
from headwater.machine.decision import Record
from headwater.machine.errors import Conflict, Fenced, UnreadableRecord
from headwater.machine.journal import Journal, SnapshotJournal
from headwater.machine.transactional import InTransaction, TransactionEnd
from headwater.wire.batch.builder import NewRecord
from headwater.wire.batch.control import ControlType, build_control_batch
from headwater.wire.batch.header import iter_headers
from headwater.wire.codec import encode_bytes
from headwater.wire.errors import CorruptBatch
from headwater.wire.records.kraft_version_record import KRaftVersionRecord
from headwater.wire.records.voters_record import Voter, VotersRecord
from headwater.wire.types import NodeId, Offset, ProducerEpoch, ProducerId, Uuid


class JsonCodec:
    """Records are lists of texts; `"?"` begins one of an unknown type."""

    def encode(self, record: Record) -> tuple[bytes | None, bytes | None]:
        return record[0].encode(), json.dumps(record[1:]).encode()

    def decode(self, key: bytes | None, value: bytes | None, _: Timestamp = NOON) -> Record | None:
        if key == b"?":
            return None
        try:
            return ((key or b"").decode(), *json.loads(value or b""))
        except ValueError:
            raise CorruptBatch("no JSON") from None


class Opened(Protocol):
    """Makes journals over one storage: each is another writer."""

    async def open(self) -> Journal: ...


async def loaded(journal: Journal, *, until: Offset | None = None) -> tuple[Offset, list[Record]]:
    records: list[Record] = []
    end = await journal.load(records.append, until=until)
    return end, records


async def written(journal: Journal, *decisions: Sequence[Record]) -> Offset:
    end, _ = await loaded(journal)
    return await journal.append(decisions, expected_end=end, now=NOON)


def added(*items: str) -> list[Record]:
    return [("+", item) for item in items]


def keeping(journal: Journal) -> SnapshotJournal:
    assert isinstance(journal, SnapshotJournal)
    return journal


def in_transaction(producer: int, item: str) -> InTransaction:
    return InTransaction(producer_id=ProducerId(producer), producer_epoch=ProducerEpoch(5), record=("+", item))


def end_of(producer: int, *, committed: bool) -> TransactionEnd:
    return TransactionEnd(
        producer_id=ProducerId(producer), producer_epoch=ProducerEpoch(5), committed=committed, coordinator_epoch=3
    )


async def state(journal: Journal) -> dict[str, int]:
    machine = Register()
    await journal.load(machine.replay)
    return machine.items


class JournalContract:
    """Subclasses give the fixture `opened`."""

    besides = 0
    """Offsets that an append takes beside those of its records."""

    async def test_an_empty_journal_loads(self, opened: Opened):
        _, records = await loaded(await opened.open())
        assert records == []

    async def test_records_come_back_in_order(self, opened: Opened):
        end = await written(await opened.open(), added("a", "b"), added("c"), [("-", "a")])
        again, records = await loaded(await opened.open())
        assert records == [*added("a", "b", "c"), ("-", "a")]
        assert again >= end

    async def test_each_record_takes_an_offset(self, opened: Opened):
        journal = await opened.open()
        start, _ = await loaded(journal)
        end = await journal.append([added("a", "b"), added("c")], expected_end=start, now=NOON)
        assert end == start + 3 + self.besides
        assert await journal.append([added("d")], expected_end=end, now=NOON) == end + 1 + self.besides

    async def test_nothing_to_append_changes_nothing(self, opened: Opened):
        end = await written(await opened.open(), added("a"))
        journal = await opened.open()
        assert await journal.append([], expected_end=end, now=NOON) == end
        assert (await loaded(journal))[1] == added("a")

    async def test_a_writer_that_was_overtaken_learns_of_it_and_finds_what_the_other_wrote(self, opened: Opened):
        one, two = await opened.open(), await opened.open()
        end, _ = await loaded(two)
        await written(one, added("a"))
        with pytest.raises((Conflict, Fenced)):
            await two.append([added("b")], expected_end=end, now=NOON)
        await written(await opened.open(), added("c"))
        assert (await loaded(await opened.open()))[1] == added("a", "c")

    async def test_a_load_stops_where_it_is_told(self, opened: Opened):
        journal = await opened.open()
        middle = await written(journal, added("a", "b"))
        await written(journal, added("c"))
        assert await loaded(journal, until=middle) == (middle, added("a", "b"))

    async def test_a_long_load_lets_the_loop_breathe(self, opened: Opened):
        journal = await opened.open()
        await written(journal, *(added(*(f"{n}/{m}" for m in range(50))) for n in range(60)))
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.create_task(count())
        await loaded(journal)
        counting.cancel()
        assert turns >= 6


class SnapshotContract(JournalContract):
    """For journals that keep snapshots."""

    async def test_a_snapshot_changes_what_is_read_but_not_what_it_says(self, opened: Opened):
        journal = keeping(await opened.open())
        for number in range(50):
            await written(journal, added(f"{number}"), [("-", f"{number}")] if number % 10 else [])
        end, records = await loaded(journal)
        before = await state(journal)
        point = journal.reducible()
        machine = Register()
        await journal.load(machine.replay, until=point.end)
        await journal.write_snapshot(machine.snapshot(), end=point.end, now=NOON)
        assert journal.reducible().records < point.records
        for again in (journal, await opened.open()):
            assert await state(again) == before
            again_end, again_records = await loaded(again)
            assert again_end == end
            assert len(again_records) < len(records) / 2
        await written(journal, added("after"))
        assert await state(await opened.open()) == {**before, "after": 50}


def put(path: Path, data: bytes) -> None:
    path.write_bytes(data)


class OverLog:
    """Journals over one log; each opens the storage anew where the engine shares it."""

    def __init__(self, store: Store, make: Callable[[Log], Journal], **settings: Any) -> None:
        self._store = store
        self._make = make
        self._settings = settings
        self._logs: Logs | None = None

    async def log(self) -> Log:
        if self._logs is None or isinstance(self._store, MemoryStore):
            self._logs = await self._store.open()
        return await open_log(self._logs, epoch=3, **self._settings)

    async def open(self) -> Journal:
        return self._make(await self.log())


def over_coordinator(store: Store) -> OverLog:
    return OverLog(store, lambda log: CoordinatorJournal(log, JsonCodec()), segment_bytes=500)


def over_metadata(store: Store, folder: Path) -> OverLog:
    snapshots = CheckpointFiles(RealDisk(), str(folder))
    return OverLog(
        store,
        lambda log: MetadataJournal(log, JsonCodec(), snapshots, node_id=NodeId(1), clock=SetClock()),
        segment_bytes=500,
    )


class TestCoordinator(JournalContract):
    @pytest.fixture
    def opened(self) -> OverLog:
        return over_coordinator(MemoryStore())

    async def test_the_records_of_a_decision_share_a_batch(self, opened: OverLog):
        await written(await opened.open(), added("a", "b"), added("c" * 100_000, "d"), added("e"))
        found = headers(await everything(await opened.log()))
        assert [header.record_count for header in found] == [4, 1]

    async def test_records_of_transactions_come_back_as_such_with_their_ends(self, opened: OverLog):
        decisions = [
            added("a"),
            [in_transaction(1, "b"), in_transaction(1, "c")],
            [in_transaction(2, "d")],
            [end_of(1, committed=True)],
            added("e"),
            [end_of(2, committed=False)],
        ]
        await written(await opened.open(), *decisions)
        assert (await loaded(await opened.open()))[1] == [record for decision in decisions for record in decision]
        log = await opened.log()
        assert [each.producer_id for each in log.producers()] == [1, 2]
        assert log.bounds.last_stable == log.bounds.end == 7

    async def test_a_record_of_an_unknown_type_is_skipped_and_counted(self, opened: OverLog):
        journal = CoordinatorJournal(await opened.log(), JsonCodec())
        await written(journal, added("a"), [("?", "new")], added("b"))
        assert (await loaded(journal))[1] == added("a", "b")
        assert journal.skipped == 1

    async def test_a_record_that_contradicts_its_type_stops_the_load_and_is_named(self, opened: OverLog):
        log = await opened.log()
        await append(log, batch("not JSON", "nor this"))
        with pytest.raises(UnreadableRecord) as unreadable:
            await loaded(await opened.open())
        assert unreadable.value.offset == 0

    async def test_a_load_finds_the_state_while_its_log_is_compacted(self, opened: OverLog):
        log = await opened.log()
        for number in range(60):
            await written(await opened.open(), [(f"{number % 5}", number)], [("last", number)])
        before = log.size
        compacting = asyncio.create_task(compact(log))
        while not compacting.done():
            _, records = await loaded(await opened.open())
            assert dict(records) == {**{f"{number % 5}": number for number in range(55, 60)}, "last": 59}
            await asyncio.sleep(0)
        await compacting
        assert log.size < before / 3
        assert (await loaded(await opened.open()))[0] == log.bounds.high_watermark


class TestMetadata(SnapshotContract):
    @pytest.fixture
    def snapshots(self, tmp_path: Path) -> Path:
        folder = tmp_path / "snapshots"
        folder.mkdir()
        return folder

    @pytest.fixture
    def opened(self, snapshots: Path, tmp_path: Path) -> OverLog:
        return over_metadata(MemoryStore(), snapshots)

    async def test_an_epoch_begins_with_its_leader_and_only_once(self, opened: OverLog):
        await written(await opened.open(), added("a"))
        await written(await opened.open(), added("b"))
        found = headers(await everything(await opened.log()))
        assert [header.is_control for header in found] == [True, False, False]

    async def test_a_record_of_an_unknown_type_stops_the_load_and_is_named(self, opened: OverLog):
        journal = await opened.open()
        await written(journal, added("a"), [("?", "new")])
        with pytest.raises(UnreadableRecord) as unreadable:
            await loaded(journal)
        assert unreadable.value.offset == 2

    async def test_a_snapshot_is_named_as_kraft_names_it_and_the_log_begins_where_it_ends(
        self, opened: OverLog, snapshots: Path
    ):
        journal = keeping(await opened.open())
        for items in (("a", "b"), ("c",)):
            end = await written(journal, added(*items))
            await journal.write_snapshot(added(*items), end=end, now=NOON)
        disk = RealDisk()
        (name,) = disk.list(str(snapshots))
        assert name == "00000000000000000004-0000000003.checkpoint"
        found = headers(disk.read(f"{snapshots}/{name}"))
        assert [(header.is_control, header.base_offset) for header in found] == [(True, 0), (False, 1), (True, 2)]
        assert (await opened.log()).bounds.start == 4

    async def test_what_the_log_says_of_its_quorum_is_repeated_in_each_snapshot(self, opened: OverLog, snapshots: Path):
        journal = keeping(await opened.open())
        await written(journal, added("a"))
        voters = VotersRecord(voters=(Voter(voter_id=1, voter_directory_id=Uuid(bytes([9]) * 16)),))
        said = [
            (ControlType.KRAFT_VERSION, encode_bytes(KRaftVersionRecord(kraft_version=1), 0)),
            (ControlType.KRAFT_VOTERS, encode_bytes(voters, 0)),
        ]
        log = await opened.log()
        await log.append([memoryview(build_control_batch(said, timestamp=NOON))], origin=Origin.COORDINATOR)
        journal = keeping(await opened.open())
        end = (await loaded(journal))[0]
        await journal.write_snapshot(added("a"), end=end, now=NOON)
        again = keeping(await opened.open())
        assert (await loaded(again))[1] == added("a")
        assert isinstance(again, MetadataJournal)
        assert (again.quorum.kraft_version, again.quorum.voters) == (1, voters)

    async def test_a_snapshot_that_is_cut_off_or_damaged_is_refused(self, opened: OverLog, snapshots: Path):
        journal = keeping(await opened.open())
        items = added(*(f"{n}" for n in range(1000)))
        end = await written(journal, items)
        await journal.write_snapshot(items, end=end, now=NOON)
        disk = RealDisk()
        (name,) = disk.list(str(snapshots))
        whole = disk.read(f"{snapshots}/{name}")
        found = list(iter_headers(whole))
        for wrong in (
            whole[:-1],
            whole[: found[-1][0]],
            whole[: found[1][0] + 100],
            whole.replace(b"999", b"998"),
            b"",
        ):
            put(snapshots / name, wrong)
            with pytest.raises(UnreadableRecord):
                await loaded(await opened.open())
        put(snapshots / name, whole)
        assert (await loaded(await opened.open()))[1] == items

    async def test_a_load_that_a_new_snapshot_overtakes_does_not_skip_what_that_one_holds(
        self, opened: OverLog, monkeypatch: pytest.MonkeyPatch
    ):
        async def write_at_once(self: CheckpointFiles, snapshot: SnapshotId, data: bytes) -> None:
            put(Path(self._path(snapshot)), data)

        monkeypatch.setattr(CheckpointFiles, "write", write_at_once)
        journal = keeping(await opened.open())
        many = added(*(f"{n}" for n in range(10_000)))
        end = await written(journal, many)
        await journal.write_snapshot(many, end=end, now=NOON)
        end = await written(journal, added("later"))
        machine = Register()
        loading = asyncio.create_task(journal.load(machine.replay))
        await asyncio.sleep(0)
        await journal.write_snapshot(added("later"), end=end, now=NOON)
        overtaken = isinstance(await outcome(loading), OffsetOutOfRange | UnreadableRecord)
        assert overtaken or len(machine.items) == len(many) + 1, "a load that was faster has everything"


class TestTopic(JournalContract):
    """Over Kafka's protocol, with a broker behind it."""

    besides = 1

    @pytest.fixture
    def opened(self, tmp_path: Path) -> OverTopic:
        return OverTopic(tmp_path, JsonCodec())

    async def test_a_writer_that_was_fenced_can_not_come_back_by_loading(self, opened: OverTopic):
        one, two = await opened.open(), await opened.open()
        await written(one, added("a"))
        end, _ = await loaded(two)
        for _ in range(2):
            with pytest.raises(Fenced):
                await loaded(one)
        await two.append([added("b")], expected_end=end, now=NOON)
        assert (await loaded(await opened.open()))[1] == added("a", "b")

    async def test_a_record_that_comes_from_somebody_without_transactions_is_a_conflict(self, opened: OverTopic):
        journal = await opened.open()
        end = await written(journal, added("a"))
        await Producer(await opened.cluster()).send(TOPIC, 0, [NewRecord(key=b"+", value=b'["theirs"]')])
        with pytest.raises(Conflict):
            await journal.append([added("b")], expected_end=end, now=NOON)
        end, records = await loaded(journal)
        assert records == added("a", "theirs")
        await journal.append([added("b")], expected_end=end, now=NOON)
        assert (await loaded(journal))[1] == added("a", "theirs", "b")

    async def test_what_is_larger_than_a_batch_is_still_one_append(self, opened: OverTopic):
        journal = await opened.open()
        items = [letter * 50_000 for letter in "abcde"]
        await written(journal, *(added(each) for each in items))
        assert (await loaded(journal))[1] == added(*items)

    async def test_an_append_that_was_left_in_the_middle_counts_whole_or_not_at_all(self, opened: OverTopic):
        journal = await opened.open()
        end, _ = await loaded(journal)
        for turns in range(0, 60, 3):
            appending = asyncio.create_task(journal.append([added(f"{turns}", "!")], expected_end=end, now=NOON))
            for _ in range(turns):
                await asyncio.sleep(0)
            appending.cancel()
            await asyncio.wait([appending])
            end, records = await loaded(journal)
            assert records == added(*(part for _, each in records[::2] for part in (each, "!")))


class TestCoordinatorInSegments(TestCoordinator):
    @pytest.fixture
    def opened(self, tmp_path: Path) -> OverLog:
        return over_coordinator(SegmentStore(tmp_path))


class TestMetadataInSegments(TestMetadata):
    @pytest.fixture
    def opened(self, snapshots: Path, tmp_path: Path) -> OverLog:
        return over_metadata(SegmentStore(tmp_path / "logs"), snapshots)


class TestToy(SnapshotContract):
    """The journal that the runtime's own tests use keeps the same word."""

    @pytest.fixture
    def opened(self) -> Opened:
        store = ToyStore()

        class Toys:
            async def open(self) -> Journal:
                return ToyJournal(store, delay=lambda: 0)

        return Toys()
