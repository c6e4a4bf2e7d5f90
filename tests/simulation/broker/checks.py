"""What must be true of a history, whatever failed meanwhile. Each check looks at the history alone and names what is wrong."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TypeVar

from tests.simulation.broker.history import Accepted, Commit, Edge, History, Stored, TopicPartition
from tests.simulation.broker.readers import Reader
from tests.simulation.broker.topics import Beliefs

Told = TypeVar("Told", Edge, Commit)


def check_everything(history: History) -> None:
    assert_nothing_acknowledged_is_lost(history)
    assert_order_is_kept(history)
    assert_nothing_comes_twice(history)
    assert_nothing_shown_is_taken_back(history)
    assert_edges_only_go_on(history)
    assert_epochs_begin_after_unclean_starts(history)
    assert_epochs_end_where_they_say(history)
    assert_generations_grow(history)
    assert_shares_are_disjoint(history)
    assert_member_epochs_grow(history)
    assert_commits_stay(history)
    assert_topics_are_as_promised(history)


# Records.


def assert_nothing_acknowledged_is_lost(history: History) -> None:
    where = {place: {each.base_offset: each for each in stored} for place, stored in history.left.items()}
    labels = {place: {each.label for each in stored} for place, stored in history.left.items()}
    for each in history.acknowledged:
        batch = each.batch
        if each.base_offset < 0:
            assert batch.label in labels[batch.place], f"lost: {batch}"
        else:
            found = where[batch.place].get(each.base_offset)
            assert found is not None, f"lost: {each}; the log ends at {_end(history.left[batch.place])}"
            assert found.label == batch.label, f"{each} was acknowledged, but {found.label!r} stands there"
    for batch in history.disowned:
        assert batch.label in labels[batch.place], f"refused as out of order, but it was next: {batch}"


def assert_order_is_kept(history: History) -> None:
    """The numbers of one writer in one log never go back."""
    for (writer, place), numbers in _numbers(history).items():
        for one, other in pairwise(numbers):
            assert one <= other, f"{writer} sent {other} before {one}, but not so they lie in {place}"


def assert_nothing_comes_twice(history: History) -> None:
    for (writer, place), numbers in _numbers(history).items():
        if writer in history.idempotent:
            assert len(set(numbers)) == len(numbers), f"{writer} has duplicates in {place}: {numbers}"


def assert_nothing_shown_is_taken_back(history: History) -> None:
    """What any reader saw lies in the log to the byte, at its offset and of its epoch, when all is over."""
    left = {(place, each.base_offset): each for place, stored in history.left.items() for each in stored}
    for shown in history.shown:
        assert left.get((shown.place, shown.base_offset)) == shown, f"shown and gone: {shown}"


def assert_readers_know_what_is_left(history: History, readers: Iterable[Reader]) -> None:
    """Also where a loss of power may take what was shown: then everyone who saw it has been told."""
    for reader in readers:
        for place, stored in history.left.items():
            assert reader.seen[place] == stored, f"{place}: a reader was not told of what was lost"


def assert_edges_only_go_on(history: History) -> None:
    for place, edges in _by_place(history.edges).items():
        for highest, edge in _with_highest_before(edges, lambda each: each.high_watermark):
            assert edge.high_watermark >= highest, f"{place}: the high watermark went back from {highest}: {edge}"
        end = _end(history.left[place])
        assert all(each.high_watermark <= end for each in edges), f"{place} ends at {end}, and more was promised"


# Leader epochs.


def assert_epochs_begin_after_unclean_starts(history: History) -> None:
    """Answers from before such a start and from after it are of different epochs, and epochs never go back."""
    for place, edges in _by_place(each for each in history.edges if each.epoch is not None).items():
        for highest, edge in _with_highest_before(edges, lambda each: each.epoch or 0):
            assert (edge.epoch or 0) >= highest, f"{place}: the leader epoch went back from {highest}: {edge}"
        for start in history.unclean_starts:
            before = max((each.epoch or 0 for each in edges if each.told < start), default=-1)
            after = min((each.epoch or 0 for each in edges if each.asked > start), default=before + 1)
            assert before < after, f"{place}: epoch {before} went on after an unclean start"
    for place, stored in history.left.items():
        epochs = [each.epoch for each in stored]
        assert epochs == sorted(epochs), f"{place}: the epochs in the log go back: {epochs}"


def assert_epochs_end_where_they_say(history: History) -> None:
    for answer in history.epoch_ends:
        assert answer.epoch <= answer.asked_for, answer
        for stored in history.left[answer.place]:
            is_before = stored.last_offset < answer.end
            assert is_before == (stored.epoch <= answer.asked_for), f"{answer}, but {stored}"


# Groups.


def assert_commits_stay(history: History) -> None:
    """Nobody finds less than what was acknowledged or found before, and nobody can commit behind a later owner."""
    commits = [*history.committed, *history.found]
    for group in dict.fromkeys(each.group for each in commits):
        for place, those in _by_place(each for each in commits if each.group == group).items():
            for highest, commit in _with_highest_before(those, lambda each: each.offset):
                assert commit.offset >= highest, f"{place}: {highest} was committed, and then {commit}"


def assert_shares_are_disjoint(history: History) -> None:
    owners: dict[tuple[str, int, TopicPartition], str] = {}
    leaders: dict[tuple[str, int], str] = {}
    for share in history.shares:
        leader = leaders.setdefault((share.group, share.generation), share.leader)
        assert leader == share.leader, f"generation {share.generation} has two leaders: {leader}, {share.leader}"
        for place in share.places:
            owner = owners.setdefault((share.group, share.generation, place), share.member)
            assert owner == share.member, f"{place} has two owners in generation {share.generation}: {owner}, {share}"


def assert_generations_grow(history: History) -> None:
    """A member that joins again comes into a later generation, or back to the share that it had."""
    last: dict[tuple[str, str], tuple[int, tuple[TopicPartition, ...]]] = {}
    for share in history.shares:
        generation, places = last.get((share.group, share.member), (0, ()))
        assert share.generation >= generation, f"the generation went back from {generation}: {share}"
        assert share.generation > generation or share.places == places, f"{share} after {places} in one generation"
        last[share.group, share.member] = (share.generation, share.places)


def assert_member_epochs_grow(history: History) -> None:
    """Of a member of a consumer group, which tells its heartbeats one after the other. Joining again it may be given the
    epoch that it had."""
    last: dict[str, int] = {}
    for holding in history.holdings:
        before = last.get(holding.member, 0)
        assert holding.epoch >= before, f"the epoch went back from {before}: {holding}"
        assert holding.epoch > 0, f"a member was left without an epoch: {holding}"
        last[holding.member] = holding.epoch


# Share groups.


def assert_accepted_records_are_done_with(history: History) -> None:
    """From when on somebody was told that an acceptance stands, nobody is given that record. (Who accepts what another has
    accepted meanwhile is told so, too: it is done with.)"""
    done: dict[tuple[TopicPartition, int], Accepted] = {}
    for each in sorted(history.accepted, key=lambda each: each.told):
        done.setdefault((each.place, each.offset), each)
    for lent in history.lent:
        accepted = done.get((lent.place, lent.offset))
        assert accepted is None or lent.asked < accepted.told, f"{accepted}, but then {lent}"


def assert_every_record_was_lent(history: History) -> None:
    lent = {(each.place, each.offset) for each in history.lent}
    for place, stored in history.left.items():
        for batch in stored:
            for offset in range(batch.base_offset, batch.last_offset + 1):
                assert (place, offset) in lent, f"nobody was lent record {offset} of {place}"


# Topics.


def assert_topics_are_as_promised(history: History) -> None:
    beliefs = Beliefs()
    for step in history.topics:
        beliefs.after(step)


def _numbers(history: History) -> dict[tuple[str, TopicPartition], list[int]]:
    numbers: dict[tuple[str, TopicPartition], list[int]] = {}
    for place, stored in history.left.items():
        for each in stored:
            writer, _, number = each.label.decode().split(" ")
            numbers.setdefault((writer, place), []).append(int(number))
    return numbers


def _end(stored: list[Stored]) -> int:
    return stored[-1].last_offset + 1 if stored else 0


def _by_place(told: Iterable[Told]) -> dict[TopicPartition, list[Told]]:
    grouped: dict[TopicPartition, list[Told]] = {}
    for each in told:
        grouped.setdefault(each.place, []).append(each)
    return grouped


def _with_highest_before(told: Iterable[Told], value: Callable[[Told], int]) -> Iterator[tuple[int, Told]]:
    """Each with the highest value that somebody had been told before it was asked for."""
    by_answer = sorted(told, key=lambda each: each.told)
    highest = answered = 0
    for each in sorted(by_answer, key=lambda each: each.asked):
        while by_answer[answered].told < each.asked:
            highest = max(highest, value(by_answer[answered]))
            answered += 1
        yield highest, each
