"""Streams groups: members come, are assigned tasks, hand them over, go and come back."""

from msgspec.structs import replace
from tests.control.groups.rig import Rig
from tests.control.groups.streams.clients import COPIES, WORDS, Client, offsets, settle, tags

from headwater.control.errors import InvalidRequest
from headwater.control.groups.errors import (
    FencedInstance,
    FencedMemberEpoch,
    GroupFull,
    GroupNotEmpty,
    GroupNotFound,
    UnknownMember,
    UnreleasedInstance,
)
from headwater.control.groups.requests import DeleteGroup
from headwater.control.groups.streams.configuring import Status
from headwater.control.groups.streams.describing import StreamsGroupDescription
from headwater.control.groups.streams.errors import InvalidTopology
from headwater.control.groups.streams.settings import StreamsSettings
from headwater.control.groups.streams.tasks import TaskId
from headwater.wire.messages.streams_group_heartbeat_request import Endpoint, Subtopology, Topology


def rig(**settings: int) -> Rig:
    """With four lines to be read."""
    made = Rig()
    made.topics.make("lines", 4)
    made.streams_settings = StreamsSettings(
        **{"initial_rebalance_delay_ms": 0, "assignment_interval_ms": 0} | settings  # type: ignore[arg-type]
    )
    return made


def description(made: Rig) -> StreamsGroupDescription:
    found = made.machine.streams.describe("g")
    assert isinstance(found, StreamsGroupDescription)
    return found


# --- joining


def test_the_first_member_gets_all_tasks() -> None:
    a = Client(rig(), "a")
    assert a.join().member_epoch == 2
    assert a.active == {"0": (0, 1, 2, 3)}


def test_a_second_member_waits_until_the_first_gives_up_what_is_its() -> None:
    made = rig()
    a, b = Client(made, "a"), Client(made, "b")
    a.join()
    b.join()
    assert b.active == {}
    a.beat()
    assert len(a.tasks.active) == 2
    b.beat()
    assert b.active == {}, "a was told, and has not said that it has done so"
    a.beat()
    b.beat()
    assert len(b.tasks.active) == 2
    assert description(made).state == "Stable"


def test_those_who_start_together_are_assigned_together() -> None:
    made = rig(initial_rebalance_delay_ms=3_000)
    a, b = Client(made, "a"), Client(made, "b")
    a.join()
    b.join()
    assert a.statuses == b.statuses == [Status.ASSIGNMENT_DELAYED]
    assert not a.tasks.active
    assert description(made).state == "Assigning"
    made.pass_ms(3_000)
    a.beat()
    b.beat()
    assert len(a.tasks.active) == len(b.tasks.active) == 2
    assert a.statuses == []


def test_assignments_are_not_computed_more_often_than_the_interval_allows() -> None:
    made = rig(assignment_interval_ms=1_000)
    a, b = Client(made, "a"), Client(made, "b")
    a.join()
    b.join()
    assert b.statuses == [Status.ASSIGNMENT_DELAYED]
    made.pass_ms(1_000)
    a.beat()
    assert len(a.tasks.active) == 2


def test_a_group_has_as_many_members_as_it_may() -> None:
    made = rig(max_size=1)
    Client(made, "a").join()
    assert isinstance(Client(made, "b").refused(), GroupFull)
    Client(made, "a").join()


def test_what_a_refused_member_said_leaves_nothing_behind() -> None:
    made = rig()
    broken = Topology(epoch=0, subtopologies=(Subtopology(subtopology_id="0"),))
    assert isinstance(Client(made, "a", topology=broken).refused(), InvalidTopology)
    assert isinstance(made.machine.streams.describe("g"), GroupNotFound)
    assert made.log == []


# --- epochs


def test_a_member_that_missed_an_answer_may_be_one_epoch_behind() -> None:
    made = rig()
    a, b = Client(made, "a"), Client(made, "b")
    a.join()
    b.join()
    a.beat()
    a.ask()  # the answer is lost
    a.beat()
    assert len(a.tasks.active) == 2


def test_a_member_with_another_epoch_is_fenced() -> None:
    a = Client(rig(), "a")
    a.join()
    assert isinstance(a.refused(member_epoch=9), FencedMemberEpoch)
    a.tasks = replace(a.tasks, active=frozenset({TaskId("0", 9)}))
    assert isinstance(a.refused(member_epoch=1), FencedMemberEpoch)


def test_who_is_not_there_is_told_so() -> None:
    made = rig()
    assert isinstance(Client(made, "a").refused(member_epoch=1), GroupNotFound)
    Client(made, "a").join()
    assert isinstance(Client(made, "b").refused(member_epoch=1), UnknownMember)
    assert isinstance(Client(made, "b").refused(member_epoch=-1), UnknownMember)


def test_a_member_that_joins_again_as_it_was_disturbs_nobody() -> None:
    made = rig()
    a = Client(made, "a")
    a.join()
    epoch = description(made).epoch
    a.join()
    assert description(made).epoch == epoch
    assert a.active == {"0": (0, 1, 2, 3)}


def test_tasks_that_can_not_be_are_refused() -> None:
    a = Client(rig(), "a")
    a.join()
    a.tasks = replace(a.tasks, active=frozenset({TaskId("0", 9)}))
    assert isinstance(a.refused(), InvalidRequest)
    a.tasks = replace(a.tasks, active=frozenset({TaskId("7", 0)}))
    assert isinstance(a.refused(), InvalidRequest)


# --- going


def test_the_tasks_of_one_that_leaves_go_to_the_others() -> None:
    made = rig()
    a, b = Client(made, "a"), Client(made, "b")
    a.join()
    b.join()
    settle(a, b)
    b.leave()
    a.beat()
    assert a.active == {"0": (0, 1, 2, 3)}


def test_a_member_that_misses_its_heartbeat_is_removed() -> None:
    made = rig()
    a, b = Client(made, "a"), Client(made, "b")
    a.join()
    b.join()
    settle(a, b)
    made.pass_ms(40_000)
    a.beat()
    made.pass_ms(10_000)
    a.beat()
    assert a.active == {"0": (0, 1, 2, 3)}
    assert isinstance(b.refused(), UnknownMember)


def test_many_sessions_may_end_at_once() -> None:
    made = rig()
    for each in "abc":
        Client(made, each).join()
    made.pass_ms(45_000)
    assert description(made).state == "Empty"
    epochs = [each.value.epoch for each in made.log if type(each.key).__name__ == "StreamsGroupMetadataKey"]
    assert epochs == sorted(frozenset(epochs))


def test_a_member_that_keeps_what_it_should_give_up_is_removed_in_the_end() -> None:
    made = rig()
    a, b = Client(made, "a"), Client(made, "b")
    a.join()
    b.join()
    for _ in range(13):
        made.pass_ms(5_000)
        a.ask()  # it does not listen
        b.beat()
    assert b.active == {"0": (0, 1, 2, 3)}
    assert isinstance(a.refused(), UnknownMember)


def test_an_empty_group_goes_on_where_it_was() -> None:
    made = rig()
    a = Client(made, "a")
    a.join()
    a.leave()
    assert description(made).state == "Empty"
    epoch = description(made).epoch
    assert Client(made, "b").join().member_epoch == epoch + 1


def test_a_group_can_be_deleted_when_it_is_empty() -> None:
    made = rig()
    a = Client(made, "a")
    a.join()
    assert isinstance(made.ask(DeleteGroup(group_id="g")), GroupNotEmpty)
    a.leave()
    assert made.ask(DeleteGroup(group_id="g")) is None
    assert "g" not in made.machine.streams
    assert list(made.machine.snapshot()) == []


# --- topology


def test_a_topology_waits_for_its_topics_and_names_those_to_be_made() -> None:
    made = rig()
    a = Client(made, "a", topology=WORDS)
    answer = a.join()
    assert a.statuses == [Status.MISSING_INTERNAL_TOPICS]
    assert {each.name: each.partitions for each in answer.missing} == {"again": 4, "counts": 4}
    assert description(made).state == "NotReady"
    made.topics.make("again", 4)
    a.beat()
    made.topics.make("counts", 4)
    a.beat()
    assert a.statuses == []
    assert {each: len(partitions) for each, partitions in a.active.items()} == {"0": 4, "1": 4}
    assert description(made).state == "Stable"


def test_a_topology_waits_for_its_source() -> None:
    made = Rig()
    a = Client(made, "a")
    a.join()
    assert a.statuses == [Status.MISSING_SOURCE_TOPICS]
    made.topics.make("lines", 2)
    a.beat()
    assert a.active == {"0": (0, 1)}


def test_topics_that_are_not_its_own_do_not_concern_a_group() -> None:
    made = rig()
    a = Client(made, "a")
    a.join()
    epoch = description(made).epoch
    made.topics.make("other", 9)
    a.beat()
    assert description(made).epoch == epoch


def test_more_partitions_are_more_tasks() -> None:
    made = rig()
    a = Client(made, "a")
    a.join()
    made.topics.make("lines", 6)
    a.beat()
    assert a.active == {"0": (0, 1, 2, 3, 4, 5)}


def test_tasks_are_taken_back_when_their_topic_is_gone() -> None:
    made = rig()
    a = Client(made, "a")
    a.join()
    made.topics.delete("lines")
    a.beat()
    assert a.active == {}
    assert a.statuses == [Status.MISSING_SOURCE_TOPICS]


def test_a_topology_can_not_be_changed_while_its_group_is_there() -> None:
    made = rig()
    Client(made, "a").join()
    changed = replace(COPIES, subtopologies=(Subtopology(subtopology_id="0", source_topics=("other",)),))
    assert isinstance(Client(made, "b", topology=changed).refused(), InvalidRequest)


def test_a_member_with_an_older_topology_is_told_so() -> None:
    made = rig()
    Client(made, "a", topology=replace(COPIES, epoch=3)).join()
    b = Client(made, "b", topology=replace(COPIES, epoch=2))
    b.join()
    assert b.statuses == [Status.STALE_TOPOLOGY]


# --- processes, standbys, offsets, endpoints


def test_standbys_live_in_other_processes() -> None:
    made = rig(standby_replicas=1)
    made.topics.make("again", 4)
    made.topics.make("counts", 4)
    a, b = Client(made, "a", topology=WORDS), Client(made, "b", topology=WORDS)
    a.join()
    b.join()
    settle(a, b)
    for one, other in ((a, b), (b, a)):
        assert one.tasks.standby == {each for each in other.tasks.active if each.subtopology_id == "1"}


def test_another_number_of_standbys_is_another_assignment() -> None:
    made = rig()
    made.topics.make("again", 4)
    made.topics.make("counts", 4)
    a, b = Client(made, "a", topology=WORDS), Client(made, "b", topology=WORDS)
    a.join()
    b.join()
    settle(a, b)
    assert not a.tasks.standby
    made.streams_settings = replace(made.streams_settings, standby_replicas=1)
    settle(a, b)
    assert a.tasks.standby


def test_what_a_member_has_restored_brings_its_tasks_back_to_it() -> None:
    made = rig(initial_rebalance_delay_ms=1_000)
    a, b = Client(made, "a"), Client(made, "b")
    a.join(task_offsets=offsets({TaskId("0", 3): 50}))
    b.join(task_offsets=offsets({TaskId("0", 0): 50}))
    made.pass_ms(1_000)
    a.beat()
    b.beat()
    assert TaskId("0", 3) in a.tasks.active
    assert TaskId("0", 0) in b.tasks.active


def test_offsets_are_told_once_for_each_task() -> None:
    a = Client(rig(), "a")
    twice = offsets({TaskId("0", 3): 50}) * 2
    assert isinstance(a.refused(task_offsets=twice), InvalidRequest)


def test_instances_learn_where_the_others_can_be_asked() -> None:
    made = rig()
    a = Client(made, "a", endpoint=Endpoint(host="h", port=1))
    b = Client(made, "b", endpoint=Endpoint(host="h", port=2))
    a.join()
    b.join()
    settle(a, b)
    a.endpoint_epoch = -1
    told = a.beat().endpoints
    assert told is not None
    assert {each.endpoint.port: dict(each.active) for each in told} == {
        1: {"lines": a.active["0"]},
        2: {"lines": b.active["0"]},
    }
    assert a.beat().endpoints is None


def test_one_member_can_ask_the_whole_application_to_end() -> None:
    made = rig()
    a, b = Client(made, "a"), Client(made, "b")
    a.join()
    b.join()
    a.beat(shutdown_application=True)
    b.beat()
    assert Status.SHUTDOWN_APPLICATION in b.statuses
    a.leave()
    b.leave()
    Client(made, "c").join()


def test_members_without_the_tags_that_are_asked_for_are_told() -> None:
    made = rig()
    made.streams_settings = replace(made.streams_settings, rack_aware_tags=("zone", "row"))
    a = Client(made, "a", tells=True)
    answer = a.join(client_tags=tags(zone="1"))
    assert [each.status for each in answer.notes] == [Status.MISSING_CLIENT_TAGS]
    assert answer.notes[0].detail.endswith("row.")


# --- warm-ups


def counting(**settings: int) -> tuple[Rig, Client, Client]:
    """One that counts alone, and one that comes later; both tell of their offsets."""
    made = rig(**settings)
    made.topics.make("again", 4)
    made.topics.make("counts", 4)
    a, b = Client(made, "a", topology=WORDS, tells=True), Client(made, "b", topology=WORDS, tells=True)
    a.join()
    b.join()
    settle(a, b)
    return made, a, b


def restored(client: Client, *, behind: int) -> None:
    """The member tells that its copies are so many records from their ends."""
    ends = dict.fromkeys(sorted(client.tasks.warmup | client.tasks.standby), 100000)
    near = {each: end - behind for each, end in ends.items()}
    client.beat(task_offsets=offsets(near), task_end_offsets=offsets(ends))


def test_a_task_with_state_moves_when_its_copy_has_come_near() -> None:
    made, a, b = counting()
    assert len(a.active["1"]) == 4, "what counts stays where it counts"
    assert len(a.active.get("0", ())) + len(b.active.get("0", ())) == 4
    assert len(b.tasks.warmup) == 2
    warm = b.tasks.warmup
    restored(b, behind=50_000)
    settle(a, b)
    assert b.tasks.warmup == warm
    restored(b, behind=10)
    settle(a, b)
    assert warm <= b.tasks.active
    assert description(made).state == "Stable"
    assert not warm & b.tasks.warmup


def test_not_more_is_warmed_up_at_once_than_the_group_wants() -> None:
    _, _, b = counting(warmup_replicas=1)
    assert len(b.tasks.warmup) == 1


def test_without_warm_ups_tasks_move_at_once() -> None:
    _, a, b = counting(warmup_replicas=0)
    assert len(a.tasks.active) == len(b.tasks.active) == 4


def test_in_the_end_the_target_is_reached() -> None:
    made, a, b = counting(standby_replicas=1)
    for _ in range(6):
        restored(a, behind=0)
        restored(b, behind=0)
        settle(a, b)
    targets = {each.member.member_id: each.target for each in description(made).members}
    assert {"a": a.tasks, "b": b.tasks} == targets


def test_warm_ups_go_on_after_a_restart_of_the_broker() -> None:
    made, a, b = counting()
    a.rig = b.rig = made.restarted()
    warm = b.tasks.warmup
    settle(a, b)
    assert b.tasks.warmup == warm
    restored(b, behind=0)
    settle(a, b)
    assert warm <= b.tasks.active


# --- static members


def test_a_static_member_that_leaves_for_a_while_keeps_its_tasks() -> None:
    made = rig()
    a, b = Client(made, "a", instance="i"), Client(made, "b")
    a.join()
    b.join()
    settle(a, b)
    had, epoch = a.tasks, description(made).epoch
    assert a.leave(-2).member_epoch == -2
    b.beat()
    assert description(made).epoch == epoch
    back = Client(made, "a2", process=a.process, instance="i")
    back.join()
    assert back.tasks == had
    assert description(made).epoch == epoch
    assert isinstance(a.refused(), FencedInstance)


def test_a_static_member_has_its_place_for_itself() -> None:
    made = rig()
    Client(made, "a", instance="i").join()
    assert isinstance(Client(made, "b", instance="i").refused(), UnreleasedInstance)
    assert isinstance(Client(made, "b", instance="j").refused(member_epoch=2), UnknownMember)


def test_a_static_member_that_does_not_come_back_loses_its_place() -> None:
    made = rig()
    a, b = Client(made, "a", instance="i"), Client(made, "b")
    a.join()
    b.join()
    settle(a, b)
    a.leave(-2)
    made.pass_ms(30_000)
    b.beat()
    made.pass_ms(30_000)
    b.beat()
    assert b.active == {"0": (0, 1, 2, 3)}


# --- restarts


def test_members_go_on_after_a_restart_of_the_broker() -> None:
    made = rig()
    a, b = Client(made, "a"), Client(made, "b")
    a.join()
    b.join()
    settle(a, b)
    again = made.restarted()
    a.rig = b.rig = again
    a.beat()
    b.beat()
    assert len(a.tasks.active) == len(b.tasks.active) == 2
    again.pass_ms(45_000)
    assert isinstance(a.refused(), UnknownMember)
