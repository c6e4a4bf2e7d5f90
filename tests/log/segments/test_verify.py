"""A log's files, whole and damaged in every way, and what is found."""

import asyncio
from pathlib import Path

import pytest
from tests.contracts.log_store import NOON, append, batch, marker, open_log, sequenced
from tests.contracts.segment_store import SegmentStore
from tests.log.segments.old_formats import lay, messages

from headwater.kernel.real.disk import RealDisk
from headwater.log.port import Origin
from headwater.log.segments.verify import Verified, verify_log
from headwater.wire.batch.attributes import Compression

FIRST = "00000000000000000000"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = SegmentStore(tmp_path)
    asyncio.run(fill(store))
    return store.root / "orders-0"


async def fill(store: SegmentStore) -> None:
    """60 batches in several segments, one of them aborted, with an index entry for each."""
    logs = await store.open()
    log = await open_log(logs, segment_bytes=1_000, index_interval_bytes=0)
    for number in range(60):
        await append(log, batch(f"{number}", at=NOON + number))
    await append(log, sequenced("void", sequence=0, transactional=True))
    await append(log, marker(7, committed=False), origin=Origin.COORDINATOR)
    await logs.close()


def verified(folder: Path, *, opens_records: bool = True) -> Verified:
    return verify_log(RealDisk(), str(folder), opens_records=opens_records)


def reasons(folder: Path) -> list[str]:
    return [each.reason for each in verified(folder).problems]


def change(path: Path, at: int, data: bytes) -> None:
    whole = bytearray(path.read_bytes())
    whole[at : at + len(data)] = data
    path.write_bytes(whole)


def test_what_we_wrote_is_right(folder: Path):
    found = verified(folder)
    assert found.problems == ()
    assert (found.start, found.end, found.batches) == (0, 62, 62)
    assert found.segments > 3
    assert found.bytes == sum(each.stat().st_size for each in folder.glob("*.log"))


def test_old_formats_are_right_too(tmp_path: Path):
    store = SegmentStore(tmp_path)
    pairs: list[tuple[str | None, str | None]] = [("a", "1"), ("b", None)]
    old = messages(0, Compression.NONE, pairs, base=0) + messages(1, Compression.GZIP, pairs, base=2)
    assert verified(lay(store, (0, old))).problems == ()


def test_a_changed_byte_is_found_and_what_follows_is_still_read(folder: Path):
    change(folder / f"{FIRST}.log", 68, b"\xff")
    found = verified(folder)
    assert [(each.position, "CRC-32C" in each.reason) for each in found.problems] == [(0, True)]
    assert found.batches == 62


def test_a_torn_end_is_found(folder: Path):
    last = max(folder.glob("*.log"))
    last.write_bytes(last.read_bytes()[:-1])
    assert any("are left" in each for each in reasons(folder))


def test_what_is_no_batch_is_found(folder: Path):
    last = max(folder.glob("*.log"))
    last.write_bytes(last.read_bytes() + b"\x09" * 100)
    assert any("magic 9" in each for each in reasons(folder))


def test_offsets_that_go_back_are_found(folder: Path):
    last = max(folder.glob("*.log"))
    last.write_bytes(last.read_bytes() * 2)
    assert any("and the one before ended at 62" in each for each in reasons(folder))


def test_a_segment_that_begins_too_early_is_found(folder: Path):
    _, second, *_ = sorted(folder.glob("*.log"))
    second.rename(folder / "00000000000000000002.log")
    assert any("it begins at 2, and the one before ends at" in each for each in reasons(folder))


@pytest.mark.parametrize(
    ("suffix", "at", "data", "reason"),
    [
        ("index", 4, b"\0\0\0\x01", "where no batch begins"),
        ("index", 0, b"\0\0\0\x00", "where a later batch begins"),
        ("index", 8, b"\xff\xff\xff\x00", "comes after one for"),
        ("timeindex", 0, b"\0" * 7 + b"\x01", "nothing is said to be later than 1"),
        ("timeindex", 12, b"\0" * 7 + b"\x01", "comes after one for"),
    ],
)
def test_an_entry_that_leads_astray_is_found(folder: Path, suffix: str, at: int, data: bytes, reason: str):
    change(folder / f"{FIRST}.{suffix}", at, data)
    assert any(reason in each for each in reasons(folder))


def test_an_aborted_transaction_of_another_segment_is_found(folder: Path):
    (index,) = folder.glob("*.txnindex")
    index.rename(folder / f"{FIRST}.txnindex")
    assert any("not in this segment" in each for each in reasons(folder))
