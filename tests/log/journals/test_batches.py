"""Decisions to batches."""

from tests.contracts.test_journal import JsonCodec

from headwater.kernel.units import Timestamp
from headwater.log.journals.batches import SLICE, batches_of
from headwater.wire.batch.header import read_header

NOON = Timestamp(1_700_000_000_000)


def test_a_large_decision_is_one_batch_that_is_made_in_turns_with_other_work():
    decision = [["key", number] for number in range(3 * SLICE)]
    *pauses, batch = batches_of([decision], JsonCodec(), now=NOON)
    assert pauses == [None] * 3
    assert batch is not None
    assert read_header(batch).last_offset_delta == 3 * SLICE - 1


def test_many_small_decisions_stand_in_several_batches():
    made = [each for each in batches_of([[["key", 1]]] * SLICE, JsonCodec(), now=NOON, batch_bytes=1_000) if each]
    assert len(made) > 1
    assert sum(read_header(each).last_offset_delta + 1 for each in made) == SLICE
