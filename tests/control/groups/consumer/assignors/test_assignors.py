"""What assignors promise: everything is given once, to subscribers only, evenly, and without needless moves."""

import pytest
from hypothesis import given, strategies as st

from headwater.control.groups.consumer.assignors import range as by_range, uniform
from headwater.control.groups.consumer.assignors.assignor import Assignor, Counts, Subscriber
from headwater.control.groups.consumer.member import Target
from headwater.wire.types import Uuid

TOPICS = tuple(Uuid(bytes([number]) * 16) for number in range(4))
T, U = TOPICS[:2]
BOTH = pytest.mark.parametrize("assign", [uniform.assign, by_range.assign])


def subscriber(name: str, *topics: Uuid, target: Target | None = None, instance: str | None = None) -> Subscriber:
    return Subscriber(member_id=name, instance_id=instance, topics=topics, target=target or {})


def again(members: list[Subscriber], targets: dict[str, Target]) -> list[Subscriber]:
    return [
        subscriber(each.member_id, *each.topics, target=targets[each.member_id], instance=each.instance_id)
        for each in members
    ]


def sizes(targets: dict[str, Target]) -> list[int]:
    return [sum(len(indexes) for indexes in target.values()) for target in targets.values()]


@st.composite
def groups(draw: st.DrawFn, *, alike: bool = False) -> tuple[list[Subscriber], Counts]:
    counts = {topic: draw(st.integers(1, 7)) for topic in TOPICS}
    some = st.lists(st.sampled_from(TOPICS), unique=True, min_size=1)
    common = draw(some)
    members = [
        subscriber(f"m{number}", *(common if alike else draw(some))) for number in range(draw(st.integers(1, 6)))
    ]
    subscribed = {topic for each in members for topic in each.topics}
    return members, {topic: count for topic, count in counts.items() if topic in subscribed}


@BOTH
@given(group=groups())
def test_every_partition_is_given_once_and_to_a_subscriber(assign: Assignor, group: tuple[list[Subscriber], Counts]):
    members, counts = group
    targets = assign(members, counts)
    given_out = [(topic, each) for target in targets.values() for topic, indexes in target.items() for each in indexes]
    assert sorted(given_out) == [(topic, index) for topic in sorted(counts) for index in range(counts[topic])]
    assert list(targets) == [each.member_id for each in members]
    assert all(topic in each.topics for each in members for topic in targets[each.member_id])


@given(group=groups(alike=True))
def test_uniform_gives_nobody_two_more_than_another(group: tuple[list[Subscriber], Counts]):
    shares = sizes(uniform.assign(*group))
    assert max(shares) - min(shares) <= 1


@given(group=groups(), newcomers=st.integers(0, 2))
def test_uniform_moves_nothing_when_nothing_has_changed_and_little_when_somebody_comes(
    group: tuple[list[Subscriber], Counts], newcomers: int
):
    members, counts = group
    before = uniform.assign(members, counts)
    joined = [*again(members, before), *(subscriber(f"n{number}", *members[0].topics) for number in range(newcomers))]
    after = uniform.assign(joined, counts)
    if not newcomers:
        assert after == before
    moved = sum(
        index not in after[name].get(topic, ())
        for name, target in before.items()
        for topic, indexes in target.items()
        for index in indexes
    )
    assert moved <= sum(sizes({name: target for name, target in after.items() if name.startswith("n")})) * len(members)


def test_uniform_with_subscriptions_that_differ_balances_as_far_as_they_let_it():
    members = [subscriber("a", T), subscriber("b", T, U)]
    targets = uniform.assign(members, {T: 6, U: 2})
    assert sorted(sizes(targets)) == [4, 4]
    everything = {T: tuple(range(6))}
    targets = uniform.assign([subscriber("a", T, target=everything), subscriber("b", T, U)], {T: 6, U: 2})
    assert sorted(sizes(targets)) == [4, 4]


def test_uniform_forgets_partitions_and_topics_that_are_gone():
    members = [subscriber("a", T, target={T: (0, 5), U: (0,)})]
    assert uniform.assign(members, {T: 2}) == {"a": {T: (0, 1)}}


def test_range_gives_neighbours_and_the_same_of_topics_of_one_size():
    targets = by_range.assign([subscriber("b", T, U), subscriber("a", T, U)], {T: 5, U: 5})
    assert targets == {"b": {T: (3, 4), U: (3, 4)}, "a": {T: (0, 1, 2), U: (0, 1, 2)}}


def test_range_puts_static_members_first_so_that_they_keep_their_ranges():
    members = [subscriber("a", T), subscriber("z", T, instance="1")]
    assert by_range.assign(members, {T: 2}) == {"a": {T: (1,)}, "z": {T: (0,)}}


@BOTH
def test_members_of_topics_that_are_not_there_get_nothing(assign: Assignor):
    assert assign([subscriber("a")], {}) == {"a": {}}
    assert assign([], {}) == {}
