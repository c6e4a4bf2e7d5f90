"""Offsets that are committed in transactions: they count with the transaction, or never did."""

import pytest
from tests.control.groups.rig import Rig, commit, join, sync

from headwater.control.groups.classic.requests import Joined
from headwater.control.groups.errors import IllegalGeneration, UnknownMember
from headwater.control.groups.requests import CommitInTransaction, CommitOffsets, DeleteGroup, EndOfTransaction
from headwater.machine.transactional import TransactionEnd
from headwater.wire.types import ProducerEpoch, ProducerId, TopicName

WHERE = (TopicName("t"), 0)


def held(inner: CommitOffsets, *, producer: int = 1) -> CommitInTransaction:
    return CommitInTransaction(producer_id=ProducerId(producer), producer_epoch=ProducerEpoch(0), commit=inner)


def end(*, committed: bool, producer: int = 1) -> EndOfTransaction:
    return EndOfTransaction(
        end=TransactionEnd(
            producer_id=ProducerId(producer),
            producer_epoch=ProducerEpoch(0),
            committed=committed,
            coordinator_epoch=0,
        )
    )


def offset(rig: Rig) -> int | None:
    value = rig.machine.offsets.of("g").get(WHERE)
    return None if value is None else value.offset


@pytest.mark.parametrize("restarts", [False, True])
def test_offsets_count_when_their_transaction_is_committed(restarts):
    rig = Rig()
    rig.ask(commit(1))
    assert rig.ask(held(commit(5))) == (None,)
    if restarts:
        rig = rig.restarted()
    assert offset(rig) == 1
    assert rig.machine.offsets.is_undecided("g", WHERE)
    rig.ask(end(committed=True))
    assert offset(rig) == 5
    assert not rig.machine.offsets.is_undecided("g", WHERE)
    assert offset(rig.restarted()) == 5


def test_offsets_of_an_aborted_transaction_never_were():
    rig = Rig()
    rig.ask(held(commit(5)))
    rig.ask(end(committed=False))
    assert offset(rig) is None
    assert "g" not in rig.machine.offsets
    assert offset(rig.restarted()) is None


def test_each_producer_ends_its_own():
    rig = Rig()
    rig.ask(held(commit(5)))
    rig.ask(held(commit(7), producer=2))
    rig.ask(end(committed=False, producer=2))
    assert rig.machine.offsets.is_undecided("g", WHERE)
    rig.ask(end(committed=True))
    assert offset(rig) == 5


@pytest.mark.parametrize("first_to_end", [1, 2])
def test_of_two_transactions_over_one_offset_the_later_commit_counts_whichever_ends_last(first_to_end):
    """A load after compaction finds only the later one."""
    rig = Rig()
    rig.ask(held(commit(5)))
    rig.ask(held(commit(7), producer=2))
    rig.ask(end(committed=True, producer=first_to_end))
    assert offset(rig) == {1: 5, 2: 7}[first_to_end]
    rig.ask(end(committed=True, producer=3 - first_to_end))
    assert offset(rig) == offset(rig.restarted()) == 7
    assert not rig.machine.offsets.is_undecided("g", WHERE)


def test_a_transaction_that_commits_an_offset_again_counts_as_later():
    rig = Rig()
    rig.ask(held(commit(5)))
    rig.ask(held(commit(7), producer=2))
    rig.ask(held(commit(9)))
    again = Rig(list(rig.machine.snapshot()))
    for each in (rig, again):
        each.ask(end(committed=True))
        each.ask(end(committed=True, producer=2))
        assert offset(each) == 9


def test_a_later_commit_outside_of_transactions_stays():
    rig = Rig()
    rig.ask(held(commit(5)))
    rig.ask(commit(9))
    rig.ask(end(committed=True))
    assert offset(rig) == offset(rig.restarted()) == 9


def test_a_group_that_is_deleted_loses_what_is_undecided():
    rig = Rig()
    rig.ask(held(commit(5)))
    assert rig.ask(DeleteGroup(group_id="g")) is None
    rig.ask(end(committed=True))
    assert offset(rig) is None


def test_a_snapshot_keeps_what_is_undecided():
    rig = Rig()
    rig.ask(commit(1))
    rig.ask(held(commit(5)))
    again = Rig(list(rig.machine.snapshot()))
    assert list(again.machine.snapshot()) == list(rig.machine.snapshot())
    again.ask(end(committed=True))
    assert offset(again) == 5


def test_a_consumer_that_knows_its_generation_is_held_to_it():
    rig = Rig()
    assert isinstance(rig.ask(held(commit(5, member="m", generation=1))), IllegalGeneration)
    ticket = rig.send(join(new="m"))
    rig.pass_ms(0)
    joined = rig.answers[ticket]
    assert isinstance(joined, Joined)
    rig.ask(sync("m", joined.generation, m=b""))
    assert rig.ask(held(commit(5, member="m", generation=joined.generation))) == (None,)
    assert isinstance(rig.ask(held(commit(5, member="m", generation=7))), IllegalGeneration)
    assert isinstance(rig.ask(held(commit(5, member="other", generation=joined.generation))), UnknownMember)
    assert rig.ask(held(commit(6))) == (None,)
