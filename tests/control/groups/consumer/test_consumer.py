"""Consumer groups of KIP-848: heartbeats in, assignments out."""

from tests.control.groups.consumer.client import Client
from tests.control.groups.rig import Rig

from headwater.control.groups.consumer.requests import ConsumerGroupDescription, ConsumerHeartbeat, Heartbeaten
from headwater.control.groups.consumer.settings import ConsumerGroupSettings
from headwater.control.groups.errors import (
    CoordinatorFull,
    FencedInstance,
    FencedMemberEpoch,
    GroupFull,
    GroupNotFound,
    InvalidHeartbeat,
    UnknownMember,
    UnreleasedInstance,
    UnsupportedAssignor,
)
from headwater.control.groups.requests import DeleteGroup
from headwater.wire.types import Uuid


def with_topic(partitions: int = 4, **settings: int) -> Rig:
    rig = Rig(consumer=ConsumerGroupSettings(**{"assignment_interval_ms": 0} | settings))  # type: ignore[arg-type]
    rig.topics.make("t", partitions)
    return rig


def described(rig: Rig) -> ConsumerGroupDescription:
    found = rig.machine.consumer.describe("g")
    assert isinstance(found, ConsumerGroupDescription)
    return found


def test_the_first_member_gets_everything_at_once():
    rig = with_topic()
    a = Client(rig, "a")
    answer = a.join()
    assert isinstance(answer, Heartbeaten)
    assert (answer.member_id, answer.epoch, answer.heartbeat_interval_ms) == ("a", 2, 5_000)
    assert a.partitions() == (0, 1, 2, 3)
    assert described(rig).state == "Stable"


def test_a_second_member_gets_its_share_only_when_the_first_has_given_it_up():
    rig = with_topic()
    a, b = Client(rig, "a"), Client(rig, "b")
    a.join()
    b.join()
    assert b.partitions() == ()
    assert described(rig).state == "Reconciling"
    before = a.owned
    a.beat()
    assert len(a.partitions()) == 2
    assert b.beat() == Heartbeaten(member_id="b", epoch=3, heartbeat_interval_ms=5_000, assignment=None)
    a.owned, kept = before, a.owned
    a.beat()
    b.beat()
    assert b.partitions() == ()
    a.owned = kept
    a.beat()
    b.beat()
    assert sorted(a.partitions() + b.partitions()) == [0, 1, 2, 3]
    assert described(rig).state == "Stable"


def test_a_heartbeat_that_changes_nothing_writes_nothing_and_tells_nothing():
    rig = with_topic()
    a = Client(rig, "a")
    a.join()
    written = len(rig.log)
    answer = a.beat()
    assert isinstance(answer, Heartbeaten)
    assert answer.assignment is None
    assert len(rig.log) == written


def test_a_full_heartbeat_is_told_its_assignment_again():
    rig = with_topic()
    a = Client(rig, "a")
    a.join()
    answer = a.beat(rebalance_timeout_ms=60_000, topics=("t",))
    assert isinstance(answer, Heartbeaten)
    assert answer.assignment is not None


def test_members_that_leave_or_fall_silent_make_place_for_the_others():
    rig = with_topic()
    a, b, c = (Client(rig, each) for each in "abc")
    for each in (a, b, c):
        each.join()
    a.settle(b, c)
    b.leave()
    a.settle(c)
    assert sorted(a.partitions() + c.partitions()) == [0, 1, 2, 3]
    for _ in range(10):
        rig.pass_ms(5_000)
        a.beat()
    a.settle()
    assert a.partitions() == (0, 1, 2, 3)
    assert isinstance(c.beat(), UnknownMember)


def test_a_member_that_does_not_give_up_its_partitions_in_time_is_removed():
    rig = with_topic()
    a, b = Client(rig, "a", rebalance_timeout_ms=10_000), Client(rig, "b")
    a.join()
    b.join()
    everything = a.owned
    for _ in range(4):
        a.owned = everything
        a.beat()
        rig.pass_ms(3_000)
    b.beat()
    assert b.partitions() == (0, 1, 2, 3)
    assert isinstance(a.beat(), UnknownMember)


def test_a_member_whose_epoch_is_wrong_is_fenced_unless_it_only_missed_an_answer():
    rig = with_topic()
    a, b = Client(rig, "a"), Client(rig, "b")
    a.join()
    b.join()
    a.beat()
    a.beat()
    assert a.epoch == 3
    a.epoch = 2
    assert isinstance(a.beat(), Heartbeaten)
    a.epoch = 9
    assert isinstance(a.beat(), FencedMemberEpoch)
    a.epoch, a.owned = 2, {Uuid(b"x" * 16): (0,)}
    assert isinstance(a.beat(), FencedMemberEpoch)


def test_what_a_heartbeat_can_not_say():
    rig = with_topic()
    plain = {"group_id": "g", "member_id": "a", "client_id": "c", "client_host": "/h"}
    first = {"rebalance_timeout_ms": 1, "topics": (), "owned": {}}

    def ask(**fields: object) -> object:
        return rig.ask(ConsumerHeartbeat(**plain | fields))  # type: ignore[arg-type]

    assert isinstance(ask(epoch=0, **first | {"rebalance_timeout_ms": -1}), InvalidHeartbeat)
    assert isinstance(ask(epoch=0, **first | {"owned": None}), InvalidHeartbeat)
    assert isinstance(ask(epoch=0, **first | {"topics": None}), InvalidHeartbeat)
    assert isinstance(ask(epoch=0, **first | {"rack_id": ""}), InvalidHeartbeat)
    assert isinstance(ask(epoch=0, **first | {"assignor": "mine"}), UnsupportedAssignor)
    assert isinstance(ask(epoch=3), GroupNotFound)
    assert rig.log == []
    Client(rig, "b").join()
    assert isinstance(ask(epoch=3), UnknownMember)
    assert isinstance(ask(epoch=-2), InvalidHeartbeat)
    assert isinstance(ask(epoch=-3), InvalidHeartbeat)
    assert isinstance(ask(epoch=3, member_id=""), InvalidHeartbeat)


def test_a_group_takes_no_more_members_than_it_may_have():
    rig = with_topic(max_size=1)
    a = Client(rig, "a")
    a.join()
    assert isinstance(Client(rig, "b").join(), GroupFull)
    assert isinstance(a.join(), Heartbeaten)


def test_all_groups_together_have_a_bounded_number_of_members():
    rig = Rig(members_max=1)
    assert isinstance(Client(rig, "a", group="x").join(), Heartbeaten)
    assert isinstance(Client(rig, "a", group="y").join(), CoordinatorFull)


def test_a_static_member_that_comes_back_has_its_partitions_again_and_nobody_rebalances():
    rig = with_topic()
    a, b = Client(rig, "a", instance="i"), Client(rig, "b")
    a.join()
    b.join()
    a.settle(b)
    kept = a.owned
    assert isinstance(a.leave(-2), Heartbeaten)
    epoch = described(rig).epoch
    again = Client(rig, "a2", instance="i")
    again.join()
    assert again.owned == kept
    assert described(rig).epoch == epoch
    assert isinstance(b.beat(), Heartbeaten)
    a.epoch = epoch
    assert isinstance(a.beat(), FencedInstance)
    assert isinstance(Client(rig, "a3", instance="i").join(), UnreleasedInstance)
    rig.pass_ms(44_000)
    again.beat()
    b.beat()
    rig.pass_ms(44_000)
    assert len(described(rig).members) == 2


def test_a_static_member_that_does_not_come_back_is_gone_after_its_session():
    rig = with_topic()
    a = Client(rig, "a", instance="i")
    a.join()
    a.leave(-2)
    rig.pass_ms(45_000)
    assert described(rig).state == "Empty"


def test_new_partitions_and_new_topics_are_seen_with_the_next_heartbeat():
    rig = with_topic(2)
    a = Client(rig, "a", topics=("t", "u"))
    a.join()
    assert a.partitions() == (0, 1)
    rig.topics.make("t", 3)
    rig.topics.make("u", 1)
    a.beat()
    assert a.partitions() == (0, 1, 2)
    assert a.partitions("u") == (0,)
    rig.topics.make("other", 1)
    epoch = a.epoch
    a.beat()
    assert a.epoch == epoch
    rig.topics.delete("t")
    a.settle()
    assert a.partitions("u") == (0,)
    assert a.epoch > epoch


def test_changes_that_come_together_are_assigned_together():
    rig = with_topic(assignment_interval_ms=1_000)
    a, b, c = (Client(rig, each) for each in "abc")
    a.join()
    b.join()
    c.join()
    assert a.partitions() == (0, 1, 2, 3)
    assert described(rig).state == "Assigning"
    rig.pass_ms(1_000)
    a.settle(b, c)
    assert sorted(a.partitions() + b.partitions() + c.partitions()) == [0, 1, 2, 3]
    assert described(rig).target_epoch == described(rig).epoch == 4


def test_members_choose_the_assignor_by_majority():
    rig = with_topic(3)
    a = Client(rig, "a", assignor="range")
    a.join()
    assert described(rig).assignor == "range"
    for each in ("b", "c"):
        Client(rig, each, assignor="uniform").join()
    assert described(rig).assignor == "uniform"


def test_a_member_that_unsubscribes_gives_up_the_topic_at_once_and_gets_the_other():
    rig = with_topic(2)
    rig.topics.make("u", 2)
    a = Client(rig, "a")
    a.join()
    a.beat(topics=("u",))
    assert a.partitions() == ()
    a.settle()
    assert a.partitions("u") == (0, 1)


def test_an_empty_group_is_deleted_and_one_with_members_is_not():
    rig = with_topic()
    a = Client(rig, "a")
    a.join()
    assert rig.ask(DeleteGroup(group_id="g")) is not None
    a.leave()
    assert rig.ask(DeleteGroup(group_id="g")) is None
    assert list(rig.machine.snapshot()) == []
    assert list(Rig(rig.log).machine.snapshot()) == []


def test_a_restart_loses_nothing_and_silence_counts_from_then():
    rig = with_topic()
    a, b = Client(rig, "a"), Client(rig, "b")
    a.join()
    b.join()
    a.settle(b)
    rig = rig.restarted()
    a.rig = b.rig = rig
    assert isinstance(a.beat(), Heartbeaten)
    rig.pass_ms(44_000)
    a.beat()
    rig.pass_ms(2_000)
    a.settle()
    assert a.partitions() == (0, 1, 2, 3)
