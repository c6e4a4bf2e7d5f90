"""Who gets which task: evenly, and where its state already is."""

from collections import Counter

from hypothesis import given, strategies as st

from headwater.control.groups.streams.assignor import MemberSpec, SubtopologySpec, assign
from headwater.control.groups.streams.tasks import TaskId, Tasks

STATEFUL = SubtopologySpec(subtopology_id="counts", tasks=6, is_stateful=True)
STATELESS = SubtopologySpec(subtopology_id="copies", tasks=6, is_stateful=False)


def members(*processes: str, **had: Tasks) -> dict[str, MemberSpec]:
    """Members m0, m1, ... in these processes, with what they had."""
    return {
        f"m{number}": MemberSpec(
            process_id=process,
            active=had.get(f"m{number}", Tasks()).active,
            standby=had.get(f"m{number}", Tasks()).standby,
        )
        for number, process in enumerate(processes)
    }


def again(spec: dict[str, MemberSpec], target: dict[str, Tasks]) -> dict[str, MemberSpec]:
    """The members once they have what they should."""
    return {
        each: MemberSpec(process_id=spec[each].process_id, active=tasks.active, standby=tasks.standby)
        for each, tasks in target.items()
    }


def test_a_first_assignment_is_by_ranges_and_even() -> None:
    target = assign(members("p", "q", "r"), [STATEFUL], standby_replicas=0)
    assert [len(each.active) for each in target.values()] == [2, 2, 2]


def test_what_nobody_has_joined_for_is_assigned_to_nobody() -> None:
    assert assign({}, [STATEFUL], standby_replicas=1) == {}


def test_nothing_moves_when_nothing_has_changed() -> None:
    spec = members("p", "q", "q", "r")
    target = assign(spec, [STATEFUL, STATELESS], standby_replicas=1)
    assert assign(again(spec, target), [STATEFUL, STATELESS], standby_replicas=1) == target


def test_a_new_member_takes_its_share_and_no_more() -> None:
    spec = members("p", "q")
    before = assign(spec, [STATEFUL], standby_replicas=0)
    after = assign({**again(spec, before), "m9": MemberSpec(process_id="r")}, [STATEFUL], standby_replicas=0)
    assert [len(each.active) for each in after.values()] == [2, 2, 2]
    assert after["m0"].active <= before["m0"].active
    assert after["m1"].active <= before["m1"].active


def test_the_tasks_of_a_member_that_left_go_to_their_standbys_as_far_as_these_have_room() -> None:
    spec = members("p", "q", "r")
    before = assign(spec, [STATEFUL], standby_replicas=1)
    left = again(spec, before)
    del left["m0"]
    after = assign(left, [STATEFUL], standby_replicas=1)
    for task in before["m0"].active:
        holder = next(each for each in ("m1", "m2") if task in before[each].standby)
        assert task in after[holder].active or len(after[holder].active) == 3


def test_a_member_that_came_back_with_its_folder_gets_what_it_has_restored() -> None:
    zero, one = TaskId("counts", 0), TaskId("counts", 1)
    pair = SubtopologySpec(subtopology_id="counts", tasks=2, is_stateful=True)
    spec = {
        "m0": MemberSpec(process_id="p", offsets={one: 500}),
        "m1": MemberSpec(process_id="q", offsets={zero: 500, one: 20}),
    }
    target = assign(spec, [pair], standby_replicas=0)
    assert target["m0"].active == {one}
    assert target["m1"].active == {zero}


def test_one_process_alone_has_no_standbys() -> None:
    target = assign(members("p", "p"), [STATEFUL], standby_replicas=2)
    assert not any(each.standby for each in target.values())


@st.composite
def groups(draw: st.DrawFn) -> tuple[dict[str, MemberSpec], list[SubtopologySpec]]:
    subtopologies = [
        SubtopologySpec(subtopology_id=str(number), tasks=draw(st.integers(1, 7)), is_stateful=draw(st.booleans()))
        for number in range(draw(st.integers(1, 3)))
    ]
    tasks = [TaskId(each.subtopology_id, partition) for each in subtopologies for partition in range(each.tasks)]
    some = st.frozensets(st.sampled_from(tasks), max_size=6)
    spec = {
        f"m{number}": MemberSpec(
            process_id=draw(st.sampled_from("pqr")),
            active=draw(some),
            standby=draw(some),
            offsets=dict.fromkeys(sorted(draw(some)), draw(st.integers(0, 100))),
        )
        for number in range(draw(st.integers(1, 5)))
    }
    return spec, subtopologies


@given(groups(), st.integers(0, 2))
def test_each_task_has_one_owner_and_standbys_live_in_other_processes(
    group: tuple[dict[str, MemberSpec], list[SubtopologySpec]], replicas: int
) -> None:
    spec, subtopologies = group
    target = assign(spec, subtopologies, standby_replicas=replicas)
    owners = Counter(task for each in target.values() for task in each.active)
    assert owners == {TaskId(each.subtopology_id, number): 1 for each in subtopologies for number in range(each.tasks)}
    holders = Counter(
        (spec[member_id].process_id, task)
        for member_id, each in target.items()
        for task in (*each.active, *each.standby)
    )
    assert set(holders.values()) == {1}
    processes = len({each.process_id for each in spec.values()})
    standbys = Counter(task for each in target.values() for task in each.standby)
    for subtopology in subtopologies:
        wanted = min(replicas, processes - 1) if subtopology.is_stateful else 0
        for number in range(subtopology.tasks):
            assert standbys[TaskId(subtopology.subtopology_id, number)] == wanted


@given(st.integers(1, 6), st.integers(1, 20))
def test_members_of_their_own_process_differ_by_one_task_at_most(count: int, tasks: int) -> None:
    only = SubtopologySpec(subtopology_id="0", tasks=tasks, is_stateful=False)
    target = assign(members(*(f"p{each}" for each in range(count))), [only], standby_replicas=0)
    sizes = [len(each.active) for each in target.values()]
    assert max(sizes) - min(sizes) <= 1
