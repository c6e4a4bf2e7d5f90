"""One partition is tended: what is copied, what goes, and what becomes of every step that fails, or that a kill comes after."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.broker.tiering.rig import SETTINGS, Rig
from tests.contracts.log_store import everything, values

from headwater.broker.tiering.mover import FORESEEN
from headwater.control.tiering.states import SegmentState
from headwater.log.errors import ObjectStoreFailed
from headwater.log.tiering.names import all_names
from headwater.wire.types import Offset

LETTERS = "abcdefghijkl"


def expected() -> list[str]:
    return [letter * 100 for letter in LETTERS]


def orphans(rig: Rig) -> list[str]:
    held = rig.metadata.held(rig.log.partition)
    known = {name for each in held.in_state(*SegmentState) for name in all_names(each)}
    return [name for name in rig.store.objects if name not in known]


def unfinished(rig: Rig) -> int:
    held = rig.metadata.held(rig.log.partition)
    return len(held.segments) - len(held.in_state(SegmentState.COPY_SEGMENT_FINISHED))


async def test_what_is_closed_is_copied_and_goes(tmp_path: Path):
    rig = Rig(tmp_path)
    async with rig.life():
        await rig.fill(*LETTERS)
        await rig.tend()
        assert len(rig.log.local.spans()) == 1
        assert rig.log.bounds.tiered_end == rig.log.bounds.local_start
        assert values(await everything(rig.log)) == expected()
        assert rig.tender.segments_copied == len(rig.log.remote) > 3
    async with rig.life():
        assert values(await everything(rig.log)) == expected()


async def test_a_second_look_finds_nothing_to_do(tmp_path: Path):
    rig = Rig(tmp_path)
    async with rig.life():
        await rig.fill(*LETTERS)
        await rig.tend()
        changes = rig.store.changes
        await rig.tend()
        assert rig.store.changes == changes


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("fails_at", range(1, 16))
async def test_whichever_request_fails_nothing_is_lost_and_nothing_is_left_over(
    tmp_path: Path, fails_at: int, done: bool, killed: bool
):
    rig = Rig(tmp_path)
    rig.store.fails_at, rig.store.done = fails_at, done
    async with rig.life(killed=killed):
        await rig.fill(*LETTERS)
        with pytest.raises(ObjectStoreFailed):
            await rig.tend()
        assert rig.log.bounds.local_start <= (rig.log.bounds.tiered_end or 0)
        rig.store.fails_at = None
        assert values(await everything(rig.log)) == expected()
    async with rig.life():
        await rig.tend()
        assert unfinished(rig) == 0
        assert orphans(rig) == []
        assert values(await everything(rig.log)) == expected()
        assert len(rig.log.local.spans()) == 1


@pytest.mark.parametrize("fails_at", range(1, 20, 3))
async def test_whichever_deletion_fails_it_is_finished_later(tmp_path: Path, fails_at: int):
    rig = Rig(tmp_path)
    async with rig.life():
        await rig.fill(*LETTERS)
        await rig.tend()
        await rig.log.trim(Offset(9))
        rig.store.changes, rig.store.fails_at = 0, fails_at
        with pytest.raises(FORESEEN):
            await rig.tend()
    rig.store.fails_at = None
    async with rig.life():
        await rig.tend()
        assert unfinished(rig) == 0
        assert orphans(rig) == []
        assert rig.log.bounds.start == 9
        assert values(await everything(rig.log)) == expected()[9:]
        assert all(each.end > 9 for each in rig.log.remote)


async def test_nothing_is_read_of_a_segment_that_is_being_deleted(tmp_path: Path):
    rig = Rig(tmp_path)
    async with rig.life():
        await rig.fill(*LETTERS)
        await rig.tend()
        segment = next(iter(rig.log.remote))
        await rig.metadata.begin_deletion((segment,))
        assert rig.log.remote.holding(Offset(0)) is None


async def test_with_copying_disabled_what_is_there_stays_and_nothing_comes(tmp_path: Path):
    rig = Rig(tmp_path)
    async with rig.life():
        await rig.fill(*LETTERS)
        await rig.tend()
        copied = len(rig.log.remote)
        rig.log.configure(replace(SETTINGS, remote_copy_disable=True, local_retention_bytes=-2))
        await rig.fill(*LETTERS)
        await rig.tend()
        assert len(rig.log.remote) == copied
        assert values(await everything(rig.log)) == expected() * 2


async def test_disabled_remote_storage_is_emptied_and_the_log_begins_here(tmp_path: Path):
    rig = Rig(tmp_path)
    async with rig.life():
        await rig.fill(*LETTERS)
        await rig.tend()
        rig.log.configure(replace(SETTINGS, remote_storage=False, remote_delete_on_disable=True))
        await rig.tend()
        assert rig.store.objects == {}
        assert rig.log.bounds.start == rig.log.bounds.local_start > 0
        assert rig.log.bounds.tiered_end is None


async def test_a_partition_whose_topic_is_gone_is_buried_even_if_that_is_interrupted(tmp_path: Path):
    rig = Rig(tmp_path)
    async with rig.life():
        await rig.fill(*LETTERS)
        await rig.tend()
        rig.store.changes, rig.store.fails_at = 0, 5
        with pytest.raises(ObjectStoreFailed):
            await rig.deletion.bury(rig.metadata.held(rig.log.partition))
    rig.store.fails_at = None
    async with rig.life():
        await rig.deletion.bury(rig.metadata.held(rig.log.partition))
        assert rig.store.objects == {}
        assert rig.metadata.all() == []
