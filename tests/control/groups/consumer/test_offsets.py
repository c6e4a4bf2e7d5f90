"""Who may commit, read and delete offsets of a consumer group."""

from msgspec.structs import replace
from tests.control.groups.consumer.client import Client
from tests.control.groups.rig import Rig, commit

from headwater.control.groups.errors import (
    InvalidGroupId,
    StaleMemberEpoch,
    SubscribedToTopic,
    TooOldForEpochs,
    UnknownMember,
)
from headwater.control.groups.requests import CommitInTransaction, CommitOffsets, DeleteOffsets, ReadOffsets
from headwater.wire.types import ProducerEpoch, ProducerId, TopicName


def two_members() -> tuple[Rig, Client, Client]:
    rig = Rig()
    rig.topics.make("t", 1)
    a, b = Client(rig, "a"), Client(rig, "b")
    a.join()
    b.join()
    a.settle(b)
    return rig, a, b


def committed(rig: Rig, member: str, epoch: int) -> CommitOffsets:
    plain = commit(5, member=member, generation=epoch)
    topic_id = rig.topics.id_of(TopicName("t"))
    assert topic_id is not None
    return replace(plain, offsets=(replace(plain.offsets[0], topic_id=topic_id),))


def in_transaction(plain: CommitOffsets) -> CommitInTransaction:
    return CommitInTransaction(producer_id=ProducerId(1), producer_epoch=ProducerEpoch(0), commit=plain)


def test_members_commit_in_their_epoch_and_others_not_at_all():
    rig, a, _ = two_members()
    assert rig.ask(committed(rig, "a", a.epoch)) == (None,)
    assert isinstance(rig.ask(committed(rig, "a", a.epoch + 1)), StaleMemberEpoch)
    assert isinstance(rig.ask(committed(rig, "x", a.epoch)), UnknownMember)
    assert isinstance(rig.ask(committed(rig, "", -1)), UnknownMember)


def test_a_client_that_is_too_old_to_know_epochs_is_told_so():
    rig, a, _ = two_members()
    assert isinstance(rig.ask(replace(committed(rig, "a", a.epoch), knows_epochs=False)), TooOldForEpochs)


def test_an_older_epoch_will_do_for_partitions_that_the_member_has_had_since():
    rig, a, b = two_members()
    owner, other = (a, b) if a.partitions() else (b, a)
    assert owner.epoch == 3
    assert rig.ask(committed(rig, owner.member_id, 2)) == (None,)
    assert isinstance(rig.ask(committed(rig, owner.member_id, 1)), StaleMemberEpoch)
    assert isinstance(rig.ask(committed(rig, other.member_id, 2)), StaleMemberEpoch)


def test_without_members_anybody_commits():
    rig, a, b = two_members()
    a.leave()
    b.leave()
    assert rig.ask(committed(rig, "", -1)) == (None,)


def test_in_transactions_it_is_the_same_but_for_producers_that_do_not_know_their_group():
    rig, a, _ = two_members()
    assert rig.ask(in_transaction(committed(rig, "a", a.epoch))) == (None,)
    assert rig.ask(in_transaction(committed(rig, "", -1))) == (None,)
    assert isinstance(rig.ask(in_transaction(committed(rig, "a", 9))), StaleMemberEpoch)
    nameless = replace(committed(rig, "", -1), group_id="")
    assert isinstance(rig.ask(in_transaction(nameless)), InvalidGroupId | tuple)


def test_readers_that_say_who_they_are_are_held_to_it():
    rig, a, _ = two_members()

    def check(member: str | None, epoch: int) -> object:
        return rig.machine.check_read(ReadOffsets(group_id="g", member_id=member, member_epoch=epoch))

    assert check(None, -1) is None
    assert check("a", a.epoch) is None
    assert isinstance(check("a", a.epoch - 1), StaleMemberEpoch)
    assert isinstance(check("x", 1), UnknownMember)


def test_offsets_of_topics_that_somebody_reads_are_not_deleted_and_do_not_expire():
    rig, a, _ = two_members()
    rig.ask(committed(rig, "a", a.epoch))
    delete = DeleteOffsets(group_id="g", partitions=((TopicName("t"), 0), (TopicName("u"), 0)))
    answers = rig.ask(delete)
    assert isinstance(answers, tuple)
    assert isinstance(answers[0], SubscribedToTopic)
    assert answers[1] is None
    for _ in range(10):
        rig.pass_ms(20_000)
        a.beat()
    assert rig.machine.offsets.of("g")


def test_a_group_without_members_is_forgotten_with_its_last_offset():
    rig, a, b = two_members()
    rig.ask(committed(rig, "a", a.epoch))
    a.leave()
    b.leave()
    rig.pass_ms(8 * 24 * 3_600_000)
    assert list(rig.machine.snapshot()) == []
