"""Share groups under any history: epochs only grow, and a snapshot is as good as the log."""

from hypothesis import given, settings, strategies as st
from tests.control.groups.rig import Rig
from tests.control.groups.share.rig import beat, delete, initialize, known

from headwater.control.groups.codec import GroupCodec
from headwater.control.groups.requests import DeleteGroup, ForgetTopics
from headwater.control.groups.share.member import LEAVING
from headwater.control.groups.share.requests import AlterShareStarts, DeleteShareStarts, DeleteShareState, ShareStart
from headwater.wire.types import Offset, TopicName

T = TopicName("t")
members = st.sampled_from("abc")
topics = st.lists(st.sampled_from("tu"), min_size=1, unique=True).map(tuple)

steps = st.one_of(
    st.tuples(st.just("join"), members, topics),
    st.tuples(st.just("stay"), members, st.none()),
    st.tuples(st.just("leave"), members, st.none()),
    st.tuples(st.just("initialize"), st.none(), st.none()),
    st.tuples(st.just("delete"), st.none(), st.none()),
    st.tuples(st.just("grow"), st.sampled_from("tu"), st.integers(1, 4)),
    st.tuples(st.just("drop"), st.sampled_from("tu"), st.none()),
    st.tuples(st.just("pass"), st.none(), st.sampled_from([1, 1_000, 5_000, 45_000])),
    st.tuples(st.just("alter"), st.none(), st.none()),
    st.tuples(st.just("forget"), st.none(), st.none()),
    st.tuples(st.just("delete group"), st.none(), st.none()),
)


def take(rig: Rig, step: tuple) -> None:
    what, who, with_ = step
    group = rig.machine.share.table.groups.get("g")
    match what:
        case "join":
            rig.send(beat(who, topics=with_))
        case "stay" if group and who in group.members:
            rig.send(beat(who, epoch=group.members[who].epoch, topics=None))
        case "leave":
            rig.send(beat(who, epoch=LEAVING, topics=None))
        case "initialize" if group:
            initialize(rig)
        case "delete" if group:
            delete(rig)
        case "grow":
            name = TopicName(who)
            rig.topics.make(who, max(with_, rig.topics.partition_count(name)))
        case "drop" if topic_id := rig.topics.id_of(TopicName(who)):
            rig.topics.delete(who)
            rig.send(ForgetTopics(topics=frozenset({(TopicName(who), topic_id)})))
        case "pass":
            rig.pass_ms(with_)
        case "alter":
            start = ShareStart(topic=T, partition=0, offset=Offset(3))
            rig.send(AlterShareStarts(group_id="g", starts=(start,)))
        case "forget":
            rig.send(DeleteShareStarts(group_id="g", topics=(T,)))
        case "delete group":
            rig.send(DeleteShareState(group_id="g"))
            rig.send(DeleteGroup(group_id="g"))


def shape(rig: Rig) -> dict:
    return {
        group_id: (group.members, group.targets, group.epoch, group.assignment_epoch, group.assigned_at, group.shares)
        for group_id, group in rig.machine.share.table.groups.items()
    }


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=25))
def test_epochs_grow_assignments_are_of_known_state_and_a_snapshot_replays_to_the_same(history):
    rig = Rig()
    rig.topics.make("t", 2)
    before = None
    for step in history:
        take(rig, step)
        group = rig.machine.share.table.groups.get("g")
        if group is None:
            before = None
            continue
        if before is not None and before[0] is group:
            assert group.epoch >= before[1]
        before = (group, group.epoch)
        assert group.assignment_epoch <= group.epoch
        assert set(group.targets) <= set(group.members)
        for member in group.members.values():
            assert member.previous_epoch <= member.epoch <= group.epoch
    assert shape(Rig(list(rig.machine.snapshot()))) == shape(Rig(rig.log)) == shape(rig)


@settings(max_examples=30, deadline=None)
@given(st.lists(steps, max_size=25))
def test_after_all_is_said_somebody_reads_every_partition(history):
    rig = Rig()
    rig.topics.make("t", 2)
    for step in history:
        take(rig, step)
    rig.send(beat("a", topics=("t", "u")))
    for _ in range(3):
        delete(rig)
        initialize(rig)
        rig.pass_ms(1_000)
        for member in list(known(rig).members.values()):
            rig.send(beat(member.member_id, epoch=member.epoch, topics=None))
    wanted = {
        (rig.topics.id_of(TopicName(name)), index)
        for name in "tu"
        for index in range(rig.topics.partition_count(TopicName(name)))
    }
    members = known(rig).members.values()
    read = {(topic, index) for each in members for topic, indexes in each.assigned.items() for index in indexes}
    assert read == wanted


def test_every_record_is_written_as_kafka_writes_it():
    rig = Rig()
    rig.topics.make("t", 2)
    rig.send(beat())
    initialize(rig)
    codec = GroupCodec()
    assert [codec.decode(*codec.encode(record)) for record in rig.log] == rig.log
