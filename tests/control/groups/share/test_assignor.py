"""The assignor `simple`: balance first, then as little movement as that allows."""

from collections import Counter

from hypothesis import given, settings, strategies as st

from headwater.control.groups.share.assignor import assign
from headwater.control.groups.share.partitions import Partitions
from headwater.wire.types import Uuid

TOPICS = tuple(Uuid(bytes([number]) * 16) for number in range(3))
A, B, C = TOPICS

partition_counts = st.fixed_dictionaries({topic: st.integers(0, 7) for topic in TOPICS})
members = st.lists(st.sampled_from("abcdefgh"), min_size=1, unique=True)


def all_of(counts: dict[Uuid, int]) -> Partitions:
    return {topic: tuple(range(count)) for topic, count in counts.items()}


def sizes(assignment: dict[str, Partitions]) -> list[int]:
    return [sum(map(len, partitions.values())) for partitions in assignment.values()]


def sharers(assignment: dict[str, Partitions]) -> Counter[tuple[Uuid, int]]:
    return Counter(
        (topic, index)
        for partitions in assignment.values()
        for topic, indexes in partitions.items()
        for index in indexes
    )


@settings(max_examples=60, deadline=None)
@given(counts=partition_counts, before=members, after=members)
def test_every_partition_is_read_and_members_have_equally_much_give_or_take_one(counts, before, after):
    known = all_of(counts)
    first = assign(dict.fromkeys(before, TOPICS), known, {})
    for assignment in (first, assign(dict.fromkeys(after, TOPICS), known, first)):
        assert set(sharers(assignment)) == {(topic, index) for topic, indexes in known.items() for index in indexes}
        assert max(sizes(assignment)) - min(sizes(assignment)) <= 1


@settings(max_examples=60, deadline=None)
@given(
    counts=partition_counts,
    subscriptions=st.dictionaries(
        st.sampled_from("abcdef"), st.lists(st.sampled_from(TOPICS), unique=True), min_size=1
    ),
)
def test_members_read_what_they_subscribe_to_and_all_of_that_is_read(counts, subscriptions):
    known = all_of(counts)
    assignment = assign(subscriptions, known, {})
    assert list(assignment) == list(subscriptions)
    for member, partitions in assignment.items():
        assert set(partitions) <= set(subscriptions[member])
    wanted = {topic for topics in subscriptions.values() for topic in topics}
    assert set(sharers(assignment)) == {(topic, index) for topic in wanted for index in known[topic]}


@settings(max_examples=60, deadline=None)
@given(counts=partition_counts, names=members)
def test_what_is_balanced_stays(counts, names):
    known = all_of(counts)
    first = assign(dict.fromkeys(names, TOPICS), known, {})
    assert assign(dict.fromkeys(names, TOPICS), known, first) == first


def test_one_member_reads_everything():
    assert assign({"a": (A, B)}, all_of({A: 2, B: 1}), {}) == {"a": {A: (0, 1), B: (0,)}}


def test_more_members_than_partitions_share_them_evenly():
    assignment = assign(dict.fromkeys("abcde", (A,)), all_of({A: 2}), {})
    assert sharers(assignment) == {(A, 0): 3, (A, 1): 3}
    assert sorted(sizes(assignment)) == [1, 1, 1, 1, 2]


def test_one_who_comes_takes_only_what_the_others_have_too_much():
    before = assign(dict.fromkeys("ab", (A,)), all_of({A: 6}), {})
    after = assign(dict.fromkeys("abc", (A,)), all_of({A: 6}), before)
    for member in "ab":
        assert set(after[member][A]) < set(before[member][A])
    assert sizes(after) == [2, 2, 2]


def test_topics_are_balanced_one_by_one_where_members_differ():
    assignment = assign({"a": (A,), "b": (B,), "c": (A, B)}, all_of({A: 2, B: 2}), {})
    assert sizes(assignment) == [1, 1, 2]


def test_topics_that_do_not_exist_are_nobodys():
    assert assign({"a": (A, C)}, all_of({A: 1}), {"a": {C: (0,)}}) == {"a": {A: (0,)}}
