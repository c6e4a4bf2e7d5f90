"""Whatever members do, in whatever order, and whenever the broker restarts: a partition has one owner, and epochs grow."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.control.groups.classic.consumers import ClassicConsumer
from tests.control.groups.consumer.client import Client
from tests.control.groups.rig import Rig

from headwater.control.groups.classic.group import Group as ClassicGroup
from headwater.control.groups.consumer.group import Group, State
from headwater.control.groups.consumer.settings import ConsumerGroupSettings
from headwater.wire.types import TopicName, Uuid

NAMES = ("a", "b", "c", "d")
MEMBERS = st.sampled_from(NAMES)
TOPICS = st.lists(st.sampled_from(["t", "u", "v"]), unique=True, max_size=3).map(tuple)
EXPRESSION = ".*"


class AnyGroup(RuleBasedStateMachine):
    """Four clients that speak either protocol and do anything at any time; `b` is a static member."""

    def __init__(self) -> None:
        super().__init__()
        self.rig = Rig(consumer=ConsumerGroupSettings(assignment_interval_ms=1_000), initial_rebalance_delay_ms=0)
        self.rig.topics.make("t", 3)
        self.rig.topics.make("u", 2)
        self.epoch = 0

    @initialize(assignor=st.sampled_from(["uniform", "range"]))
    def begin(self, assignor: str) -> None:
        self.clients = {
            name: Client(self.rig, name, instance="i" if name == "b" else None, assignor=assignor) for name in NAMES
        }
        self.old = {name: ClassicConsumer(self.rig, f"old-{name}") for name in NAMES}

    @rule(name=MEMBERS, topics=TOPICS, by_expression=st.booleans())
    def join(self, name: str, topics: tuple[str, ...], by_expression: bool) -> None:
        client = self.clients[name]
        client.topics, client.expression = topics, EXPRESSION if by_expression else ""
        client.join(self.matched())

    @rule(name=MEMBERS)
    def beat(self, name: str) -> None:
        self.clients[name].beat(matched=self.matched())

    @rule(name=MEMBERS)
    def hold_on(self, name: str) -> None:
        """A heartbeat of one that has not given up anything yet."""
        client = self.clients[name]
        before = client.owned
        client.beat()
        client.owned = {**client.owned, **before}

    @rule(name=MEMBERS, topics=TOPICS)
    def subscribe_to_others(self, name: str, topics: tuple[str, ...]) -> None:
        self.clients[name].beat(topics=topics)

    @rule(name=MEMBERS, epoch=st.sampled_from([-1, -2]))
    def leave(self, name: str, epoch: int) -> None:
        self.clients[name].leave(epoch)

    @rule(name=MEMBERS)
    def join_the_old_way(self, name: str) -> None:
        self.old[name].join()

    @rule(name=MEMBERS)
    def go_on_the_old_way(self, name: str) -> None:
        self.old[name].go_on()

    @rule(name=MEMBERS)
    def leave_the_old_way(self, name: str) -> None:
        self.old[name].leave()

    @rule(topic=st.sampled_from(["t", "u", "v"]), partitions=st.integers(1, 4))
    def make(self, topic: str, partitions: int) -> None:
        if partitions > self.rig.topics.partition_count(TopicName(topic)):
            self.rig.topics.make(topic, partitions)

    @rule(ms=st.sampled_from([500, 2_000, 30_000, 70_000]))
    def time_passes(self, ms: int) -> None:
        self.rig.pass_ms(ms)

    @rule()
    def restart(self) -> None:
        self.rig = self.rig.restarted()
        for client in self.clients.values():
            client.rig = self.rig
        for old in self.old.values():
            old.rig = self.rig

    def matched(self) -> dict[str, tuple[str, ...]]:
        return {EXPRESSION: tuple(sorted(self.rig.topics.names()))}

    @property
    def group(self) -> Group | None:
        return self.rig.machine.consumer.table.groups.get("g")

    @invariant()
    def a_partition_has_one_owner(self) -> None:
        holders: dict[tuple[Uuid, int], str] = {}
        for member in self.group.members.values() if self.group else ():
            for held in (member.assigned, member.revoking):
                for topic, partitions in held.items():
                    for partition in partitions:
                        assert (topic, partition) not in holders, "has two owners"
                        holders[topic, partition] = member.member_id

    @invariant()
    def a_partition_has_one_target(self) -> None:
        targets = self.group.targets if self.group else {}
        aims = [(topic, each) for target in targets.values() for topic, indexes in target.items() for each in indexes]
        assert len(aims) == len(set(aims))

    @invariant()
    def epochs_only_grow_while_the_group_lives(self) -> None:
        live: ClassicGroup | None = self.rig.machine.classic.table.live.get("g")
        epoch = self.group.epoch if self.group else live.generation if live else 0
        assert not epoch or epoch >= self.epoch
        self.epoch = epoch

    @invariant()
    def nobody_is_ahead_of_the_group(self) -> None:
        if self.group is not None:
            assert self.group.target_epoch <= self.group.epoch
            assert all(each.epoch <= self.group.target_epoch for each in self.group.members.values())

    @invariant()
    def a_group_is_of_one_kind(self) -> None:
        live = self.rig.machine.classic.table.live.get("g")
        assert self.group is None or live is None

    @invariant()
    def a_snapshot_replays_to_what_the_log_replays_to(self) -> None:
        records = list(self.rig.machine.snapshot())
        again = Rig(topics=self.rig.topics)
        for record in records:
            again.machine.replay(record)
        assert list(again.machine.snapshot()) == records
        if self.group is not None:
            assert vars(again.machine.consumer.table.groups["g"]) == vars(self.group)

    def teardown(self) -> None:
        """Left to themselves, and when the sessions of all who are silent have ended, those who are in come to rest."""
        for _ in range(80):
            for client in self.clients.values():
                client.beat(matched=self.matched())
            for each in self.old.values():
                each.go_on()
            self.rig.pass_ms(1_000)
        if self.group is not None and self.group.members:
            assert self.group.state is State.STABLE
            wanted = [self.rig.topics.partition_count(TopicName(each)) for each in self.group.topics]
            given = [len(indexes) for target in self.group.targets.values() for indexes in target.values()]
            assert sum(given) == sum(wanted)


TestAnyGroup = AnyGroup.TestCase
