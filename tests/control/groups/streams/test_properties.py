"""Whatever instances do, in whatever order, and whenever the broker restarts: no task has two owners."""

from collections import Counter

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace
from tests.control.groups.rig import Rig
from tests.control.groups.streams.clients import WORDS, Client, offsets

from headwater.control.errors import ControlError
from headwater.control.groups.streams import assigning
from headwater.control.groups.streams.group import GroupState
from headwater.control.groups.streams.requests import StreamsHeartbeatAnswer
from headwater.control.groups.streams.settings import StreamsSettings
from headwater.control.groups.streams.tasks import TaskId, Tasks

CLIENTS = st.sampled_from(["a", "b", "c", "d"])


class AnyApplication(RuleBasedStateMachine):
    """Four instances in three processes; one is static. What they hear they do."""

    def __init__(self) -> None:
        super().__init__()
        self.rig = Rig()
        self.rig.streams_settings = StreamsSettings(assignment_interval_ms=100, initial_rebalance_delay_ms=200)
        self.partitions = 3
        for name in ("lines", "again", "counts"):
            self.rig.topics.make(name, self.partitions)
        self.clients = {
            each: Client(self.rig, each, process="bc" if each in "bc" else each, topology=WORDS, tells=each != "b")
            for each in "abc"
        }
        self.clients["d"] = Client(self.rig, "d", instance="i", topology=WORDS, tells=True)
        self.epoch = 0

    def hear(self, client: Client, answer: object) -> None:
        if isinstance(answer, StreamsHeartbeatAnswer):
            client.took(answer)
        elif isinstance(answer, ControlError):
            client.epoch, client.tasks = 0, Tasks()

    @rule(each=CLIENTS)
    def beat(self, each: str) -> None:
        self.hear(self.clients[each], self.clients[each].ask())

    @rule(each=CLIENTS)
    def beat_and_lose_the_answer(self, each: str) -> None:
        self.clients[each].ask()

    @rule(each=CLIENTS)
    def crash_and_join(self, each: str) -> None:
        client = self.clients[each]
        client.epoch, client.tasks = 0, Tasks()
        self.hear(client, client.ask())

    @rule(each=CLIENTS)
    def leave(self, each: str) -> None:
        client = self.clients[each]
        client.ask(member_epoch=-2 if client.instance else -1)
        client.epoch, client.tasks = 0, Tasks()

    @rule(each=CLIENTS, behind=st.sampled_from([0, 99_999]))
    def tell_offsets(self, each: str, behind: int) -> None:
        client = self.clients[each]
        copies = sorted(client.tasks.warmup | client.tasks.standby)
        near, ends = dict.fromkeys(copies, 100_000 - behind), dict.fromkeys(copies, 100_000)
        self.hear(client, client.ask(task_offsets=offsets(near), task_end_offsets=offsets(ends)))

    @rule(standbys=st.integers(0, 2))
    def change_standbys(self, standbys: int) -> None:
        self.rig.streams_settings = replace(self.rig.streams_settings, standby_replicas=standbys)

    @rule()
    def add_a_partition(self) -> None:
        self.partitions += 1
        for name in ("lines", "again", "counts"):
            self.rig.topics.make(name, self.partitions)

    @rule(ms=st.sampled_from([50, 300, 20_000, 46_000]))
    def time_passes(self, ms: int) -> None:
        self.rig.pass_ms(ms)

    @rule()
    def restart(self) -> None:
        snapshot = list(self.rig.machine.snapshot())
        self.rig = self.rig.restarted()
        assert list(self.rig.machine.snapshot()) == snapshot
        for each in self.clients.values():
            each.rig = self.rig

    @invariant()
    def no_task_has_two_owners(self) -> None:
        group = self.rig.machine.streams.table.groups.get("g")
        members = [each for each in self.clients.values() if group is not None and group.get(each.member_id)]
        owners = Counter(task for each in members if each.epoch for task in each.tasks.active)
        assert not owners or max(owners.values()) == 1

    @invariant()
    def epochs_only_grow(self) -> None:
        """For as long as the group is there: one that is empty is forgotten in the end."""
        group = self.rig.machine.streams.table.groups.get("g")
        epoch = 0 if group is None else group.value.epoch
        assert epoch >= self.epoch or group is None
        self.epoch = epoch

    def teardown(self) -> None:
        """Left alone, everybody comes to what it should have, and every task is run. What is left replays to the same."""
        assert any(self.rests() for _ in range(100))
        tasks = [task for each in self.clients.values() for task in each.tasks.active]
        assert sorted(tasks) == [TaskId(part, number) for part in "01" for number in range(self.partitions)]
        snapshot = list(self.rig.machine.snapshot())
        assert list(Rig(snapshot).machine.snapshot()) == snapshot

    def rests(self) -> bool:
        """A second later."""
        self.rig.pass_ms(1_000)
        for each in self.clients:
            self.tell_offsets(each, 0)
        group = self.rig.machine.streams.table.groups["g"]
        has = {each.member_id: each.tasks for each in self.clients.values()}
        return group.state is GroupState.STABLE and has == group.targets


class AnyLargeApplication(AnyApplication):
    """Its tasks are assigned in slices, and between two of these anything may happen."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(assigning, "AT_ONCE_MAX", 0)

    @rule()
    def another_slice(self) -> None:
        self.rig.ring()

    def teardown(self) -> None:
        super().teardown()
        self.patch.undo()


TestAnyApplication = AnyApplication.TestCase
TestAnyLargeApplication = AnyLargeApplication.TestCase
