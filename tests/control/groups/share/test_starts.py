"""Start offsets of share groups: altered, forgotten, and deleted with their group."""

from tests.control.groups.rig import Rig
from tests.control.groups.share.rig import beat, delete, initialize, joined, known

from headwater.control.groups.errors import GroupNotEmpty, GroupNotFound
from headwater.control.groups.requests import DeleteGroup
from headwater.control.groups.share.errors import ShareStateNotDeleted
from headwater.control.groups.share.member import LEAVING
from headwater.control.groups.share.requests import (
    AlterShareStarts,
    DeleteShareStarts,
    DeleteShareState,
    ShareStart,
    StateDeleted,
    StateInitialized,
)
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import Offset, TopicName

NONE, UNKNOWN = ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def alter(*starts: tuple[str, int, int]) -> AlterShareStarts:
    listed = (ShareStart(topic=TopicName(topic), partition=index, offset=Offset(at)) for topic, index, at in starts)
    return AlterShareStarts(group_id="g", starts=tuple(listed))


def forget(*topics: str) -> DeleteShareStarts:
    return DeleteShareStarts(group_id="g", topics=tuple(map(TopicName, topics)))


def left(rig: Rig) -> None:
    """A group that has read `t` and has no members any more."""
    joined(rig)
    rig.ask(beat(epoch=LEAVING, topics=None))


def test_a_group_gets_its_start_before_its_first_member():
    rig = Rig()
    topic = rig.topics.make("t", 2)
    ticket = rig.send(alter(("t", 1, 7), ("t", 2, 7), ("u", 0, 7)))
    assert ticket not in rig.answers
    assert rig.machine.share.table.starts["g"] == {(topic, 1): 7}
    initialize(rig)
    assert rig.answers[ticket] == (NONE, UNKNOWN, UNKNOWN)
    assert known(rig).shares.initialized[topic].partitions == (1,)
    assert rig.machine.share.table.starts["g"] == {}


def test_nobody_moves_the_start_of_a_group_that_is_read_in():
    rig = Rig()
    rig.topics.make("t", 1)
    joined(rig)
    assert rig.ask(alter(("t", 0, 0))) == GroupNotEmpty("g")
    assert rig.ask(forget("t")) == GroupNotEmpty("g")
    assert rig.ask(DeleteShareState(group_id="g")) == GroupNotEmpty("g")
    assert rig.ask(DeleteGroup(group_id="g")) == GroupNotEmpty("g")


def test_a_start_that_can_not_be_set_is_told_and_not_pending_any_more():
    rig = Rig()
    topic = rig.topics.make("t", 1)
    ticket = rig.send(alter(("t", 0, 7)))
    fenced = ErrorCode.FENCED_STATE_EPOCH
    rig.ask(StateInitialized(group_id="g", done={}, failed={(topic, 0): fenced}))
    assert rig.answers[ticket] == (fenced,)
    assert known(rig).shares.is_empty


def test_a_start_that_is_being_set_is_to_be_asked_for_again():
    rig = Rig()
    rig.topics.make("t", 1)
    first = rig.send(alter(("t", 0, 7)))
    assert rig.ask(alter(("t", 0, 8))) == (ErrorCode.COORDINATOR_NOT_AVAILABLE,)
    initialize(rig)
    assert rig.answers[first] == (NONE,)


def test_an_administrator_does_not_wait_for_ever():
    rig = Rig()
    rig.topics.make("t", 1)
    ticket = rig.send(alter(("t", 0, 7)))
    rig.pass_ms(15_000)
    assert rig.answers[ticket] == (ErrorCode.REQUEST_TIMED_OUT,)


def test_starts_are_forgotten_by_topic():
    rig = Rig()
    topic = rig.topics.make("t", 1)
    rig.topics.make("u", 1)
    left(rig)
    ticket = rig.send(forget("t", "u", "v"))
    assert list(known(rig).shares.deleting) == [topic]
    delete(rig)
    assert rig.answers[ticket] == (NONE, UNKNOWN, UNKNOWN)
    assert known(rig).shares.is_empty


def test_what_could_not_be_deleted_is_deleted_by_the_next_who_asks():
    rig = Rig()
    topic = rig.topics.make("t", 1)
    left(rig)
    ticket = rig.send(forget("t"))
    rig.ask(StateDeleted(group_id="g", done=(), failed={topic: ErrorCode.FENCED_STATE_EPOCH}))
    assert rig.answers[ticket] == (ErrorCode.FENCED_STATE_EPOCH,)
    again = rig.send(forget("t"))
    delete(rig)
    assert rig.answers[again] == (NONE,)


def test_a_member_that_comes_meanwhile_has_its_topics_initialized_again():
    rig = Rig()
    topic = rig.topics.make("t", 1)
    left(rig)
    rig.send(forget("t"))
    rig.send(beat())
    assert known(rig).shares.deleting == {}
    assert known(rig).shares.initializing[topic].partitions == (0,)


def test_a_group_is_deleted_after_the_state_of_its_partitions():
    rig = Rig()
    rig.topics.make("t", 1)
    left(rig)
    ticket = rig.send(DeleteShareState(group_id="g"))
    assert ticket not in rig.answers
    delete(rig)
    assert rig.answers[ticket] is None
    assert rig.ask(DeleteGroup(group_id="g")) is None
    assert "g" not in rig.machine.share
    assert list(rig.restarted().machine.share) == []
    assert rig.ask(DeleteShareState(group_id="g")) == GroupNotFound("g")


def test_state_that_stays_keeps_its_group():
    rig = Rig()
    topic = rig.topics.make("t", 1)
    left(rig)
    ticket = rig.send(DeleteShareState(group_id="g"))
    fenced = ErrorCode.FENCED_STATE_EPOCH
    rig.ask(StateDeleted(group_id="g", done=(), failed={topic: fenced}))
    assert rig.answers[ticket] == ShareStateNotDeleted(fenced)
    assert rig.answers[ticket].code is fenced
