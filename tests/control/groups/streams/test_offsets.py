"""Who may commit, read and delete offsets of a streams group."""

from tests.control.groups.rig import Rig, commit
from tests.control.groups.streams.clients import Client, settle

from headwater.control.groups.errors import StaleMemberEpoch, SubscribedToTopic, UnknownMember
from headwater.control.groups.requests import CommitInTransaction, CommitOffsets, DeleteOffsets, ReadOffsets
from headwater.wire.types import ProducerEpoch, ProducerId, TopicName

LINES = TopicName("lines")


def two_members() -> tuple[Rig, Client, Client]:
    """With one task between them."""
    rig = Rig()
    rig.topics.make(LINES, 1)
    a, b = Client(rig, "a"), Client(rig, "b")
    a.join()
    b.join()
    settle(a, b)
    return rig, a, b


def committed(client: Client, *, epoch: int | None = None, topic: str = LINES) -> CommitOffsets:
    generation = client.epoch if epoch is None else epoch
    return commit(5, member=client.member_id, generation=generation, topic=topic)


def in_transaction(plain: CommitOffsets) -> CommitInTransaction:
    return CommitInTransaction(producer_id=ProducerId(1), producer_epoch=ProducerEpoch(0), commit=plain)


def test_members_commit_in_their_epoch_and_others_not_at_all() -> None:
    rig, a, _ = two_members()
    assert rig.ask(committed(a)) == (None,)
    assert isinstance(rig.ask(committed(a, epoch=a.epoch + 1)), StaleMemberEpoch)
    assert isinstance(rig.ask(commit(5, member="x", generation=a.epoch)), UnknownMember)
    assert isinstance(rig.ask(commit(5)), UnknownMember)


def test_an_older_epoch_will_do_for_tasks_that_the_member_has_had_since() -> None:
    rig, a, b = two_members()
    owner, other = (a, b) if a.tasks.active else (b, a)
    assert owner.epoch == 3
    assert rig.ask(committed(owner, epoch=2)) == (None,)
    assert isinstance(rig.ask(committed(owner, epoch=1)), StaleMemberEpoch)
    assert isinstance(rig.ask(committed(other, epoch=2)), StaleMemberEpoch)
    assert isinstance(rig.ask(committed(owner, epoch=2, topic="other")), StaleMemberEpoch)


def test_a_member_may_still_commit_for_a_task_that_it_is_to_give_up() -> None:
    rig = Rig()
    rig.topics.make(LINES, 1)
    z = Client(rig, "z")
    z.join()
    epoch = z.epoch
    rig.topics.delete(LINES)
    rig.topics.make(LINES, 1)
    z.beat()
    assert rig.ask(committed(z, epoch=epoch)) == (None,)


def test_without_members_anybody_commits() -> None:
    rig, a, b = two_members()
    a.leave()
    b.leave()
    assert rig.ask(commit(5, topic=LINES)) == (None,)


def test_in_transactions_it_is_the_same_but_for_producers_that_do_not_know_their_group() -> None:
    rig, a, _ = two_members()
    assert rig.ask(in_transaction(committed(a))) == (None,)
    assert rig.ask(in_transaction(commit(5, topic=LINES))) == (None,)
    assert isinstance(rig.ask(in_transaction(committed(a, epoch=9))), StaleMemberEpoch)
    assert isinstance(rig.ask(in_transaction(commit(5, member="x", generation=1))), UnknownMember)


def test_a_member_that_reads_does_so_in_its_epoch() -> None:
    rig, a, _ = two_members()

    def read(member_id: str | None, epoch: int) -> object:
        return rig.machine.check_read(ReadOffsets(group_id="g", member_id=member_id, member_epoch=epoch))

    assert read(None, -1) is None
    assert read("a", a.epoch) is None
    assert isinstance(read("a", a.epoch - 1), StaleMemberEpoch)
    assert isinstance(read("x", a.epoch), UnknownMember)


def test_offsets_of_what_the_topology_reads_are_not_deleted_while_it_does() -> None:
    rig, a, b = two_members()
    rig.ask(committed(a))
    request = DeleteOffsets(group_id="g", partitions=((LINES, 0), (TopicName("other"), 0)))
    assert rig.ask(request) == (SubscribedToTopic(LINES), None)
    a.leave()
    b.leave()
    assert rig.ask(request) == (None, None)
    assert not rig.machine.offsets.of("g")
