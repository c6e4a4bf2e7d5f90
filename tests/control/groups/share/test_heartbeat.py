"""ShareGroupHeartbeat: members come, learn what to read, and go."""

import pytest
from tests.control.groups.rig import Rig
from tests.control.groups.share.rig import beat, initialize, joined, known, stayed, written

from headwater.control.groups.errors import FencedMemberEpoch, GroupFull, GroupNotFound, InvalidHeartbeat, UnknownMember
from headwater.control.groups.requests import ForgetTopics
from headwater.control.groups.share.member import LEAVING
from headwater.control.groups.share.requests import ShareMembership
from headwater.control.groups.share.settings import ShareGroupSettings
from headwater.wire.types import TopicName

DEFAULTS = ShareGroupSettings()


def test_the_first_member_waits_for_share_state_and_then_reads_everything():
    rig = Rig()
    topic = rig.topics.make("t", 2)
    ticket = rig.send(beat())
    assert ticket not in rig.answers
    assert known(rig).shares.initializing[topic].partitions == (0, 1)
    initialize(rig)
    assert rig.answers[ticket] == ShareMembership(
        member_id="a", epoch=2, heartbeat_interval_ms=DEFAULTS.heartbeat_interval_ms, assigned={topic: (0, 1)}
    )


def test_a_member_that_waited_long_enough_is_answered_without_an_assignment():
    rig = Rig()
    rig.topics.make("t", 1)
    ticket = rig.send(beat())
    rig.pass_ms(5_000)
    assert rig.answers[ticket].assigned == {}


def test_members_that_wait_are_answered_one_after_another():
    rig = Rig()
    rig.topics.make("t", 3)
    tickets = [rig.send(beat(member)) for member in "abc"]
    initialize(rig)
    assert [rig.answers[each].member_id for each in tickets] == ["a", "b", "c"]


def test_a_topic_that_does_not_exist_yet_is_read_once_it_does():
    rig = Rig()
    assert joined(rig).assigned == {}
    topic = rig.topics.make("t", 1)
    stayed(rig)
    initialize(rig)
    assert stayed(rig).assigned == {topic: (0,)}


def test_a_heartbeat_that_changes_nothing_writes_nothing_and_tells_nothing():
    rig = Rig()
    rig.topics.make("t", 1)
    epoch = joined(rig).epoch
    assert written(rig, beat(epoch=epoch, topics=None)) == []
    assert stayed(rig).assigned is None


def test_members_share_a_partition_where_there_are_more_of_them():
    rig = Rig()
    topic = rig.topics.make("t", 1)
    joined(rig, "a")
    rig.pass_ms(DEFAULTS.assignment_interval_ms)
    assert joined(rig, "b").assigned == {topic: (0,)}


def test_a_second_member_takes_half_and_the_first_follows_with_its_next_heartbeat():
    rig = Rig()
    topic = rig.topics.make("t", 2)
    joined(rig, "a")
    rig.pass_ms(DEFAULTS.assignment_interval_ms)
    assert joined(rig, "b").assigned == {topic: (1,)}
    assert stayed(rig, "a").assigned == {topic: (0,)}


def test_assignments_are_not_made_more_often_than_the_interval_allows():
    rig = Rig()
    topic = rig.topics.make("t", 2)
    joined(rig, "a")
    assert joined(rig, "b").assigned == {}
    rig.pass_ms(DEFAULTS.assignment_interval_ms)
    assert stayed(rig, "b").assigned == {topic: (1,)}


def test_new_partitions_are_read_when_they_have_share_state():
    rig = Rig()
    topic = rig.topics.make("t", 1)
    joined(rig)
    rig.topics.make("t", 3)
    rig.pass_ms(DEFAULTS.assignment_interval_ms)
    stayed(rig)
    assert known(rig).shares.initializing[topic].partitions == (1, 2)
    initialize(rig)
    rig.pass_ms(DEFAULTS.assignment_interval_ms)
    assert stayed(rig).assigned == {topic: (0, 1, 2)}


def test_a_deleted_topic_is_read_no_more_and_forgotten():
    rig = Rig()
    topic = rig.topics.make("t", 1)
    other = rig.topics.make("u", 1)
    joined(rig, "a", "t", "u")
    rig.topics.delete("t")
    rig.ask(ForgetTopics(topics=frozenset({(TopicName("t"), topic)})))
    rig.pass_ms(DEFAULTS.assignment_interval_ms)
    assert stayed(rig).assigned == {other: (0,)}
    assert list(known(rig).shares.topic_ids) == [other]
    assert written(rig, beat(epoch=known(rig).epoch, topics=None)) == []


def test_who_changes_its_topics_reads_only_those():
    rig = Rig()
    rig.topics.make("t", 1)
    other = rig.topics.make("u", 1)
    epoch = joined(rig, "a", "t").epoch
    rig.pass_ms(DEFAULTS.assignment_interval_ms)
    ticket = rig.send(beat(epoch=epoch, topics=("u",)))
    rig.pass_ms(DEFAULTS.assignment_interval_ms)
    initialize(rig)
    assert rig.answers[ticket].assigned == {other: (0,)}


def test_a_member_that_leaves_gives_its_partitions_to_the_others():
    rig = Rig()
    topic = rig.topics.make("t", 2)
    joined(rig, "a")
    rig.pass_ms(DEFAULTS.assignment_interval_ms)
    joined(rig, "b")
    rig.pass_ms(DEFAULTS.assignment_interval_ms)
    stayed(rig, "a")
    assert rig.ask(beat("b", epoch=LEAVING, topics=None)) == ShareMembership(member_id="b", epoch=LEAVING)
    assert stayed(rig, "a").assigned == {topic: (0, 1)}


def test_a_group_that_all_have_left_is_empty_and_remembers_what_has_share_state():
    rig = Rig()
    topic = rig.topics.make("t", 1)
    joined(rig)
    rig.ask(beat(epoch=LEAVING, topics=None))
    assert rig.machine.share.overview("g").state == "Empty"
    assert joined(rig, "b").assigned == {topic: (0,)}


def test_a_member_that_misses_its_session_is_removed_and_learns_of_it():
    rig = Rig()
    rig.topics.make("t", 1)
    epoch = joined(rig).epoch
    rig.pass_ms(DEFAULTS.session_timeout_ms)
    assert known(rig).members == {}
    assert rig.ask(beat(epoch=epoch, topics=None)) == UnknownMember("a")


def test_several_members_whose_sessions_end_together_go_one_after_another():
    rig = Rig()
    rig.topics.make("t", 1)
    for member in "abc":
        joined(rig, member)
    epoch = known(rig).epoch
    rig.pass_ms(DEFAULTS.session_timeout_ms)
    assert known(rig).members == {}
    assert known(rig).epoch == known(rig).assignment_epoch == epoch + 3


def test_sessions_begin_anew_after_a_load():
    rig = Rig()
    rig.topics.make("t", 1)
    joined(rig)
    again = rig.restarted()
    again.topics = rig.topics
    again.pass_ms(DEFAULTS.session_timeout_ms - 1)
    assert list(known(again).members) == ["a"]
    again.pass_ms(1)
    assert known(again).members == {}


def test_epochs_that_are_not_the_members_are_fenced_but_the_one_before_is_known():
    rig = Rig()
    rig.topics.make("t", 1)
    epoch = joined(rig).epoch
    before = known(rig).members["a"].previous_epoch
    assert rig.ask(beat(epoch=epoch + 1, topics=None)) == FencedMemberEpoch(epoch + 1, epoch)
    assert isinstance(rig.ask(beat(epoch=before, topics=None)), ShareMembership)


def test_a_member_id_may_be_any_text():
    rig = Rig()
    rig.topics.make("t", 1)
    assert joined(rig, "d/3+x==").member_id == "d/3+x=="


def test_a_full_group_takes_nobody_more():
    rig = Rig()
    rig.share_settings = ShareGroupSettings(size_max=1)
    joined(rig, "a")
    assert rig.ask(beat("b")) == GroupFull(1, "group.share.max.size")
    assert isinstance(rig.ask(beat("a")), ShareMembership)


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        (beat(epoch=3), GroupNotFound("g")),
        (beat(epoch=LEAVING), GroupNotFound("g")),
        (beat("", epoch=0), InvalidHeartbeat("MemberId can't be empty.")),
        (beat(group=""), InvalidHeartbeat("GroupId can't be empty.")),
        (beat(rack=""), InvalidHeartbeat("RackId can't be empty.")),
        (beat(topics=None), InvalidHeartbeat("SubscribedTopicNames must be set in first request.")),
        (beat(topics=()), InvalidHeartbeat("SubscribedTopicNames must be set in first request.")),
        (beat(epoch=-2), InvalidHeartbeat("MemberEpoch is invalid.")),
    ],
)
def test_what_can_not_be_is_refused(request_, refusal):
    assert Rig().ask(request_) == refusal
