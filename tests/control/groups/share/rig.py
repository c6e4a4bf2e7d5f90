"""Share groups in the hand: requests, and a share coordinator that does what it is told to when it is told to."""

from tests.control.groups.rig import Rig

from headwater.control.groups.records import GroupRecord
from headwater.control.groups.share.group import ShareGroup
from headwater.control.groups.share.requests import ShareHeartbeat, ShareMembership, StateDeleted, StateInitialized
from headwater.wire.types import TopicName


def beat(
    member: str = "a",
    *,
    epoch: int = 0,
    topics: tuple[str, ...] | None = ("t",),
    group: str = "g",
    rack: str | None = None,
) -> ShareHeartbeat:
    return ShareHeartbeat(
        group_id=group,
        member_id=member,
        epoch=epoch,
        rack_id=rack,
        client_id="client",
        client_host="/127.0.0.1",
        topics=None if topics is None else tuple(map(TopicName, topics)),
    )


def known(rig: Rig, group: str = "g") -> ShareGroup:
    return rig.machine.share.table.groups[group]


def initialize(rig: Rig, group: str = "g") -> None:
    """All that is to be initialized is, and who waited for it is answered."""
    open_ = known(rig, group).shares.initializing
    rig.ask(StateInitialized(group_id=group, done={topic: each.partitions for topic, each in open_.items()}))
    rig.pass_ms(0)


def delete(rig: Rig, group: str = "g") -> None:
    rig.ask(StateDeleted(group_id=group, done=tuple(known(rig, group).shares.deleting)))


def joined(rig: Rig, member: str = "a", *topics: str, group: str = "g") -> ShareMembership:
    """A member of a group whose topics have share state when this returns."""
    ticket = rig.send(beat(member, topics=topics or ("t",), group=group))
    if ticket not in rig.answers:
        initialize(rig, group)
    answer = rig.answers[ticket]
    assert isinstance(answer, ShareMembership)
    return answer


def stayed(rig: Rig, member: str = "a", group: str = "g") -> ShareMembership:
    """What a member is told that says nothing new."""
    epoch = known(rig, group).members[member].epoch
    answer = rig.ask(beat(member, epoch=epoch, topics=None, group=group))
    assert isinstance(answer, ShareMembership)
    return answer


def written(rig: Rig, request: object) -> list[GroupRecord]:
    before = len(rig.log)
    rig.send(request)
    return rig.log[before:]
