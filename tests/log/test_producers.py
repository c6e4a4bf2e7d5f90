"""The rules of KIP-98 for one log, as every engine applies them."""

import pytest
from hypothesis import given, strategies as st

from headwater.kernel.units import Timestamp
from headwater.log.errors import (
    DuplicateSequence,
    FencedCoordinator,
    FencedProducer,
    InvalidTransaction,
    OutOfOrderSequence,
)
from headwater.log.port import AbortedTransaction, Origin
from headwater.log.producers import Producers, marker_of
from headwater.wire.batch.attributes import TRANSACTIONAL_BIT
from headwater.wire.batch.control import EndOfTransaction, build_end_of_transaction
from headwater.wire.batch.header import BatchHeader, read_header
from headwater.wire.types import Offset, ProducerEpoch, ProducerId, Sequence

LAST_SEQUENCE = 2**31 - 1
COMMIT = EndOfTransaction(committed=True, coordinator_epoch=0)
ABORT = EndOfTransaction(committed=False, coordinator_epoch=0)


def batch(
    sequence: int, *, count: int = 1, epoch: int = 0, producer: int = 7, transactional: bool = False
) -> BatchHeader:
    return BatchHeader(
        attributes=TRANSACTIONAL_BIT if transactional else 0,
        last_offset_delta=count - 1,
        record_count=count,
        max_timestamp=Timestamp(1_000),
        producer_id=ProducerId(producer),
        producer_epoch=ProducerEpoch(epoch),
        base_sequence=Sequence(sequence),
    )


def marker(*, epoch: int = 0, producer: int = 7) -> BatchHeader:
    built = build_end_of_transaction(
        COMMIT, producer_id=ProducerId(producer), producer_epoch=ProducerEpoch(epoch), timestamp=Timestamp(2_000)
    )
    return read_header(bytes(built))


def with_batches(*headers: BatchHeader) -> Producers:
    producers = Producers()
    for header in headers:
        append(producers, header)
    return producers


def append(producers: Producers, header: BatchHeader, at: int | None = None) -> None:
    assert producers.check(header, origin=Origin.CLIENT) is None
    end = max((state.last_offset + 1 for state in producers.states()), default=0)
    producers.replay(header, Offset(end if at is None else at))


def check(producers: Producers, header: BatchHeader) -> object:
    return producers.check(header, origin=Origin.CLIENT)


def test_a_batch_that_comes_again_is_known_by_its_sequences():
    producers = with_batches(batch(0, count=3), batch(3, count=2))
    first = producers.check(batch(0, count=3), origin=Origin.CLIENT)
    assert first is not None
    assert (first.base_offset, first.last_offset) == (0, 2)


def test_five_batches_are_remembered_and_older_ones_are_refused_as_duplicates():
    producers = with_batches(*(batch(sequence) for sequence in range(7)))
    assert all(check(producers, batch(sequence)) for sequence in range(2, 7))
    with pytest.raises(DuplicateSequence):
        check(producers, batch(1))


def test_what_is_older_than_the_known_run_is_out_of_order_for_it_may_never_have_arrived():
    producers = with_batches(batch(10), batch(11))
    with pytest.raises(OutOfOrderSequence):
        check(producers, batch(9))


def test_a_gap_and_an_overlap_are_out_of_order():
    producers = with_batches(batch(0, count=2))
    for wrong in (batch(3), batch(1, count=2), batch(0, count=3)):
        with pytest.raises(OutOfOrderSequence):
            check(producers, wrong)


def test_sequences_go_on_at_zero_after_the_largest():
    producers = with_batches(batch(LAST_SEQUENCE - 1, count=3))
    append(producers, batch(1))
    append(producers, batch(2))
    assert check(producers, batch(LAST_SEQUENCE - 1, count=3)) is not None


def test_a_producer_without_kept_state_may_begin_at_any_sequence():
    assert check(Producers(), batch(1234)) is None


def test_a_new_epoch_begins_at_zero_and_fences_the_old_one():
    producers = with_batches(batch(0), batch(1))
    with pytest.raises(OutOfOrderSequence):
        check(producers, batch(2, epoch=1))
    append(producers, batch(0, epoch=1))
    with pytest.raises(FencedProducer):
        check(producers, batch(2, epoch=0))


def test_a_marker_of_a_new_epoch_lets_data_begin_at_zero_only():
    producers = with_batches(batch(0, transactional=True))
    producers.replay(marker(epoch=1), Offset(1), ABORT)
    with pytest.raises(OutOfOrderSequence):
        check(producers, batch(1, epoch=1, transactional=True))
    assert check(producers, batch(0, epoch=1, transactional=True)) is None


def test_a_coordinators_batches_have_no_sequence_but_an_epoch():
    producers = with_batches(batch(0, epoch=3))
    assert producers.check(batch(-1, epoch=3), origin=Origin.COORDINATOR) is None
    with pytest.raises(FencedProducer):
        producers.check(batch(-1, epoch=2), origin=Origin.COORDINATOR)


def test_the_marker_of_a_coordinator_that_was_replaced_is_refused():
    producers = with_batches(batch(0, transactional=True))
    producers.replay(marker(), Offset(1), EndOfTransaction(committed=True, coordinator_epoch=5))
    with pytest.raises(FencedCoordinator):
        producers.check(
            marker(), origin=Origin.COORDINATOR, marker=EndOfTransaction(committed=True, coordinator_epoch=4)
        )


def test_a_plain_batch_within_an_open_transaction_is_refused():
    producers = with_batches(batch(0, transactional=True))
    with pytest.raises(InvalidTransaction):
        check(producers, batch(1))


def test_the_last_stable_offset_waits_for_the_oldest_transaction_and_for_its_marker_to_be_durable():
    producers = with_batches(batch(0))
    producers.replay(batch(0, producer=1, transactional=True), Offset(1))
    producers.replay(batch(0, producer=2, transactional=True), Offset(2))
    assert producers.last_stable(Offset(1)) == 1
    assert producers.last_stable(Offset(3)) == 1
    producers.replay(marker(producer=1), Offset(3), COMMIT)
    assert producers.last_stable(Offset(3)) == 1
    assert producers.last_stable(Offset(4)) == 2
    producers.replay(marker(producer=2), Offset(4), COMMIT)
    assert producers.last_stable(Offset(5)) == 5


def test_an_abort_gives_the_entry_of_the_transaction_index():
    producers = Producers()
    producers.replay(batch(0, producer=1, transactional=True), Offset(10))
    producers.replay(batch(0, producer=2, transactional=True), Offset(11))
    producers.replay(batch(1, producer=1, transactional=True), Offset(12))
    assert producers.replay(marker(producer=1), Offset(13), ABORT) == AbortedTransaction(
        producer_id=ProducerId(1), first=Offset(10), last=Offset(13), last_stable=Offset(11)
    )
    assert producers.replay(marker(producer=2), Offset(14), COMMIT) is None
    assert producers.replay(marker(producer=3), Offset(15), ABORT) is None


def test_idle_producers_are_forgotten_but_not_within_a_transaction():
    producers = with_batches(batch(0, producer=1), batch(0, producer=2, transactional=True))
    producers.expire(idle_since=Timestamp(1_000))
    assert [state.producer_id for state in producers.states()] == [2]


def test_a_marker_is_read_out_of_its_batch():
    built = build_end_of_transaction(
        ABORT, producer_id=ProducerId(1), producer_epoch=ProducerEpoch(2), timestamp=Timestamp(3)
    )
    assert marker_of(bytes(built), read_header(bytes(built))) == ABORT


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.sampled_from(["plain", "transactional", "commit", "abort"]), st.integers(1, 4))
    )
)
def test_a_snapshot_and_the_rest_replay_to_the_same_last_stable_offset_and_states(steps):
    whole, restored = Producers(), Producers()
    next_sequence: dict[int, int] = {}
    offset = 0
    for place, (producer, kind, count) in enumerate(steps):
        if place == len(steps) // 2:
            restored = Producers(restored.snapshot())
        if kind in ("commit", "abort"):
            header, end = marker(producer=producer), COMMIT if kind == "commit" else ABORT
        else:
            sequence = next_sequence.get(producer, 0)
            header, end = batch(sequence, count=count, producer=producer, transactional=kind == "transactional"), None
            try:
                assert whole.check(header, origin=Origin.CLIENT) is None
            except InvalidTransaction:
                continue
            next_sequence[producer] = sequence + count
        assert whole.replay(header, Offset(offset), end) == restored.replay(header, Offset(offset), end)
        offset += header.last_offset_delta + 1
    assert whole.states() == restored.states()
    assert whole.last_stable(Offset(offset)) == restored.last_stable(Offset(offset))
