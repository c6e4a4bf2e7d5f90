"""The assignor `simple` of Kafka 4.4: who reads which partitions of a share group.

Several members may share a partition. Balance comes first: every partition has equally many members, and the sizes of two
members' assignments differ by one at most. Then stickiness: what a member has it keeps where balance allows it.

Where all members subscribe to the same topics, balance is over all partitions together. Where they don't, it is topic by topic.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from headwater.control.groups.share.partitions import Partitions, SharePartition, by_topic
from headwater.wire.types import Uuid

_Held = dict[str, dict[SharePartition, None]]


def assign(
    subscriptions: Mapping[str, Sequence[Uuid]], assignable: Partitions, before: Mapping[str, Partitions]
) -> dict[str, Partitions]:
    """`subscriptions` has the topics of each member, `before` what members had. Every member gets an assignment."""
    held: _Held = {member: {} for member in subscriptions}
    for members, topics in _parts(subscriptions, assignable):
        part = {member: _shares(before.get(member, {}), topics) for member in members}
        for member, shares in _balanced(part, _all(assignable, topics)).items():
            held[member].update(shares)
    return {member: by_topic(shares) for member, shares in held.items()}


def _parts(
    subscriptions: Mapping[str, Sequence[Uuid]], assignable: Partitions
) -> Iterable[tuple[list[str], Sequence[Uuid]]]:
    """What is balanced in itself: members, and topics to which all of them subscribe."""
    known = {member: [topic for topic in topics if topic in assignable] for member, topics in subscriptions.items()}
    if len({frozenset(topics) for topics in known.values()}) == 1:
        yield list(known), next(iter(known.values()))
        return
    subscribers: dict[Uuid, list[str]] = {}
    for member, topics in known.items():
        for topic in topics:
            subscribers.setdefault(topic, []).append(member)
    for topic, members in subscribers.items():
        yield members, (topic,)


def _balanced(held: _Held, shares: Sequence[SharePartition]) -> _Held:
    """`held` is what members had of these shares, and becomes what they have from now on."""
    if not shares:
        return {member: {} for member in held}
    sharing = -(-len(held) // len(shares))
    desired = _desired(list(held), total=sharing * len(shares))
    holders: dict[SharePartition, dict[str, None]] = {share: {} for share in shares}
    for member, own in held.items():
        for share in list(own):
            if share in holders:
                holders[share][member] = None
            else:
                del own[share]
    _revoke_overshared(held, holders, desired, sharing)
    _revoke_overfilled(held, holders, desired)
    _fill(held, holders, desired, sharing)
    return held


def _desired(members: Sequence[str], *, total: int) -> dict[str, int]:
    """How many shares each member should have: differing by one at most, `total` together."""
    count = len(members)
    bounds = [-(-total * index // count) for index in range(count + 1)]
    return {member: bounds[index + 1] - bounds[index] for index, member in enumerate(members)}


def _revoke_overshared(
    held: _Held, holders: dict[SharePartition, dict[str, None]], desired: Mapping[str, int], sharing: int
) -> None:
    """From those who have too much, as far as that goes."""
    for share, members in holders.items():
        surplus = len(members) - sharing
        if surplus > 0:
            rich_first = sorted(members, key=lambda member: len(held[member]) <= desired[member])
            for member in rich_first[:surplus]:
                del members[member], held[member][share]


def _revoke_overfilled(held: _Held, holders: dict[SharePartition, dict[str, None]], desired: Mapping[str, int]) -> None:
    for member, own in held.items():
        for share in list(own)[desired[member] :]:
            del own[share], holders[share][member]


def _fill(
    held: _Held, holders: dict[SharePartition, dict[str, None]], desired: Mapping[str, int], sharing: int
) -> None:
    """Members with too little take turns. A share that all of them have already stays below its number: that is harmless."""
    unfilled = deque(member for member in held if len(held[member]) < desired[member])
    for share, members in holders.items():
        for _ in range(len(unfilled)):
            if len(members) >= sharing:
                break
            member = unfilled.popleft()
            if member not in members:
                members[member] = held[member][share] = None
            if len(held[member]) < desired[member]:
                unfilled.append(member)


def _all(assignable: Partitions, topics: Sequence[Uuid]) -> list[SharePartition]:
    return [(topic, index) for topic in topics for index in assignable[topic]]


def _shares(partitions: Partitions, topics: Sequence[Uuid]) -> dict[SharePartition, None]:
    return {(topic, index): None for topic in topics for index in partitions.get(topic, ())}
