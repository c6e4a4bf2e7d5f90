"""Classic and consumer members in one group: it goes over to the new protocol, and back, while it works."""

import pytest
from tests.control.groups.classic.consumers import ClassicConsumer
from tests.control.groups.consumer.client import Client
from tests.control.groups.rig import Rig, beat, join, leave, sync

from headwater.control.groups.classic.requests import GroupDescription, Joined, Protocol, Synced
from headwater.control.groups.consumer.requests import ConsumerGroupDescription, Heartbeaten
from headwater.control.groups.consumer.settings import ConsumerGroupSettings, Migration
from headwater.control.groups.errors import (
    CantUpgrade,
    GroupNotFound,
    IllegalGeneration,
    InconsistentProtocol,
    InvalidSessionTimeout,
    MemberIdRequired,
    RebalanceInProgress,
    UnknownMember,
)
from headwater.wire.keyed_records import encode_versioned
from headwater.wire.records.consumer_protocol_assignment import ConsumerProtocolAssignment


def classic_group(**settings: object) -> tuple[Rig, ClassicConsumer]:
    """A classic group of one member, which owns all four partitions."""
    rig = Rig(consumer=ConsumerGroupSettings(**{"assignment_interval_ms": 0} | settings))  # type: ignore[arg-type]
    rig.topics.make("t", 4)
    old = ClassicConsumer(rig, "old")
    old.join()
    rig.pass_ms(0)
    old.go_on()
    assert old.owned == {"t": (0, 1, 2, 3)}
    return rig, old


def kind_of(rig: Rig) -> str:
    return next(each.kind for each in rig.machine.overviews() if each.group_id == "g")


def rest(*members: ClassicConsumer | Client) -> None:
    for _ in range(12):
        for each in members:
            each.go_on() if isinstance(each, ClassicConsumer) else each.beat()


def test_the_first_consumer_member_makes_it_a_consumer_group_and_both_share():
    rig, old = classic_group()
    new = Client(rig, "new")
    assert isinstance(new.join(), Heartbeaten)
    assert kind_of(rig) == "consumer"
    assert new.partitions() == ()
    assert isinstance(rig.ask(beat("old", old.generation)), RebalanceInProgress)
    rest(old, new)
    assert sorted(old.owned["t"] + new.partitions()) == [0, 1, 2, 3]
    described = rig.machine.consumer.describe("g")
    assert isinstance(described, ConsumerGroupDescription)
    assert [each.is_classic for each in described.members] == [True, False]
    assert isinstance(rig.machine.describe("g"), GroupNotFound)


def test_when_the_last_consumer_member_leaves_it_is_a_classic_group_again():
    rig, old = classic_group()
    new = Client(rig, "new")
    new.join()
    rest(old, new)
    new.leave()
    assert kind_of(rig) == "classic"
    rest(old)
    rig.pass_ms(0)
    rest(old)
    assert old.owned == {"t": (0, 1, 2, 3)}
    assert isinstance(rig.machine.describe("g"), GroupDescription)
    again = rig.restarted()
    assert kind_of(again) == "classic"
    assert again.ask(beat("old", old.generation)) is None


def test_it_is_downgraded_too_when_the_last_consumer_member_falls_silent():
    rig, old = classic_group()
    Client(rig, "new").join()
    for _ in range(25):
        old.go_on()
        rig.pass_ms(2_000)
    assert kind_of(rig) == "classic"


def test_a_classic_member_that_is_called_to_rejoin_and_does_not_is_removed():
    rig, old = classic_group()
    new = Client(rig, "new")
    new.join()
    for _ in range(30):
        rig.ask(beat("old", old.generation))
        new.beat()
        rig.pass_ms(2_100)
    new.settle()
    assert new.partitions() == (0, 1, 2, 3)
    assert isinstance(rig.ask(beat("old", old.generation)), UnknownMember)


def test_more_classic_members_may_join_a_consumer_group():
    rig, old = classic_group()
    new = Client(rig, "new")
    new.join()
    later = ClassicConsumer(rig, "later")
    later.join()
    rest(old, new, later)
    assert sorted(old.owned["t"] + later.owned["t"] + new.partitions()) == [0, 1, 2, 3]


def test_classic_members_are_held_to_their_generation_and_protocol():
    rig, old = classic_group()
    new = Client(rig, "new")
    new.join()
    rest(old, new)
    assert isinstance(rig.ask(sync("old", 99)), IllegalGeneration)
    assert isinstance(rig.ask(beat("old", 99)), IllegalGeneration)
    assert isinstance(rig.ask(sync("new", new.epoch)), UnknownMember)
    assert isinstance(rig.ask(sync("old", old.generation)), Synced)
    other = (Protocol(name="mine", metadata=b"\0\0" + bytes(8)),)
    assert isinstance(rig.ask(join(new="x", protocols=other)), InconsistentProtocol)
    assert isinstance(rig.ask(join(new="x", protocol_type="connect")), InconsistentProtocol)
    assert isinstance(rig.ask(join(new="x", session_timeout_ms=1)), InvalidSessionTimeout)
    garbled = (Protocol(name="cooperative-sticky", metadata=b"\0"),)
    assert isinstance(rig.ask(join(new="x", protocols=garbled)), InconsistentProtocol)
    known = (Protocol(name="cooperative-sticky", metadata=b"\0\0" + b"\0\0\0\1\0\1t" + b"\xff\xff\xff\xff"),)
    assert rig.ask(join(new="x", protocols=known, needs_known_id=True)) == MemberIdRequired("x")
    assert isinstance(rig.ask(join("x", protocols=known, needs_known_id=True)), Joined)
    answers = rig.ask(leave("x", "y"))
    assert isinstance(answers, tuple)
    assert answers[0] is None
    assert isinstance(answers[1], UnknownMember)


def test_a_consumer_group_without_members_is_given_to_classic_ones():
    rig = Rig()
    rig.topics.make("t", 1)
    new = Client(rig, "new")
    new.join()
    new.leave()
    old = ClassicConsumer(rig, "old")
    old.join()
    rig.pass_ms(0)
    old.go_on()
    assert old.owned == {"t": (0,)}
    assert kind_of(rig) == kind_of(rig.restarted()) == "classic"


def test_a_static_member_goes_over_under_its_instance_id_and_comes_back():
    rig = Rig(consumer=ConsumerGroupSettings(assignment_interval_ms=0))
    rig.topics.make("t", 2)
    old = ClassicConsumer(rig, "old", instance="i")
    old.join()
    rig.pass_ms(0)
    old.go_on()
    new = Client(rig, "new", instance="i")
    new.join()
    new.settle()
    assert kind_of(rig) == "consumer"
    assert new.partitions() == (0, 1)
    back = ClassicConsumer(rig, "back", instance="i")
    back.join()
    assert kind_of(rig) == "classic"
    rest(back)
    assert back.owned == {"t": (0, 1)}


@pytest.mark.parametrize("migration", [Migration.DISABLED, Migration.DOWNGRADE])
def test_a_broker_may_forbid_the_upgrade(migration: Migration):
    rig, old = classic_group(migration=migration)
    assert isinstance(Client(rig, "new").join(), CantUpgrade)
    assert kind_of(rig) == "classic"
    assert rig.ask(beat("old", old.generation)) is None


def test_a_group_that_may_not_be_downgraded_stays_what_it_is():
    rig, old = classic_group(migration=Migration.UPGRADE)
    new = Client(rig, "new")
    new.join()
    rest(old, new)
    new.leave()
    assert kind_of(rig) == "consumer"
    rig.pass_ms(0)
    rest(old)
    assert old.owned == {"t": (0, 1, 2, 3)}


def test_where_migration_is_disabled_classic_members_cannot_join_consumers():
    rig = Rig(consumer=ConsumerGroupSettings(migration=Migration.DISABLED))
    Client(rig, "new").join()
    assert isinstance(rig.ask(join(new="x")), InconsistentProtocol)


def test_what_is_no_consumer_or_would_lose_data_is_not_upgraded():
    rig = Rig(initial_rebalance_delay_ms=0)
    rig.send(join(new="a", protocol_type="connect"))
    rig.pass_ms(0)
    assert isinstance(Client(rig, "new").join(), CantUpgrade)
    rig = Rig(initial_rebalance_delay_ms=0)
    rig.send(join(new="a"))
    rig.pass_ms(0)
    with_data = encode_versioned(ConsumerProtocolAssignment(user_data=b"of the assignor"), 1)
    rig.ask(sync("a", 1, a=with_data))
    assert isinstance(Client(rig, "new").join(), CantUpgrade)
    assert kind_of(rig) == "classic"
