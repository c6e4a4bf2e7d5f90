"""Segments of message formats 0 and 1: served as they are, recovered, searched, continued and compacted."""

import json
from pathlib import Path
from random import Random

import pytest
from tests.contracts.log_store import NOON, append, batch, everything, open_log
from tests.contracts.segment_store import SegmentStore
from tests.contracts.test_journal import JsonCodec, loaded
from tests.log.compaction.rig import COMPACTED, compact, keyed
from tests.log.segments.old_formats import Pair, lay, messages

from headwater.kernel.units import MiB, Timestamp
from headwater.log.journals.coordinator import CoordinatorJournal
from headwater.log.port import Log
from headwater.wire.batch.attributes import Compression
from headwater.wire.batch.records import Record
from headwater.wire.batch.stored import iter_stored_headers, iter_stored_records
from headwater.wire.types import Offset

FORMATS = [
    (0, Compression.NONE),
    (0, Compression.GZIP),
    (0, Compression.SNAPPY),
    (1, Compression.NONE),
    (1, Compression.GZIP),
    (1, Compression.LZ4),
]
OLD: list[Pair] = [("a", "1"), ("b", "2"), (None, "3"), ("c", None), ("a", "5")]
DAY_MS = 86_400_000


async def read(log: Log) -> list[Record]:
    data = await everything(log)
    return [
        record
        for at, header in iter_stored_headers(data)
        for record in iter_stored_records(data[at : at + header.size], header, decompressed_max=MiB)
    ]


def pairs_of(records: list[Record]) -> list[Pair]:
    return [(_text(each.key), _text(each.value)) for each in records]


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode()


@pytest.mark.parametrize(("magic", "codec"), FORMATS)
async def test_what_is_old_is_served_byte_for_byte_and_continued(tmp_path: Path, magic: int, codec: Compression):
    store = SegmentStore(tmp_path)
    first, second = (messages(magic, codec, OLD, base=base) for base in (0, 5))
    lay(store, (0, first), (5, second))
    for _ in range(2):
        logs = await store.open()
        log = await open_log(logs, epoch=3)
        assert (await everything(log)).startswith(first + second)
        await append(log, batch("new"))
        await logs.close()
    logs = await store.open()
    log = await open_log(logs, epoch=3)
    found = await read(log)
    assert [each.offset for each in found] == list(range(12))
    assert pairs_of(found) == [*OLD, *OLD, ("new", "new"), ("new", "new")]
    assert [each.epoch for each in log.bounds.epochs] == [3]


@pytest.mark.parametrize(("magic", "codec"), FORMATS)
async def test_every_offset_is_found_and_a_torn_tail_is_cut_off(tmp_path: Path, magic: int, codec: Compression):
    store = SegmentStore(tmp_path)
    *sets, cut = [messages(magic, codec, OLD, base=base) for base in range(0, 5_005, 5)]
    whole = b"".join(sets)
    folder = lay(store, (0, whole + cut[:-1]))
    logs = await store.open()
    log = await open_log(logs)
    assert (await everything(log, 4_995)).startswith(sets[-1])
    for offset in (0, 1, 2_499, 4_997):
        data = bytes((await log.read(Offset(offset), bytes_max=1)).data[0])
        (_, header), *_ = iter_stored_headers(data)
        offsets = [each.offset for each in iter_stored_records(data[: header.size], header, decompressed_max=MiB)]
        assert offset in offsets
    kept = (folder / "00000000000000000000.log").read_bytes()
    assert kept.startswith(whole)
    assert log.bounds.end == 5_000 + len(kept[len(whole) :] and OLD[:-1])


async def test_format_1_is_searched_by_time_and_format_0_has_none(tmp_path: Path):
    store = SegmentStore(tmp_path)
    old = messages(0, Compression.NONE, OLD, base=0)
    timed = messages(1, Compression.GZIP, OLD, base=5, at=NOON) + messages(
        1, Compression.NONE, OLD, base=10, at=NOON + 50
    )
    lay(store, (0, old), (5, timed))
    log = await open_log(await store.open())
    for since, offset, time in ((0, 5, NOON), (NOON + 2, 7, NOON + 2), (NOON + 5, 10, NOON + 50)):
        found = await log.find_time(Timestamp(since))
        assert found is not None
        assert (found.offset, found.timestamp, found.epoch) == (offset, time, -1)
    latest = await log.find_latest_time()
    assert latest is not None
    assert latest.offset == 14
    assert await log.find_time(Timestamp(NOON + 55)) is None


async def test_a_coordinators_topic_is_loaded_from_old_messages(tmp_path: Path):
    store = SegmentStore(tmp_path)
    lay(store, (0, messages(1, Compression.GZIP, [("+", json.dumps(["a"])), ("+", json.dumps(["b"]))], base=0)))
    journal = CoordinatorJournal(await open_log(await store.open()), JsonCodec())
    assert await loaded(journal) == (2, [("+", "a"), ("+", "b")])


@pytest.mark.parametrize("seed", range(20))
async def test_of_each_key_the_last_value_stays_whatever_the_format(tmp_path: Path, seed: int):
    store, random = SegmentStore(tmp_path), Random(seed)
    written: list[Pair] = []
    segments: list[tuple[int, bytes]] = []
    for _ in range(8):
        pairs: list[Pair] = [
            (random.choice("abcdef"), random.choice([None, f"{random.random()}"])) for _ in range(random.randint(1, 9))
        ]
        magic, codec = random.choice(FORMATS)
        segments.append((len(written), messages(magic, codec, pairs, base=len(written))))
        written += pairs
    lay(store, *segments)
    log = await open_log(await store.open(), **COMPACTED)
    for value in "x", "y":
        await append(log, keyed(("g", value * 300)))
    before = await read(log)
    for _ in range(3):
        await compact(log, now=NOON + 10 * DAY_MS)
    after = await read(log)
    assert [each for each in after if each not in before] == []
    last = dict(pairs_of(before))
    left = pairs_of(after)[:-2]
    assert sorted(left) == sorted((key, value) for key, value in last.items() if value is not None and key != "g")


async def test_a_tombstone_of_an_old_format_goes_after_its_time(tmp_path: Path):
    store = SegmentStore(tmp_path)
    pairs: list[Pair] = [("a", "1"), ("a", None), ("b", "2")]
    lay(
        store,
        (0, messages(1, Compression.GZIP, pairs, base=0)),
        (3, messages(1, Compression.NONE, [("c", "3")], base=3)),
    )
    log = await open_log(await store.open(), **COMPACTED)
    await append(log, keyed(("d", "4")))
    await append(log, keyed(("e", "x" * 300)))
    await compact(log, now=NOON)
    assert ("a", None) in pairs_of(await read(log))
    await append(log, keyed(("e", "y" * 300)))
    await append(log, keyed(("e", "z" * 300)))
    await compact(log, now=NOON + DAY_MS)
    assert "a" not in dict(pairs_of(await read(log)))
