"""Brokers whose transactions have one defect each: the checks must find it, or they are worth nothing.

As in `test_broker_defects`, seeds are tried in order until one shows the defect.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from tests.simulation.test_broker import EVERYTHING
from tests.simulation.test_broker_defects import answers_before_its_records_are_durable
from tests.simulation.test_transactions import transact
from tests.simulation.transactions.scenario import MEMBERS

from headwater.broker.fetch import reading
from headwater.broker.markers import Markers
from headwater.broker.transaction_ending import Ending
from headwater.broker.transaction_ends import TransactionEnds
from headwater.broker.transactional_appends import Admission
from headwater.control.groups.classic.committing import ClassicOffsetRules
from headwater.control.groups.consumer.offset_rules import ConsumerOffsetRules
from headwater.control.groups.offsets import Offsets
from headwater.control.transactions import ending, initializing, machine as transactions
from headwater.log.compaction.cleaner import Cleaner
from headwater.log.compaction.transactions import Transactions
from headwater.log.producers import Producers

SEEDS = range(20)
Plant = Callable[[pytest.MonkeyPatch], None]


def names_no_aborted_transactions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading, "_aborted", lambda _: ())


def shows_what_is_not_yet_committed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Producers, "last_stable", lambda _, high_watermark: high_watermark)


def forgets_what_it_intended(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TransactionEnds, "reloaded", lambda *_: None)


def leaves_out_a_marker(patch: pytest.MonkeyPatch) -> None:
    write = Markers.write

    def write_some(markers: Markers, partition: Any, end: Any) -> asyncio.Future[Any]:
        if partition != ("by-name", 1):
            return write(markers, partition, end)
        nothing: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        nothing.set_result(None)
        return nothing

    patch.setattr(Markers, "write", write_some)


def aborts_in_one_partition_what_it_commits_in_the_others(patch: pytest.MonkeyPatch) -> None:
    write = Markers.write

    def write_one_otherwise(markers: Markers, partition: Any, end: Any) -> asyncio.Future[Any]:
        return write(markers, partition, replace(end, committed=False) if partition == ("by-name", 1) else end)

    patch.setattr(Markers, "write", write_one_otherwise)


def is_complete_before_its_markers_are_written(patch: pytest.MonkeyPatch) -> None:
    write_some = Ending.write_some

    def complete(ending: Ending, most: int) -> int:
        asyncio.get_running_loop().call_later(1, write_some, ending, most)
        ending._complete()
        return 0

    patch.setattr(Ending, "write_some", complete)
    patch.setattr(TransactionEnds, "has", lambda *_: True)


def writes_before_the_coordinator_has_noted_it(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Admission, "append", lambda _, log, batch: log.append((batch,)))


def fences_nobody(patch: pytest.MonkeyPatch) -> None:
    following = initializing._next

    def same_epoch(found: Any, *arguments: Any) -> Any:
        outcome = following(found, *arguments)
        if outcome.transaction is None:
            return outcome
        transaction = replace(outcome.transaction, epoch=found.epoch)
        return replace(outcome, transaction=transaction, answer=initializing.identity(transaction))

    patch.setattr(initializing, "_next", same_epoch)


def lets_a_producer_go_on_whose_time_was_over(patch: pytest.MonkeyPatch) -> None:
    fenced = ending.fenced
    patch.setattr(transactions, "fenced", lambda found, now: replace(fenced(found, now), epoch=found.epoch))


def counts_offsets_of_aborted_transactions(patch: pytest.MonkeyPatch) -> None:
    replay_end = Offsets.replay_end
    patch.setattr(Offsets, "replay_end", lambda self, end: replay_end(self, replace(end, committed=True)))


def counts_offsets_before_their_transaction_ends(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Offsets, "replay_undecided", lambda self, _, key, value: self.replay(key, value))


def takes_offsets_of_any_generation(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ClassicOffsetRules, "check_commit_in_transaction", lambda *_: None)


def takes_offsets_of_any_epoch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ConsumerOffsetRules, "check_commit_in_transaction", lambda *_: None)


def tells_offsets_that_may_change(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Offsets, "is_undecided", lambda *_: False)


def compacts_away_what_came_last(patch: pytest.MonkeyPatch) -> None:
    records_left = Cleaner._records_left

    async def all_but_one(cleaner: Cleaner, *batch: Any) -> Any:
        left, gone = await records_left(cleaner, *batch)
        return (left[:-1], gone + 1) if left and cleaner._log.partition.topic == "table" else (left, gone)

    patch.setattr(Cleaner, "_records_left", all_but_one)


def compacts_in_favour_of_what_was_aborted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Transactions, "is_void", lambda *_: False)


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (names_no_aborted_transactions, "dirty|a reader saw"),
        (shows_what_is_not_yet_committed, "a reader saw"),
        (forgets_what_it_intended, "stands still"),
        (leaves_out_a_marker, "stands still"),
        (aborts_in_one_partition_what_it_commits_in_the_others, "fractured"),
        (is_complete_before_its_markers_are_written, "stands still|fractured|dirty"),
        (writes_before_the_coordinator_has_noted_it, "stands still|dirty"),
        (answers_before_its_records_are_durable, "fractured|lost|dirty|stands still|was committed, and then"),
        (fences_nobody, "fractured|twice|lost|dirty|refused"),
        (lets_a_producer_go_on_whose_time_was_over, "fractured|twice|lost"),
        (counts_offsets_of_aborted_transactions, "lost|was committed, and then"),
        (counts_offsets_before_their_transaction_ends, "lost|was committed, and then"),
        (compacts_away_what_came_last, "may be one of"),
        (compacts_in_favour_of_what_was_aborted, "the state of|twice|stands still"),
    ],
)
def test_transactions_that_break_a_promise_are_found_out(
    plant: Plant, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=words):
        for seed in SEEDS:
            transact(seed, *EVERYTHING)


@pytest.mark.parametrize(
    ("plant", "is_classic"),
    [
        (takes_offsets_of_any_generation, True),
        (takes_offsets_of_any_epoch, False),
        (tells_offsets_that_may_change, True),
        (tells_offsets_that_may_change, False),
    ],
)
def test_members_that_are_not_held_to_their_generation_are_found_out(
    plant: Plant, is_classic: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing fails here but the members, who stand still for longer than their sessions."""
    plant(monkeypatch)
    with pytest.raises(AssertionError, match="twice"):
        for seed in SEEDS:
            transact(seed, clients=MEMBERS, is_classic=is_classic)
