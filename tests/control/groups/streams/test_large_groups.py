"""The tasks of large groups are assigned in slices: others are answered in between, and the group may change meanwhile."""

from tests.control.groups.rig import Rig
from tests.control.groups.streams.clients import Client, settle

from headwater.control.groups.streams.assigning import AT_ONCE_MAX
from headwater.control.groups.streams.settings import StreamsSettings
from headwater.wire.records.streams_group_target_assignment_member_key import StreamsGroupTargetAssignmentMemberKey

TASKS = AT_ONCE_MAX + 1


def rig() -> Rig:
    made = Rig()
    made.topics.make("lines", TASKS)
    made.streams_settings = StreamsSettings(initial_rebalance_delay_ms=0, assignment_interval_ms=0)
    return made


def all_tasks(*clients: Client) -> list[int]:
    return sorted(task.partition for each in clients for task in each.tasks.active)


def finish(made: Rig) -> int:
    """Let what is under way come to its end. How many slices that took."""
    slices, written = 0, len(made.log)
    while len(made.log) == written:
        made.ring()
        slices += 1
    return slices


def test_a_member_has_its_tasks_when_the_last_slice_is_done() -> None:
    made = rig()
    a = Client(made, "a")
    a.join()
    assert a.beat().member_epoch == 1
    assert a.tasks.active == frozenset()
    assert finish(made) > 3
    assert a.beat().member_epoch == 2
    assert all_tasks(a) == [*range(TASKS)]


def test_nothing_is_written_before_the_last_slice() -> None:
    made = rig()
    a = Client(made, "a")
    a.join()
    joined = len(made.log)
    for _ in range(3):
        made.ring()
        a.beat()
    assert len(made.log) == joined


def test_who_comes_meanwhile_has_a_part_of_the_next_assignment() -> None:
    made = rig()
    a, b = Client(made, "a"), Client(made, "b")
    a.join()
    made.ring()
    b.join()
    finish(made)
    a.beat()
    assert all_tasks(a) == [*range(TASKS)]
    finish(made)
    settle(a, b)
    assert all_tasks(a, b) == [*range(TASKS)]
    assert abs(len(a.tasks.active) - len(b.tasks.active)) == 1


def test_who_goes_meanwhile_is_not_written_down_again() -> None:
    made = rig()
    a, b = Client(made, "a"), Client(made, "b")
    a.join()
    finish(made)
    b.join()
    made.ring()
    b.leave()
    gone = len(made.log)
    finish(made)
    told = [
        each.key.member_id for each in made.log[gone:] if isinstance(each.key, StreamsGroupTargetAssignmentMemberKey)
    ]
    assert "b" not in told
    a.beat()
    finish(made)
    settle(a)
    assert all_tasks(a) == [*range(TASKS)]


def test_a_static_member_that_comes_back_meanwhile_keeps_its_part() -> None:
    made = rig()
    a, b = Client(made, "a", instance="i"), Client(made, "b")
    a.join()
    finish(made)
    a.beat()
    b.join()
    made.ring()
    a.leave(-2)
    again = Client(made, "again", instance="i", process=a.process)
    again.join()
    for _ in range(8):
        made.pass_ms(1)
        again.beat()
        b.beat()
    assert all_tasks(again, b) == [*range(TASKS)]
    assert abs(len(again.tasks.active) - len(b.tasks.active)) == 1


def test_what_a_restart_cuts_short_is_begun_again_by_the_next_heartbeat() -> None:
    made = rig()
    a = Client(made, "a")
    a.join()
    made.ring()
    a.rig = made = made.restarted()
    a.beat()
    finish(made)
    a.beat()
    assert all_tasks(a) == [*range(TASKS)]
