"""What KRaft keeps beside the metadata log, from one start to the next."""

import json
from pathlib import Path

import pytest
from tests.contracts.log_store import append, batch, contents
from tests.contracts.segment_store import SegmentStore

from headwater.log.errors import StorageFailed
from headwater.log.port import Origin
from headwater.log.segments.metadata_log import METADATA_PARTITION, metadata_folder, open_metadata_log
from headwater.log.segments.names import folder_name
from headwater.wire.types import NodeId, uuid_text


async def test_every_start_is_a_new_epoch_that_quorum_state_tells_first(tmp_path: Path):
    store = SegmentStore(tmp_path)
    for epoch in (1, 2, 3):
        logs = await store.open()
        log = await open_metadata_log(logs, store.world, str(store.root), node=NodeId(7))
        assert log.bounds.epoch == epoch
        state = json.loads((Path(metadata_folder(str(store.root))) / "quorum-state").read_text())
        assert (state["leaderId"], state["leaderEpoch"], state["data_version"]) == (7, epoch, 0)
        if epoch == 2:
            await append(log, batch("a"), origin=Origin.COORDINATOR)
            await store.crash(logs)
        else:
            await logs.close()


async def test_the_metadata_log_has_kafkas_name_and_id_and_is_no_partition_of_a_topic(tmp_path: Path):
    store = SegmentStore(tmp_path)
    logs = await store.open()
    await open_metadata_log(logs, store.world, str(store.root), node=NodeId(1))
    assert folder_name(METADATA_PARTITION) == "__cluster_metadata-0"
    assert uuid_text(METADATA_PARTITION.topic_id) == "AAAAAAAAAAAAAAAAAAAAAQ"
    await logs.close()
    logs = await store.open()
    assert logs.stored() == []
    await logs.close()


async def test_records_without_the_epoch_that_they_belong_to_are_refused_and_not_cut_off(tmp_path: Path):
    store = SegmentStore(tmp_path)
    logs = await store.open()
    log = await open_metadata_log(logs, store.world, str(store.root), node=NodeId(1))
    await append(log, batch("a"), origin=Origin.COORDINATOR)
    await store.crash(logs)
    state = store.root / "__cluster_metadata-0" / "quorum-state"
    kept = state.read_bytes()
    state.unlink()
    logs = await store.open()
    with pytest.raises(StorageFailed, match="quorum-state"):
        await open_metadata_log(logs, store.world, str(store.root), node=NodeId(1))
    await logs.fail("the start was not completed")
    state.write_bytes(kept)
    logs = await store.open()
    log = await open_metadata_log(logs, store.world, str(store.root), node=NodeId(1))
    assert await contents(log) == ["a"]
    await logs.close()
