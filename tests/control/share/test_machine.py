"""The share coordinator: who may write, what is written, and what a load makes of it."""

from hypothesis import given, settings, strategies as st
from msgspec.structs import replace
from tests.control.share.rig import KEY, TOPIC, WALL, Rig, initialize, read, write
from tests.control.share.test_batches import BATCHES, batch

from headwater.control.share.batches import StateBatch
from headwater.control.share.codec import ShareCodec
from headwater.control.share.errors import (
    FencedShareLeader,
    FencedStateEpoch,
    InvalidShareRequest,
    UnknownSharePartition,
)
from headwater.control.share.key import SharePartitionKey
from headwater.control.share.requests import DeleteState, ForgetTopics
from headwater.control.share.state import ShareRecord
from headwater.wire.error_codes import ErrorCode
from headwater.wire.records.share_snapshot_value import ShareSnapshotValue
from headwater.wire.records.share_update_value import ShareUpdateValue
from headwater.wire.types import Uuid


def initialized(**changed: int) -> Rig:
    rig = Rig((), **changed)
    assert rig.ask(initialize()) is None
    return rig


def kinds(log: list[ShareRecord]) -> list[type | None]:
    return [None if each.value is None else type(each.value) for each in log]


def test_what_a_leader_writes_the_next_leader_reads() -> None:
    rig = initialized()
    assert rig.ask(write(batch(0, 4, 2), batch(5, 9, 0), start=0, complete=5)) is None
    state = rig.ask(read(leader_epoch=1))
    assert state.batches == (batch(0, 4, 2), batch(5, 9, 0))
    assert (state.start_offset, state.delivery_complete, state.leader_epoch) == (0, 5, 1)


def test_a_leader_that_was_followed_by_another_is_fenced() -> None:
    rig = initialized()
    rig.ask(read(leader_epoch=4))
    assert rig.ask(write(batch(0, 4), leader_epoch=3)) == FencedShareLeader(3, 4)
    assert rig.ask(read(leader_epoch=3)) == FencedShareLeader(3, 4)
    assert rig.ask(write(batch(0, 4), leader_epoch=4)) is None


def test_who_has_not_heard_that_the_offsets_were_set_is_fenced() -> None:
    rig = initialized()
    rig.ask(write(batch(0, 4, 2)))
    assert rig.ask(initialize(epoch=2, start=100)) is None
    assert rig.ask(write(batch(0, 4, 2), epoch=1)) == FencedStateEpoch(1, 2)
    assert rig.ask(initialize(epoch=1)) == FencedStateEpoch(1, 2)
    state = rig.ask(read())
    assert (state.start_offset, state.state_epoch, state.batches) == (100, 2, ())


def test_nothing_is_read_or_written_before_it_was_initialized() -> None:
    rig = Rig()
    for request in (read(), write(batch(0, 4))):
        answer = rig.ask(request)
        assert isinstance(answer, InvalidShareRequest)
        assert answer.code == ErrorCode.INVALID_REQUEST
    assert rig.log == []


def test_partitions_that_are_not_there_are_refused() -> None:
    rig = Rig()
    key = replace(KEY, partition=3)
    assert rig.ask(initialize(key)) == UnknownSharePartition(key)
    assert isinstance(rig.ask(initialize(replace(KEY, partition=-1))), InvalidShareRequest)
    assert isinstance(rig.ask(initialize(epoch=-1)), InvalidShareRequest)


def test_a_start_that_was_passed_is_not_taken_back() -> None:
    rig = initialized()
    rig.ask(write(batch(10, 14, 0), start=10, complete=3))
    rig.ask(write(batch(5, 11, 2), start=5, complete=9))
    state = rig.ask(read())
    assert (state.start_offset, state.delivery_complete) == (10, 3)
    assert state.batches == (batch(10, 11, 2), batch(12, 14, 0))


def test_a_full_state_is_written_after_so_many_changes() -> None:
    rig = initialized(updates_per_snapshot=2)
    for offset in range(4):
        rig.ask(write(batch(offset, offset, 2)))
    assert kinds(rig.log) == [
        ShareSnapshotValue,
        ShareUpdateValue,
        ShareUpdateValue,
        ShareSnapshotValue,
        ShareUpdateValue,
    ]
    last = rig.log[3].value
    assert isinstance(last, ShareSnapshotValue)
    assert last.snapshot_epoch == 1
    assert len(last.state_batches) == 1


def test_a_deleted_share_partition_leaves_a_tombstone_and_an_unknown_one_nothing() -> None:
    rig = initialized()
    assert rig.ask(DeleteState(key=KEY)) is None
    assert rig.log[-1].value is None
    assert rig.machine.get(KEY) is None
    assert rig.ask(DeleteState(key=KEY)) is None
    assert len(rig.log) == 2


def test_topics_that_are_gone_take_their_share_partitions_along() -> None:
    rig = initialized()
    rig.topics[Uuid(bytes([2]) * 16)] = 1
    other = SharePartitionKey(group_id="workers", topic_id=Uuid(bytes([2]) * 16), partition=0)
    rig.ask(initialize(other))
    rig.ask(ForgetTopics(topic_ids=frozenset({TOPIC})))
    assert rig.machine.get(KEY) is None
    assert rig.machine.topic_ids() == [other.topic_id]


def test_cold_share_partitions_are_written_again_as_long_as_others_are_not_cold() -> None:
    rig = initialized(cold_snapshot_interval_ms=1_000)
    rig.pass_ms(1_000)
    again = rig.log[-1].value
    assert isinstance(again, ShareSnapshotValue)
    assert (again.create_timestamp, again.write_timestamp) == (WALL, WALL + 1_000)
    rig.pass_ms(10_000)
    assert len(rig.log) == 2


@settings(max_examples=40)
@given(st.lists(st.tuples(BATCHES, st.integers(0, 20), st.integers(0, 9)), max_size=8), st.integers(0, 3))
def test_a_load_from_records_or_a_snapshot_gives_the_same_state(
    writes: list[tuple[list[StateBatch], int, int]], updates_per_snapshot: int
) -> None:
    rig = initialized(updates_per_snapshot=updates_per_snapshot)
    for batches, start, complete in writes:
        assert rig.ask(write(*batches, start=start, complete=complete)) is None
    codec = ShareCodec()
    stored = [codec.decode(*codec.encode(each)) for each in rig.log]
    assert stored == rig.log
    assert Rig(rig.log).machine.get(KEY) == rig.machine.get(KEY)
    assert Rig(list(rig.machine.snapshot())).machine.get(KEY) == rig.machine.get(KEY)
