"""Members of all three libraries share partitions, whoever comes and goes."""

from collections.abc import Callable

import pytest
from tests.conformance.clients.members import team
from tests.conformance.clients.port import Admin, Committed, Joining, Library, New, Refused
from tests.conformance.clients.reading import closing, until

from headwater.wire.error_codes import ErrorCode

PARTITIONS = 6
EAGER = ("range", "roundrobin", "sticky")
COOPERATIVE = "cooperative-sticky"


@pytest.fixture
def shared(admin: Admin, name: Callable[[], str]) -> str:
    topic = name()
    admin.create(topic, partitions=PARTITIONS)
    return topic


@pytest.fixture
def joining(shared: str, name) -> Joining:
    return Joining(group=name(), topics=(shared,))


def fill(library: Library, topic: str) -> list[bytes]:
    for partition in range(PARTITIONS):
        library.produce(topic, [New(value=b"%d.%d" % (partition, number)) for number in range(5)], partition=partition)
    return [b"%d.%d" % (partition, number) for partition in range(PARTITIONS) for number in range(5)]


def test_a_member_alone_has_everything(library: Library, shared: str, joining: Joining):
    expected = fill(library, shared)
    with team(library, joining) as group:
        group.join()
        group.until_shared(shared, PARTITIONS)
        group.until(lambda: len(group.values()) >= len(expected))
        assert sorted(group.values()) == sorted(expected)


@pytest.mark.parametrize("strategy", [*EAGER, COOPERATIVE])
def test_members_that_come_and_go_share_the_partitions(library: Library, shared: str, joining: Joining, strategy: str):
    if strategy not in library.strategies:
        pytest.skip(f"{library.name} has no {strategy}")
    with team(library, joining) as group:
        first = group.join(strategy=strategy)
        group.until_shared(shared, PARTITIONS)
        second = group.join(strategy=strategy)
        group.until_shared(shared, PARTITIONS)
        group.join(strategy=strategy)
        group.until_shared(shared, PARTITIONS)
        group.leave(first)
        group.until_shared(shared, PARTITIONS)
        group.leave(second)
        group.until_shared(shared, PARTITIONS)


def test_cooperating_members_keep_what_they_need_not_give(library: Library, shared: str, joining: Joining):
    if COOPERATIVE not in library.strategies:
        pytest.skip(f"{library.name} has no {COOPERATIVE}")
    with team(library, joining) as group:
        first = group.join(strategy=COOPERATIVE)
        group.until_shared(shared, PARTITIONS)
        group.join(strategy=COOPERATIVE)
        group.until_shared(shared, PARTITIONS)
        assert len(first.lost) == PARTITIONS / 2
        assert not set(first.lost) & first.assigned


def test_who_comes_next_goes_on_where_the_last_one_committed(library: Library, shared: str, joining: Joining):
    expected = fill(library, shared)
    with team(library, joining) as group:
        first = group.join(commits=True)
        group.until(lambda: len(first.records) >= len(expected))
        with closing(library.reader(group=joining.group)) as reader:
            until(
                lambda: all(reader.committed(shared, index) == Committed(offset=5, metadata="") for index in range(6)),
                lambda: "not everything is committed",
            )
        group.leave(first)
        library.produce(shared, [New(value=b"after")])
        second = group.join()
        group.until(lambda: second.records)
        assert [each.value for each in second.records] == [b"after"]


def test_a_static_member_that_restarts_has_its_partitions_again_and_the_others_notice_nothing(
    library: Library, shared: str, joining: Joining
):
    with team(library, joining) as group:
        stays = group.join(instance_id="stays")
        restarts = group.join(instance_id="restarts")
        group.until_shared(shared, PARTITIONS)
        before, given_up = stays.assigned, list(stays.lost)
        its_own = restarts.assigned
        group.leave(restarts)
        again = group.join(instance_id="restarts")
        group.until_shared(shared, PARTITIONS)
        assert again.assigned == its_own
        assert (stays.assigned, stays.lost) == (before, given_up)


def test_the_partitions_of_a_member_that_does_not_poll_go_to_the_others(
    library: Library, shared: str, joining: Joining
):
    with team(library, joining) as group:
        stuck = group.join(max_poll_interval_ms=1_000, session_timeout_ms=1_000)
        group.until_shared(shared, PARTITIONS)
        stuck.be_silent()
        other = group.join(max_poll_interval_ms=1_000, session_timeout_ms=1_000)
        group.until(lambda: len(other.assigned) == PARTITIONS)
        stuck.speak_again()
        group.until(lambda: stuck.assigned and len(other.assigned) < PARTITIONS)


def test_members_share_partitions_that_are_added(library: Library, admin: Admin, shared: str, joining: Joining):
    with team(library, joining) as group:
        group.join()
        group.join()
        group.until_shared(shared, PARTITIONS)
        admin.grow(shared, 2 * PARTITIONS)
        group.until_shared(shared, 2 * PARTITIONS)


def test_administrators_see_groups_and_their_offsets(library: Library, admin: Admin, shared: str, joining: Joining):
    fill(library, shared)
    with team(library, joining) as group:
        member = group.join(commits=True)
        group.until_shared(shared, PARTITIONS)
        group.until(lambda: len(member.records) >= 5 * PARTITIONS)
        assert admin.state_of(joining.group) == "Stable"
        assert joining.group in admin.groups()
        until(
            lambda: {each.offset for each in admin.group_offsets(joining.group).values()} == {5},
            lambda: "not everything is committed",
        )
        group.leave(member)
    assert admin.state_of(joining.group) == "Empty"


def test_a_group_of_nobody_has_offsets_too(library: Library, admin: Admin, topic: str, name):
    group = name()
    with closing(library.reader(group=group)) as reader:
        reader.assign(topic, {0: 0})
        reader.commit(topic, 0, Committed(offset=7, metadata="alone"))
    assert admin.group_offsets(group) == {(topic, 0): Committed(offset=7, metadata="alone")}


def test_a_group_that_nobody_knows_has_no_offsets(admin: Admin, name):
    assert not admin.group_offsets(name())


def test_who_is_no_member_may_not_commit_while_others_are(library: Library, shared: str, joining: Joining):
    with team(library, joining) as group:
        group.join()
        group.until_shared(shared, PARTITIONS)
        with closing(library.reader(group=joining.group)) as stranger:
            stranger.assign(shared, {0: 0})
            with pytest.raises(Exception, match=r"(?i)member|commit") as refusal:
                stranger.commit(shared, 0, Committed(offset=1, metadata=""))
            if isinstance(refusal.value, Refused):
                assert refusal.value.code is ErrorCode.UNKNOWN_MEMBER_ID
