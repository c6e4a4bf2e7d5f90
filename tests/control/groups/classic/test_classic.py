"""Classic groups: joins, syncs, heartbeats and leaving, as KIP-62, KIP-134, KIP-345, KIP-394 and KIP-814 have them."""

import pytest
from tests.control.groups.rig import Rig, beat, join, leave, sync

from headwater.control.groups.classic.requests import Joined, Leave, Leaver, Protocol, Synced
from headwater.control.groups.errors import (
    CoordinatorFull,
    FencedInstance,
    GroupFull,
    IllegalGeneration,
    InconsistentProtocol,
    InvalidGroupId,
    InvalidSessionTimeout,
    MemberIdRequired,
    RebalanceInProgress,
    UnknownMember,
)


def joined(answer: object) -> Joined:
    assert isinstance(answer, Joined), answer
    return answer


def stable(rig: Rig, *members: str) -> int:
    """A stable group of these members; the first leads. Gives its generation."""
    tickets = [rig.send(join(new=each)) for each in members]
    rig.pass_ms(0)
    assert all(each in rig.answers for each in tickets)
    generation = joined(rig.answers[tickets[0]]).generation
    for member in members[1:]:
        rig.send(sync(member, generation))
    rig.send(sync(members[0], generation, to={each: each.encode() for each in members}))
    assert rig.state() == "Stable"
    return generation


def rejoined(rig: Rig, *members: str) -> int:
    tickets = [rig.send(join(each)) for each in members]
    return joined(rig.answers[tickets[0]]).generation


def test_the_first_member_leads_and_is_told_who_else_joined():
    rig = Rig(initial_rebalance_delay_ms=3_000)
    first, second = rig.send(join(new="a")), rig.send(join(new="b"))
    assert rig.state() == "PreparingRebalance"
    rig.pass_ms(6_000)
    leader, follower = joined(rig.answers[first]), joined(rig.answers[second])
    assert (leader.generation, leader.leader, leader.protocol) == (1, "a", "range")
    assert [each.member_id for each in leader.members] == ["a", "b"]
    assert (follower.leader, follower.members) == ("a", ())


def test_the_initial_delay_grows_with_latecomers_but_not_past_the_rebalance_timeout():
    rig = Rig(initial_rebalance_delay_ms=3_000)
    first = rig.send(join(new="a", rebalance_timeout_ms=7_000))
    for name in ("b", "c", "d"):
        rig.pass_ms(2_000)
        rig.send(join(new=name, rebalance_timeout_ms=7_000))
    assert first not in rig.answers
    rig.pass_ms(1_000)
    assert first in rig.answers


def test_nobody_is_assigned_before_the_leader_has_spoken():
    rig = Rig()
    tickets = [rig.send(join(new=each)) for each in ("a", "b")]
    rig.pass_ms(0)
    generation = joined(rig.answers[tickets[0]]).generation
    waiting = rig.send(sync("b", generation))
    assert waiting not in rig.answers
    assert rig.ask(sync("a", generation, a=b"1", b=b"2")) == Synced(
        protocol_type="consumer", protocol="range", assignment=b"1"
    )
    assert rig.answers[waiting] == Synced(protocol_type="consumer", protocol="range", assignment=b"2")


def test_a_member_that_the_leader_forgot_gets_an_empty_assignment():
    rig = Rig()
    ticket = rig.send(join(new="a"))
    rig.pass_ms(0)
    answer = rig.ask(sync("a", joined(rig.answers[ticket]).generation))
    assert isinstance(answer, Synced)
    assert answer.assignment == b""


def test_a_member_that_misses_its_heartbeat_is_removed_and_the_rest_rebalance():
    rig = Rig()
    generation = stable(rig, "a", "b")
    rig.pass_ms(9_000)
    assert rig.ask(beat("a", generation)) is None
    rig.pass_ms(2_000)
    assert rig.ask(beat("a", generation)) == RebalanceInProgress()
    assert rejoined(rig, "a") == generation + 1


def test_a_new_member_makes_the_others_join_again():
    rig = Rig()
    generation = stable(rig, "a")
    newcomer = rig.send(join(new="b"))
    assert rig.ask(beat("a", generation)) == RebalanceInProgress()
    assert rejoined(rig, "a") == generation + 1
    assert joined(rig.answers[newcomer]).generation == generation + 1


def test_those_who_do_not_rejoin_in_time_are_removed():
    rig = Rig()
    generation = stable(rig, "a", "b")
    rig.send(join(new="c"))
    answer = rig.send(join("a"))
    for _ in range(7):
        rig.pass_ms(9_000)
        rig.send(beat("b", generation))
    assert [each.member_id for each in joined(rig.answers[answer]).members] == ["a", "c"]


def test_those_who_do_not_sync_in_time_are_removed():
    rig = Rig()
    tickets = [rig.send(join(new=each)) for each in ("a", "b")]
    rig.pass_ms(0)
    generation = joined(rig.answers[tickets[0]]).generation
    rig.send(sync("a", generation, a=b"1", b=b"2"))
    for _ in range(7):
        rig.pass_ms(9_000)
        for member in ("a", "b"):
            rig.send(beat(member, generation))
    assert rejoined(rig, "a") == generation + 1
    assert isinstance(rig.ask(beat("b", generation + 1)), UnknownMember)


def test_the_leader_that_joins_a_stable_group_wants_a_rebalance_and_a_follower_does_not():
    rig = Rig()
    generation = stable(rig, "a", "b")
    assert joined(rig.ask(join("b"))).generation == generation
    waiting = rig.send(join("a"))
    assert waiting not in rig.answers
    assert joined(rig.ask(join("b"))).generation == generation + 1


def test_a_follower_that_changes_its_subscription_causes_a_rebalance():
    rig = Rig()
    stable(rig, "a", "b")
    rig.send(join("b", protocols=(Protocol(name="range", metadata=b"other"),)))
    assert rig.state() == "PreparingRebalance"


def test_from_version_4_a_new_member_must_come_back_with_its_id():
    rig = Rig()
    assert rig.ask(join(new="a", needs_known_id=True)) == MemberIdRequired("a")
    ticket = rig.send(join("a", needs_known_id=True))
    rig.pass_ms(0)
    assert joined(rig.answers[ticket]).member_id == "a"


def test_an_id_that_nobody_came_back_with_is_forgotten_with_its_group():
    rig = Rig()
    rig.ask(join(new="a", needs_known_id=True))
    assert rig.state() == "Empty"
    rig.pass_ms(10_000)
    assert rig.state() == "Dead"
    assert rig.ask(join("a")) == UnknownMember("a")


def test_a_rebalance_waits_for_an_id_that_was_given_out():
    rig = Rig()
    generation = stable(rig, "a")
    rig.ask(join(new="b", needs_known_id=True))
    ticket = rig.send(join("a"))
    assert ticket not in rig.answers
    rig.send(join("b"))
    assert joined(rig.answers[ticket]).generation == generation + 1


def test_a_static_member_that_comes_back_keeps_its_assignment_without_a_rebalance():
    rig = Rig()
    first = rig.send(join(new="s-1", instance="s"))
    rig.pass_ms(0)
    generation = joined(rig.answers[first]).generation
    rig.send(sync("s-1", generation, to={"s-1": b"mine"}))
    back = joined(rig.ask(join(new="s-2", instance="s", can_skip_assignment=True)))
    assert (back.generation, back.member_id, back.leader, back.skip_assignment) == (generation, "s-2", "s-2", True)
    answer = rig.ask(sync("s-2", generation))
    assert isinstance(answer, Synced)
    assert answer.assignment == b"mine"
    assert rig.ask(sync("s-1", generation, instance="s")) == FencedInstance("s")


def test_a_static_leader_of_an_old_version_is_told_that_its_former_self_leads():
    rig = Rig()
    first = rig.send(join(new="s-1", instance="s"))
    rig.pass_ms(0)
    rig.send(sync("s-1", joined(rig.answers[first]).generation))
    back = joined(rig.ask(join(new="s-2", instance="s")))
    assert (back.leader, back.members, back.skip_assignment) == ("s-1", (), False)


def test_leaving_makes_the_rest_rebalance_and_the_last_leaves_an_empty_group():
    rig = Rig()
    generation = stable(rig, "a", "b")
    assert rig.ask(leave("b")) == (None,)
    assert rejoined(rig, "a") == generation + 1
    rig.send(sync("a", generation + 1))
    assert rig.ask(leave("a", "ghost")) == (None, UnknownMember("ghost"))
    assert rig.state() == "Empty"


def test_an_id_that_is_given_back_disturbs_nobody():
    rig = Rig()
    generation = stable(rig, "a")
    assert rig.ask(join(new="b", needs_known_id=True)) == MemberIdRequired("b")
    assert rig.ask(leave("b")) == (None,)
    assert rig.state() == "Stable"
    assert rig.ask(beat("a", generation)) is None


def test_an_id_that_was_given_out_does_not_become_a_static_member():
    rig = Rig()
    rig.send(join(new="s-1", instance="s"))
    assert rig.ask(join(new="b", needs_known_id=True)) == MemberIdRequired("b")
    assert rig.ask(join("b", instance="s")) == FencedInstance("s")
    assert rig.ask(join("b", instance="t")) == UnknownMember("b")


def test_static_members_that_died_while_they_waited_for_their_leader_are_removed():
    rig = Rig()
    leader = rig.send(join(new="a-1", instance="a"))
    rig.send(join(new="b-1", instance="b"))
    rig.pass_ms(0)
    generation = joined(rig.answers[leader]).generation
    waiting = rig.send(sync("b-1", generation, instance="b"))
    for _ in range(4):
        rig.pass_ms(5_000)
        rig.send(beat("a-1", generation))
    rig.send(leave("a-1"))
    assert rig.answers[waiting] == RebalanceInProgress()
    rig.pass_ms(10_000)
    assert rig.state() == "Empty"


def test_a_static_member_that_came_back_waits_for_the_others_as_long_as_it_takes():
    rig = Rig()
    generation = stable(rig, "a")
    rig.send(join(new="s-1", instance="s"))
    again = rig.send(join(new="s-2", instance="s"))
    for _ in range(6):
        rig.pass_ms(5_000)
        assert rig.ask(beat("a", generation)) == RebalanceInProgress()
    assert again not in rig.answers
    rig.send(join("a"))
    assert joined(rig.answers[again]).member_id == "s-2"


def test_an_administrator_removes_a_static_member_by_its_instance():
    rig = Rig()
    rig.send(join(new="s-1", instance="s"))
    rig.pass_ms(0)
    assert rig.ask(Leave(group_id="g", members=(Leaver(member_id="", instance_id="s"),))) == (None,)
    assert rig.state() == "Empty"


def test_generations_go_on_after_a_restart():
    rig = Rig()
    generation = stable(rig, "a")
    rig.send(leave("a"))
    again = rig.restarted()
    ticket = again.send(join(new="b"))
    again.pass_ms(0)
    assert joined(again.answers[ticket]).generation == generation + 2


def test_after_a_restart_members_go_on_where_they_were_and_silent_ones_are_removed():
    rig = Rig()
    generation = stable(rig, "a", "b")
    again = rig.restarted()
    assert again.state() == "Stable"
    again.pass_ms(9_000)
    assert again.ask(beat("a", generation)) is None
    answer = again.ask(sync("a", generation))
    assert isinstance(answer, Synced)
    assert answer.assignment == b"a"
    again.pass_ms(1_500)
    assert again.ask(beat("a", generation)) == RebalanceInProgress()


def test_the_protocol_is_the_one_that_all_can_do_and_most_prefer():
    rig = Rig(initial_rebalance_delay_ms=100)
    offers = {"a": ("x", "y"), "b": ("y", "x"), "c": ("y", "x")}
    tickets = [
        rig.send(join(new=name, protocols=tuple(Protocol(name=each, metadata=b"") for each in names)))
        for name, names in offers.items()
    ]
    rig.pass_ms(1_000)
    assert joined(rig.answers[tickets[0]]).protocol == "y"
    assert rig.ask(join(new="d", protocols=(Protocol(name="z", metadata=b""),))) == InconsistentProtocol()
    assert rig.ask(join(new="d", protocol_type="connect")) == InconsistentProtocol()


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        (join(group=""), InvalidGroupId),
        (join(session_timeout_ms=1), InvalidSessionTimeout),
        (join(session_timeout_ms=10**9), InvalidSessionTimeout),
        (join(protocols=()), InconsistentProtocol),
        (join("nobody"), UnknownMember),
    ],
)
def test_a_join_that_cannot_be_is_refused(request_, refusal):
    assert isinstance(Rig().ask(request_), refusal)


def test_a_full_group_takes_nobody_else():
    rig = Rig(max_size=1)
    stable(rig, "a")
    assert rig.ask(join(new="b")) == GroupFull(1)


def test_all_groups_together_give_out_a_bounded_number_of_ids():
    rig = Rig(members_max=2)
    assert rig.ask(join(group="x", new="a", needs_known_id=True)) == MemberIdRequired("a")
    assert rig.ask(join(group="y", new="b", needs_known_id=True)) == MemberIdRequired("b")
    assert rig.ask(join(group="z", new="c", needs_known_id=True)) == CoordinatorFull(2)
    rig.send(join("a", group="x"))
    rig.pass_ms(10_000)
    assert rig.ask(join(group="z", new="c", needs_known_id=True)) == MemberIdRequired("c")


def test_requests_of_another_generation_or_of_strangers_are_refused():
    rig = Rig()
    generation = stable(rig, "a")
    assert rig.ask(beat("a", generation - 1)) == IllegalGeneration(generation - 1, generation)
    assert rig.ask(beat("x", generation)) == UnknownMember("x")
    assert rig.ask(sync("a", generation + 1)) == IllegalGeneration(generation + 1, generation)


def test_of_two_joins_of_one_member_the_later_counts():
    rig = Rig()
    stable(rig, "a", "b")
    earlier = rig.send(join("a"))
    later = rig.send(join("a"))
    assert rig.answers[earlier] == RebalanceInProgress()
    rig.send(join("b"))
    assert isinstance(rig.answers[later], Joined)
