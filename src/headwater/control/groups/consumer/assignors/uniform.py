"""`uniform`: everyone gets as many partitions as everyone else, and keeps as many of its own as that allows.

Where all members subscribe to the same topics that is arithmetic: a quota, and one more for some. Where they don't,
partitions without an owner go to the least burdened of their topic's subscribers, and then move from the more to the less
burdened until no move makes two members more alike.
"""

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush

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
    by_topic: dict[Uuid, list[Place]] = {}
    for place in free:
        by_topic.setdefault(place[0], []).append(place)
    narrowest_first = sorted(by_topic, key=lambda topic: len(subscribers[topic]))
    for topic in narrowest_first:
        _give_to_the_least_burdened(kept, subscribers[topic], by_topic[topic])
    for _ in range(_ROUNDS_MAX):
        moves = sum(_balance(kept, topic, subscribers[topic]) for topic in subscribers)
        if not moves:
            return


def _give_to_the_least_burdened(kept: dict[str, list[Place]], subscribers: list[str], free: list[Place]) -> None:
    burdens = [(len(kept[each]), turn) for turn, each in enumerate(subscribers)]
    heapify(burdens)
    for place in free:
        burden, turn = heappop(burdens)
        kept[subscribers[turn]].append(place)
        heappush(burdens, (burden + 1, turn))


def _balance(kept: dict[str, list[Place]], topic: Uuid, subscribers: list[str]) -> int:
    """Move this topic's partitions from the most burdened that have any to the least burdened; how many moved."""
    movable = {each: [place for place in kept[each] if place[0] == topic] for each in subscribers}
    most = [(-len(kept[each]), turn) for turn, each in enumerate(subscribers) if movable[each]]
    least = [(len(kept[each]), turn) for turn, each in enumerate(subscribers)]
    heapify(most)
    heapify(least)
    moves = 0
    while most and least:
        high, giver = most[0]
        low, taker = least[0]
        if -high != len(kept[subscribers[giver]]) or not movable[subscribers[giver]]:
            _renew(most, kept, movable, subscribers)
        elif low != len(kept[subscribers[taker]]):
            heappop(least)
            heappush(least, (len(kept[subscribers[taker]]), taker))
        elif -high - low <= 1:
            break
        else:
            _move(kept, movable, subscribers[giver], subscribers[taker])
            moves += 1
    return moves


def _renew(
    most: list[tuple[int, int]], kept: Mapping[str, list[Place]], movable: Mapping[str, list[Place]], ids: list[str]
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
