"""`uniform`: everyone gets as many partitions as everyone else, and keeps as many of its own as that allows.

Where all members subscribe to the same topics that is arithmetic: a quota, and one more for some. Where they don't,
partitions without an owner go to the least burdened of their topic's subscribers, and then move from the more to the less
burdened until no move makes two members more alike.
"""

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush, heapreplace

from headwater.control.groups.consumer.assignors.assignor import Counts, Subscriber
from headwater.control.groups.consumer.member import Target
from headwater.wire.types import Uuid

_ROUNDS_MAX = 16
"""Each round about halves what is still unbalanced; subscriptions that barely overlap could go on for long."""

Place = tuple[Uuid, int]


def assign(members: Sequence[Subscriber], counts: Counts) -> dict[str, Target]:
    if not members:
        return {}
    kept = {each.member_id: _still_valid(each, counts) for each in members}
    taken = {place for places in kept.values() for place in places}
    free = [(topic, index) for topic, count in counts.items() for index in range(count) if (topic, index) not in taken]
    if _all_alike(members):
        _share_alike(kept, free, sum(counts.values()))
    else:
        _share_by_subscription(members, kept, free)
    return {member_id: _target(places) for member_id, places in kept.items()}


def _all_alike(members: Sequence[Subscriber]) -> bool:
    first = {*members[0].topics}
    return all({*each.topics} == first for each in members)


def _still_valid(member: Subscriber, counts: Counts) -> list[Place]:
    subscribed = {*member.topics}
    return [
        (topic, index)
        for topic, partitions in member.target.items()
        if topic in subscribed
        for index in partitions
        if index < counts[topic]
    ]


def _share_alike(kept: dict[str, list[Place]], free: list[Place], total: int) -> None:
    """Whoever has more than the quota may keep one more, as long as there are such places; the others follow in order."""
    quota, larger = divmod(total, len(kept))
    may_keep_one_more = larger
    for places in kept.values():
        bound = quota
        if len(places) > quota and may_keep_one_more:
            bound += 1
            may_keep_one_more -= 1
        free.extend(places[bound:])
        del places[bound:]
    unassigned = iter(free)
    for places in kept.values():
        bound = quota
        if len(places) <= quota and may_keep_one_more:
            bound += 1
            may_keep_one_more -= 1
        while len(places) < bound:
            places.append(next(unassigned))


def _share_by_subscription(members: Sequence[Subscriber], kept: dict[str, list[Place]], free: list[Place]) -> None:
    subscribers: dict[Uuid, list[str]] = {}
    for member in members:
        for topic in member.topics:
            subscribers.setdefault(topic, []).append(member.member_id)
    audiences = {topic: tuple(ids) for topic, ids in subscribers.items()}
    least: dict[tuple[str, ...], _Burdens] = {}
    for place in sorted(free, key=lambda place: len(audiences[place[0]])):
        audience = audiences[place[0]]
        burdens = least.get(audience)
        if burdens is None:
            burdens = least[audience] = _Burdens(kept, audience)
        kept[burdens.least()].append(place)
    for _ in range(_ROUNDS_MAX):
        if not sum(_balance(kept, topic, audience) for topic, audience in audiences.items()):
            return


class _Burdens:
    """Members by how much they have, for topics that have the same subscribers. What others gave them is seen when they come
    to the top."""

    def __init__(self, kept: Mapping[str, Sequence[Place]], audience: Sequence[str]) -> None:
        self._kept = kept
        self._audience = audience
        self._heap = [(len(kept[each]), turn) for turn, each in enumerate(audience)]
        heapify(self._heap)

    def least(self) -> str:
        while True:
            burden, turn = self._heap[0]
            actual = len(self._kept[self._audience[turn]])
            if burden == actual:
                return self._audience[turn]
            heapreplace(self._heap, (actual, turn))


def _balance(kept: dict[str, list[Place]], topic: Uuid, subscribers: Sequence[str]) -> int:
    """Move this topic's partitions from the most burdened that have any to the least burdened; how many moved."""
    sizes = [len(kept[each]) for each in subscribers]
    if max(sizes) - min(sizes) <= 1:
        return 0
    movable = {each: [place for place in kept[each] if place[0] == topic] for each in subscribers}
    most = [(-len(kept[each]), turn) for turn, each in enumerate(subscribers) if movable[each]]
    heapify(most)
    takers = _Burdens(kept, subscribers)
    moves = 0
    while most:
        burden, turn = most[0]
        giver, taker = subscribers[turn], takers.least()
        if -burden != len(kept[giver]) or not movable[giver]:
            _renew(most, kept, movable, subscribers)
        elif len(kept[giver]) - len(kept[taker]) <= 1:
            break
        else:
            _move(kept, movable, giver, taker)
            moves += 1
    return moves


def _renew(
    most: list[tuple[int, int]], kept: Mapping[str, list[Place]], movable: Mapping[str, list[Place]], ids: Sequence[str]
) -> None:
    """The giver at the top has another burden by now, or nothing of the topic left to give."""
    _, giver = heappop(most)
    if movable[ids[giver]]:
        heappush(most, (-len(kept[ids[giver]]), giver))


def _move(kept: dict[str, list[Place]], movable: dict[str, list[Place]], giver: str, taker: str) -> None:
    place = movable[giver].pop()
    kept[giver].remove(place)
    kept[taker].append(place)


def _target(places: list[Place]) -> Target:
    by_topic: dict[Uuid, list[int]] = {}
    for topic, index in places:
        by_topic.setdefault(topic, []).append(index)
    return {topic: tuple(sorted(indexes)) for topic, indexes in by_topic.items()}
