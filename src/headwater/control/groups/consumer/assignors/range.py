"""`range`: of each topic a member gets partitions that lie side by side, so that topics of one size are joined alike.

Members take their turns in the order of their instance ids, and after those of their member ids: a static member that comes
back finds its range. Nothing else is sticky here.
"""

from collections.abc import Sequence

from headwater.control.groups.consumer.assignors.assignor import Counts, Subscriber
from headwater.control.groups.consumer.member import Target
from headwater.wire.types import Uuid


def assign(members: Sequence[Subscriber], counts: Counts) -> dict[str, Target]:
    ordered = sorted(members, key=_turn)
    subscribers: dict[Uuid, list[str]] = {}
    for member in ordered:
        for topic_id in member.topics:
            subscribers.setdefault(topic_id, []).append(member.member_id)
    targets: dict[str, dict[Uuid, tuple[int, ...]]] = {each.member_id: {} for each in members}
    for topic_id, member_ids in subscribers.items():
        quota, larger = divmod(counts[topic_id], len(member_ids))
        start = 0
        for turn, member_id in enumerate(member_ids):
            end = start + quota + (turn < larger)
            if start < end:
                targets[member_id][topic_id] = tuple(range(start, end))
            start = end
    return dict(targets)


def _turn(member: Subscriber) -> tuple[bool, str]:
    return (member.instance_id is None, member.instance_id or member.member_id)
