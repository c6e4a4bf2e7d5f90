"""A check that can't fail is worth nothing: each of these brokers has one defect, and is found out.

Seeds are tried in order until one shows the defect. What is planted breaks one promise in the broker's own code; the faults
and the clients are those of the whole simulation.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from tests.simulation.broker.scenario import TOPIC
from tests.simulation.test_broker import EVERYTHING, consume, live

from headwater.control.cluster.topics import Topics
from headwater.control.groups.classic import syncing
from headwater.control.groups.classic.committing import ClassicOffsetRules
from headwater.control.groups.classic.group import Group
from headwater.control.groups.consumer.group import Group as ConsumerGroup
from headwater.control.groups.consumer.offset_rules import ConsumerOffsetRules
from headwater.log.port import Appended
from headwater.log.producer import Producer
from headwater.log.segments.log import SegmentLog
from headwater.machine.head import Head, Submission

SEEDS = range(20)
Plant = Callable[[pytest.MonkeyPatch], None]


def answers_before_it_syncs(patch: pytest.MonkeyPatch) -> None:
    append = SegmentLog.append

    def append_and_answer(log: SegmentLog, *arguments: Any, **options: Any) -> asyncio.Future[Appended]:
        answered = append(log, *arguments, **options)
        if log.partition.topic != TOPIC or not log._high_watermark._pending:
            return answered
        answered.add_done_callback(lambda done: done.cancelled() or done.exception())
        at_once = asyncio.get_running_loop().create_future()
        at_once.set_result(log._high_watermark._pending[-1][-1])
        return at_once

    patch.setattr(SegmentLog, "append", append_and_answer)


def shows_what_is_not_yet_sure(patch: pytest.MonkeyPatch) -> None:
    append = SegmentLog.append

    def append_and_show(log: SegmentLog, *arguments: Any, **options: Any) -> asyncio.Future[Appended]:
        answered = append(log, *arguments, **options)
        if log.partition.topic == TOPIC:
            log._move_high_watermark(log._contents.end, log._end_place())
        return answered

    patch.setattr(SegmentLog, "append", append_and_show)


def begins_no_leader_epoch(patch: pytest.MonkeyPatch) -> None:
    led = Topics.led_from_start
    patch.setattr(Topics, "led_from_start", lambda topics, node, *, unclean: led(topics, node, unclean=False))


def says_that_epochs_end_later(patch: pytest.MonkeyPatch) -> None:
    ended = SegmentLog.end_of_epoch

    def later(log: SegmentLog, epoch: Any) -> Any:
        found = ended(log, epoch)
        return found and type(found)(epoch=found.epoch, end=log.bounds.end)

    patch.setattr(SegmentLog, "end_of_epoch", later)


def forgets_its_producers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Producer, "duplicate_of", lambda *_: None)
    patch.setattr(Producer, "check_sequence", lambda *_: None)


def answers_before_its_records_are_durable(patch: pytest.MonkeyPatch) -> None:
    def give(_: Head[Any], submission: Submission, index: int, answer: Any) -> None:
        submission.give(index, answer)

    patch.setattr(Head, "_hold", give)


def takes_commits_of_any_generation(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ClassicOffsetRules, "check_commit", lambda *_: None)


def gives_everyone_the_share_of_the_leader(patch: pytest.MonkeyPatch) -> None:
    synced = syncing._synced
    patch.setattr(syncing, "_synced", lambda group, _: synced(group, next(iter(group))))


def forgets_generations_when_it_ends(patch: pytest.MonkeyPatch) -> None:
    value = Group.value
    patch.setattr(Group, "value", lambda group, now: replace(value(group, now), generation=0))


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (answers_before_it_syncs, "lost|stands there"),
        (shows_what_is_not_yet_sure, "lost|shown and gone|high watermark|stands there"),
        (begins_no_leader_epoch, "went on after an unclean start"),
        (says_that_epochs_end_later, "EpochEnd"),
        (forgets_its_producers, "has duplicates|not so they lie"),
        (answers_before_its_records_are_durable, "can't be after|was committed, and then"),
        (takes_commits_of_any_generation, "was committed, and then"),
        (gives_everyone_the_share_of_the_leader, "has two owners"),
        (forgets_generations_when_it_ends, "the generation went back"),
    ],
)
def test_a_broker_that_breaks_a_promise_is_found_out(plant: Plant, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=words):
        for seed in SEEDS:
            live(seed, *EVERYTHING)


def takes_commits_of_any_epoch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ConsumerOffsetRules, "check_commit", lambda *_: None)


def gives_away_what_is_still_owned(patch: pytest.MonkeyPatch) -> None:
    """Two owners commit side by side."""
    patch.setattr(ConsumerGroup, "owner", lambda *_: None)


@pytest.mark.parametrize("plant", [takes_commits_of_any_epoch, gives_away_what_is_still_owned])
def test_a_broker_that_breaks_a_promise_to_consumer_groups_is_found_out(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError, match="was committed, and then"):
        for seed in SEEDS:
            consume(seed, *EVERYTHING)
