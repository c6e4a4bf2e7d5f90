"""Subscriptions by regular expression: when they are to be matched, and what a match leads to."""

from tests.control.groups.consumer.client import Client
from tests.control.groups.rig import WALL, Rig

from headwater.kernel.units import Timestamp

ORDERS = "orders-.*"


def subscribed() -> tuple[Rig, Client]:
    rig = Rig()
    rig.topics.make("orders-a", 2)
    member = Client(rig, "a", topics=(), expression=ORDERS)
    member.join({ORDERS: ("orders-a",)})
    return rig, member


def unmatched(rig: Rig, expression: str = "") -> tuple[str, ...]:
    return rig.machine.consumer.unmatched("g", expression, Timestamp(WALL + rig.elapsed))


def test_a_new_expression_has_to_be_matched_and_one_that_is_known_has_not():
    rig, member = subscribed()
    assert member.partitions("orders-a") == (0, 1)
    assert unmatched(rig) == unmatched(rig, ORDERS) == ()
    assert unmatched(rig, "x") == ("x",)
    assert rig.machine.consumer.unmatched("other", "x", Timestamp(0)) == ("x",)
    assert rig.machine.consumer.unmatched("other", "", Timestamp(0)) == ()


def test_when_topics_come_expressions_are_matched_again_but_only_so_often():
    rig, member = subscribed()
    rig.topics.make("orders-b", 1)
    assert unmatched(rig) == ()
    rig.pass_ms(10_000)
    assert unmatched(rig) == (ORDERS,)
    member.beat(matched={ORDERS: ("orders-a", "orders-b")})
    member.settle()
    assert member.partitions("orders-b") == (0,)
    assert unmatched(rig) == ()


def test_although_no_topic_comes_they_are_matched_now_and_then_for_rights_may_have_changed():
    rig, member = subscribed()
    for _ in range(60):
        assert unmatched(rig) == ()
        rig.pass_ms(10_000)
        member.beat()
    assert unmatched(rig) == (ORDERS,)
    member.beat(matched={ORDERS: ()})
    member.settle()
    assert member.owned == {}


def test_after_a_restart_they_are_matched_again_and_what_was_found_still_counts():
    rig, member = subscribed()
    member.rig = rig = rig.restarted()
    assert unmatched(rig) == (ORDERS,)
    member.beat()
    assert member.partitions("orders-a") == (0, 1)


def test_an_expression_that_nobody_uses_any_more_is_forgotten():
    rig, member = subscribed()
    member.beat(expression="", topics=("orders-a",))
    assert rig.machine.consumer.table.groups["g"].expressions == {}
    member.settle()
    assert member.partitions("orders-a") == (0, 1)
    other = Client(rig, "b", topics=(), expression=ORDERS)
    other.join({ORDERS: ("orders-a",)})
    other.leave()
    assert rig.machine.consumer.table.groups["g"].expressions == {}


def test_a_match_that_nobody_asked_for_is_not_taken():
    rig, member = subscribed()
    member.beat(matched={"x.*": ("orders-a",)})
    assert list(rig.machine.consumer.table.groups["g"].expressions) == [ORDERS]


def test_names_and_expressions_add_up():
    rig, member = subscribed()
    rig.topics.make("u", 1)
    member.beat(topics=("u",))
    member.settle()
    assert (member.partitions("orders-a"), member.partitions("u")) == ((0, 1), (0,))
