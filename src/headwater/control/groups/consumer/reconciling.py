"""How a member comes to its target: first it gives up what it no longer has, then it gets what others have given up.

    STABLE ----------------- the target changed ----------------+
      ^                                                         v
      |   nothing to give up        +--- something to give up: UNREVOKED_PARTITIONS, in its old epoch
      |   and all is free           |        |
      +-----------------------------+        | it no longer owns them: it goes to the target's epoch
      |                                      v
      +---- all are free now ---- UNRELEASED_PARTITIONS, in the target's epoch: some are still others'

A partition is assigned only when nobody holds it, so it never has two owners. Here nothing is written: `reconciled`
says what the member becomes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from headwater.control.groups.consumer.member import Held, Member, MemberState, Target
from headwater.control.groups.errors import FencedMemberEpoch
from headwater.wire.types import Uuid

Owned = Mapping[Uuid, tuple[int, ...]] | None
"""What the member says that it owns; None where it doesn't say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Aim:
    """Where a member is to get."""

    target: Target
    epoch: int
    is_subscribed: Callable[[Uuid], bool]
    is_free: Callable[[Uuid, int], bool]
    """Whether nobody holds a partition."""


def reconciled(member: Member, aim: Aim, owned: Owned, *, resubscribed: bool) -> Member | FencedMemberEpoch:
    """What the member becomes. `resubscribed` tells that its subscription has just changed, so that what it is no longer
    subscribed to goes at once, whether or not there is a new target."""
    match member.state:
        case MemberState.STABLE:
            if member.epoch != aim.epoch:
                return _advanced(member, aim, owned)
            return _without_unsubscribed(member, aim, owned) if resubscribed else member
        case MemberState.UNREVOKED_PARTITIONS:
            if not _owns_any(owned, member.revoking):
                return _advanced(member, aim, owned)
            return _without_unsubscribed(member, aim, owned) if resubscribed else member
        case MemberState.UNRELEASED_PARTITIONS:
            return _advanced(member, aim, owned)
        case MemberState.UNKNOWN:
            return _advanced(member, aim, owned) if owned == {} else FencedMemberEpoch(member.epoch, aim.epoch)


def _advanced(member: Member, aim: Aim, owned: Owned) -> Member:
    """As far towards the target as others let it."""
    kept, dropped, added, waits = _compared(member, aim)
    if dropped and _owns_any(owned, dropped):
        return member.moved(
            member.epoch, MemberState.UNREVOKED_PARTITIONS, assigned=_plain(kept), revoking=_plain(dropped)
        )
    for topic_id, partitions in added.items():
        kept.setdefault(topic_id, {}).update(dict.fromkeys(partitions, aim.epoch))
    state = MemberState.UNRELEASED_PARTITIONS if waits else MemberState.STABLE
    return member.moved(aim.epoch, state, assigned=_plain(kept))


_Parts = dict[Uuid, dict[int, int]]


def _compared(member: Member, aim: Aim) -> tuple[_Parts, _Parts, dict[Uuid, list[int]], bool]:
    """What it keeps, what it must give up, what it can get now, and whether there is more that it can't get yet."""
    kept: _Parts = {}
    dropped: _Parts = {}
    added: dict[Uuid, list[int]] = {}
    waits = False
    for topic_id in dict.fromkeys((*aim.target, *member.assigned)):
        wanted = aim.target.get(topic_id, ()) if aim.is_subscribed(topic_id) else ()
        has = member.assigned.get(topic_id, {})
        lookup = {*wanted}
        for partition, epoch in has.items():
            (kept if partition in lookup else dropped).setdefault(topic_id, {})[partition] = epoch
        for partition in wanted:
            if partition in has:
                continue
            if aim.is_free(topic_id, partition) or partition in member.revoking.get(topic_id, {}):
                added.setdefault(topic_id, []).append(partition)
            else:
                waits = True
    return kept, dropped, added, waits


def _without_unsubscribed(member: Member, aim: Aim, owned: Owned) -> Member:
    """In its epoch still, it gives up the topics that it has just unsubscribed from."""
    gone = {topic: held for topic, held in member.assigned.items() if not aim.is_subscribed(topic)}
    if not gone:
        return member
    assigned = {topic: held for topic, held in member.assigned.items() if topic not in gone}
    revoking = {topic: {**member.revoking.get(topic, {}), **gone.get(topic, {})} for topic in (*member.revoking, *gone)}
    if _owns_any(owned, revoking):
        return member.moved(member.epoch, MemberState.UNREVOKED_PARTITIONS, assigned=assigned, revoking=revoking)
    return member.moved(member.epoch, member.state, assigned=assigned, revoking=member.revoking)


def _owns_any(owned: Owned, partitions: Held) -> bool:
    if owned is None:
        return True
    return any(each in partitions.get(topic, {}) for topic, owns in owned.items() for each in owns)


def _plain(parts: _Parts) -> Held:
    return {topic: held for topic, held in parts.items() if held}
