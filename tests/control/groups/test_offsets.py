"""Committed offsets: who may commit, how long they are remembered, and what goes with a group."""

import pytest
from msgspec import structs
from tests.control.groups.classic.test_classic import stable
from tests.control.groups.rig import Rig, commit, join, leave, sync

from headwater.control.groups.errors import (
    GroupNotEmpty,
    GroupNotFound,
    IllegalGeneration,
    OffsetMetadataTooLarge,
    RebalanceInProgress,
    SubscribedToTopic,
    UnknownMember,
)
from headwater.control.groups.requests import DeleteGroup, DeleteOffsets, ForgetTopics
from headwater.control.partitioner import coordinator_partition, java_hash
from headwater.kernel.kinds import LONG_MAX
from headwater.kernel.units import DAY_MS
from headwater.wire.types import ZERO_UUID, TopicName

T = TopicName("t")


def offset(rig: Rig) -> int | None:
    value = rig.machine.offsets.of("g").get((T, 0))
    return value.offset if value else None


def test_a_simple_consumer_commits_without_a_group():
    rig = Rig()
    assert rig.ask(commit(5)) == (None,)
    assert offset(rig.restarted()) == 5
    assert rig.state() == "Empty"


def test_a_member_commits_in_its_generation_only():
    rig = Rig()
    generation = stable(rig, "a")
    assert rig.ask(commit(5, member="a", generation=generation)) == (None,)
    assert rig.ask(commit(6, member="a", generation=generation - 1)) == IllegalGeneration(generation - 1, generation)
    assert rig.ask(commit(6, member="b", generation=generation)) == UnknownMember("b")
    assert rig.ask(commit(6)) == UnknownMember("")
    assert offset(rig) == 5


def test_a_commit_waits_until_the_leader_has_assigned():
    rig = Rig()
    rig.send(join(new="a"))
    rig.pass_ms(0)
    assert rig.ask(commit(5, member="a", generation=1)) == RebalanceInProgress()
    rig.send(sync("a", 1))
    assert rig.ask(commit(5, member="a", generation=1)) == (None,)


def test_a_generation_of_a_group_that_is_not_there_is_refused():
    assert Rig().ask(commit(5, member="a", generation=3)) == GroupNotFound("g")


def test_metadata_has_a_bound():
    assert Rig().ask(commit(5, metadata="x" * 5_000)) == (OffsetMetadataTooLarge(5_000, 4_096),)


def test_a_group_without_a_name_has_offsets_for_the_sake_of_old_clients():
    rig = Rig()
    assert rig.ask(structs.replace(commit(5), group_id="")) == (None,)
    assert rig.machine.offsets.of("")[T, 0].offset == 5
    assert rig.ask(DeleteGroup(group_id="")) is None
    assert rig.ask(DeleteGroup(group_id="")) == GroupNotFound("")


def test_an_offset_that_is_to_be_kept_beyond_the_end_of_time_is_kept_until_then():
    rig = Rig()
    assert rig.ask(structs.replace(commit(5), retention_ms=LONG_MAX)) == (None,)
    assert rig.machine.offsets.of("g")[T, 0].expire_timestamp == LONG_MAX
    assert offset(rig.restarted()) == 5


def test_offsets_of_a_simple_consumer_expire_some_days_after_the_commit():
    rig = Rig()
    rig.send(commit(5))
    rig.pass_ms(7 * DAY_MS - 1)
    assert offset(rig) == 5
    rig.pass_ms(DAY_MS)
    assert offset(rig) is None
    assert rig.state() == "Dead"


def test_offsets_of_a_group_expire_some_days_after_it_became_empty():
    rig = Rig()
    generation = stable(rig, "a")
    rig.send(commit(5, member="a", generation=generation))
    for _ in range(30):
        rig.pass_ms(5_000)
        rig.send(commit(5, member="a", generation=generation))
    rig.send(leave("a"))
    rig.pass_ms(7 * DAY_MS - 1_000_000)
    assert offset(rig) == 5
    rig.pass_ms(DAY_MS)
    assert (offset(rig), rig.state()) == (None, "Dead")


def test_a_deleted_topic_takes_its_offsets_along():
    rig = Rig()
    rig.send(commit(5))
    rig.send(commit(6, topic="u"))
    assert rig.ask(ForgetTopics(topics=frozenset({(T, ZERO_UUID)}))) is None
    assert list(rig.machine.offsets.of("g")) == [("u", 0)]


def test_only_a_group_without_members_is_deleted_and_takes_its_offsets_along():
    rig = Rig()
    generation = stable(rig, "a")
    rig.send(commit(5, member="a", generation=generation))
    assert rig.ask(DeleteGroup(group_id="g")) == GroupNotEmpty("g")
    rig.send(leave("a"))
    assert rig.ask(DeleteGroup(group_id="g")) is None
    assert (offset(rig), rig.state()) == (None, "Dead")
    assert rig.ask(DeleteGroup(group_id="g")) == GroupNotFound("g")


def test_an_offset_is_not_deleted_while_the_group_is_subscribed():
    rig = Rig()
    generation = stable(rig, "a")
    rig.send(commit(5, member="a", generation=generation))
    rig.send(commit(6, member="a", generation=generation, topic="u"))
    request = DeleteOffsets(group_id="g", partitions=((T, 0), (TopicName("u"), 0)))
    assert rig.ask(request) == (SubscribedToTopic("t"), None)
    assert list(rig.machine.offsets.of("g")) == [("t", 0)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("a", 97),
        ("hello", 99162322),
        ("polygenelubricants", 0),
        ("😀", 1772899),
        ("billing", 109829509),
        ("a-consumer-group", 600245036),
    ],
)
def test_the_hash_is_that_of_java_without_its_sign(text, expected):
    assert java_hash(text) == expected
    assert coordinator_partition(text, 50) == expected % 50
