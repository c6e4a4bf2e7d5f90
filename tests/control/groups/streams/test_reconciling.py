"""Step by step from what members have to what they should have, and never two owners on the way."""

from collections import Counter

from hypothesis import given, strategies as st

from headwater.control.groups.streams.holders import TaskHolders
from headwater.control.groups.streams.reconciling import Goal, Standing, State, reconcile
from headwater.control.groups.streams.tasks import HeldTasks, TaskId, Tasks

ZERO, ONE = TaskId("0", 0), TaskId("0", 1)


class Members:
    """Members of a group; each step is a heartbeat of one, honest about what it has."""

    def __init__(self, **processes: str) -> None:
        self.processes = processes
        self.standings = {each: Standing() for each in processes}
        self.targets = {each: Tasks() for each in processes}
        self.epoch = 0
        self.holders = TaskHolders()

    def aim(self, **targets: Tasks) -> None:
        self.epoch += 1
        self.targets = {each: targets.get(each, Tasks()) for each in self.processes}

    def beat(self, member: str, *, owned: Tasks | None = None, silent: bool = False) -> Standing:
        before = self.standings[member]
        goal = Goal(
            epoch=self.epoch,
            tasks=self.targets[member],
            process_id=self.processes[member],
            owned=None if silent else owned or before.held.tasks(),
        )
        after = reconcile(before, goal, self.holders)
        for each in (before.held, before.revoking):
            self.holders.remove(self.processes[member], each)
        for each in (after.held, after.revoking):
            self.holders.add(self.processes[member], each)
        self.standings[member] = after
        return after

    def told(self, member: str) -> Tasks:
        """What the member does, if it does what it was last told, and has given up nothing yet."""
        standing = self.standings[member]
        return Tasks(
            active=frozenset({**standing.held.active, **standing.revoking.active}),
            standby=standing.held.standby | standing.revoking.standby,
            warmup=standing.held.warmup | standing.revoking.warmup,
        )


def test_free_tasks_are_given_at_once() -> None:
    group = Members(a="p")
    group.aim(a=Tasks(active=frozenset({ZERO})))
    assert group.beat("a") == Standing(epoch=1, previous_epoch=0, held=HeldTasks(active={ZERO: 1}))


def test_a_task_is_given_when_its_owner_has_shown_that_it_gave_it_up() -> None:
    group = Members(a="p", b="q")
    group.aim(a=Tasks(active=frozenset({ZERO, ONE})))
    group.beat("a")
    group.aim(a=Tasks(active=frozenset({ZERO})), b=Tasks(active=frozenset({ONE})))
    assert group.beat("b").state is State.UNRELEASED_TASKS
    assert group.beat("a", owned=group.told("a")).state is State.UNREVOKED_TASKS
    assert group.beat("a", silent=True).state is State.UNREVOKED_TASKS
    assert group.beat("b").state is State.UNRELEASED_TASKS
    assert group.beat("a").is_reconciled_to(2)
    assert group.beat("b").held == HeldTasks(active={ONE: 2})


def test_a_kept_task_keeps_the_epoch_since_which_it_is_held() -> None:
    group = Members(a="p")
    group.aim(a=Tasks(active=frozenset({ZERO})))
    group.beat("a")
    group.aim(a=Tasks(active=frozenset({ZERO, ONE})))
    assert group.beat("a").held.active == {ZERO: 1, ONE: 2}


def test_a_member_that_stays_behind_does_not_skip_what_it_must_revoke() -> None:
    group = Members(a="p")
    group.aim(a=Tasks(active=frozenset({ZERO})))
    group.beat("a")
    group.aim()
    group.beat("a", owned=group.told("a"))
    group.aim(a=Tasks(active=frozenset({ONE})))
    standing = group.beat("a")
    assert (standing.epoch, standing.held.active) == (3, {ONE: 3})


def test_a_standby_becomes_active_in_place_once_the_task_is_free() -> None:
    group = Members(a="p", b="q")
    group.aim(a=Tasks(active=frozenset({ZERO})), b=Tasks(standby=frozenset({ZERO})))
    group.beat("a")
    group.beat("b")
    group.aim(b=Tasks(active=frozenset({ZERO})))
    waiting = group.beat("b")
    assert waiting.state is State.UNRELEASED_TASKS
    assert waiting.held.standby == {ZERO}
    group.beat("a", owned=group.told("a"))
    group.beat("a")
    assert group.beat("b").held == HeldTasks(active={ZERO: 2})


def test_an_active_task_becomes_a_standby_in_one_step_and_is_seen_to_end() -> None:
    group = Members(a="p")
    group.aim(a=Tasks(active=frozenset({ZERO})))
    group.beat("a")
    group.aim(a=Tasks(standby=frozenset({ZERO})))
    standing = group.beat("a", owned=group.told("a"))
    assert standing.held.standby == {ZERO}
    assert standing.revoking.active == {ZERO: 1}


def test_a_process_does_not_hold_a_task_twice() -> None:
    group = Members(a="p", b="p")
    group.aim(a=Tasks(standby=frozenset({ZERO})))
    group.beat("a")
    group.aim(b=Tasks(active=frozenset({ZERO})))
    assert group.beat("b").held.active == {}
    group.beat("a", owned=group.told("a"))
    group.beat("a")
    assert group.beat("b").held.active == {ZERO: 2}


def test_warmups_and_standbys_change_into_each_other_without_revocation() -> None:
    group = Members(a="p")
    group.aim(a=Tasks(warmup=frozenset({ZERO})))
    group.beat("a")
    group.aim(a=Tasks(standby=frozenset({ZERO})))
    standing = group.beat("a", owned=group.told("a"))
    assert (standing.state, standing.held) == (State.STABLE, HeldTasks(standby=frozenset({ZERO})))


TASKS = [TaskId("0", number) for number in range(4)]


@st.composite
def targets(draw: st.DrawFn) -> dict[str, Tasks]:
    """Each task with one owner, and copies in other processes only, as an assignor gives them."""
    active: dict[str, set[TaskId]] = {each: set() for each in "abc"}
    standby: dict[str, set[TaskId]] = {each: set() for each in "abc"}
    warmup: dict[str, set[TaskId]] = {each: set() for each in "abc"}
    processes = {"a": "p", "b": "p", "c": "q"}
    for task in TASKS:
        owner = draw(st.sampled_from("abc"))
        active[owner].add(task)
        copy = draw(st.sampled_from(" abc"))
        if copy != " " and processes[copy] != processes[owner]:
            draw(st.sampled_from([standby, warmup]))[copy].add(task)
    return {
        each: Tasks(active=frozenset(active[each]), standby=frozenset(standby[each]), warmup=frozenset(warmup[each]))
        for each in "abc"
    }


@given(st.lists(st.tuples(targets(), st.lists(st.sampled_from("abc"), max_size=6)), min_size=1, max_size=4))
def test_no_task_ever_has_two_owners_and_all_arrive(plan: list[tuple[dict[str, Tasks], list[str]]]) -> None:
    group = Members(a="p", b="p", c="q")
    epochs = dict.fromkeys("abc", 0)
    for target, beats in [*plan, (plan[-1][0], list("abc" * 6))]:
        group.aim(**target)
        for member in beats:
            standing = group.beat(member)
            assert standing.epoch >= epochs[member]
            epochs[member] = standing.epoch
            owners = Counter(task for each in "abc" for task in group.told(each).active)
            assert not owners or max(owners.values()) == 1
    for member in "abc":
        assert group.standings[member].is_reconciled_to(group.epoch)
        assert group.standings[member].held.tasks() == group.targets[member]
