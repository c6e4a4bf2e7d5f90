"""The target assignment of an epoch: what the assignor that most members prefer makes of the group as it is."""

from collections.abc import Callable, Mapping
from typing import Final

from headwater.control.groups.consumer.assignors import range as by_range, uniform
from headwater.control.groups.consumer.assignors.assignor import Assignor, Subscriber
from headwater.control.groups.consumer.draft import Draft
from headwater.control.groups.consumer.group import Group
from headwater.control.groups.consumer.member import Member
from headwater.control.groups.consumer.records import target_epoch_record, target_record
from headwater.control.groups.consumer.settings import RANGE, UNIFORM, ConsumerGroupSettings
from headwater.control.groups.consumer.table import ASSIGN, Table
from headwater.control.groups.ports import Topics
from headwater.wire.types import TopicName, Uuid

ASSIGNORS: Final[Mapping[str, Assignor]] = {UNIFORM: uniform.assign, RANGE: by_range.assign}


def assign_if_due(table: Table, draft: Draft) -> None:
    """Make the target of the group's epoch. Where the last was made so lately that more changes may be on their way, it is made
    when the assignment interval is over, whether or not anybody asks then."""
    group = draft.group
    key = (ASSIGN, group.group_id, "")
    if group.target_epoch >= group.epoch or not group.members:
        table.deadlines.cancel(key)
    elif wait_ms := _wait_ms(draft, table.settings(group.group_id)):
        table.deadlines.set(key, draft.moment.elapsed + wait_ms)
    else:
        table.deadlines.cancel(key)
        _assign(table, draft)


def assign_soon(table: Table, draft: Draft) -> None:
    """Members have gone: what was theirs is given to others, whether or not these ask."""
    group = draft.group
    if group.members:
        wait_ms = _wait_ms(draft, table.settings(group.group_id))
        table.deadlines.set((ASSIGN, group.group_id, ""), draft.moment.elapsed + wait_ms)


def _assign(table: Table, draft: Draft) -> None:
    group = draft.group
    subscribers, counts = _described(group, table.topics)
    assignor = ASSIGNORS[preferred_assignor(group, table.settings(group.group_id))]
    for member_id, target in assignor(subscribers, counts).items():
        if group.targets.get(member_id) != target:
            draft.write(target_record(group.group_id, member_id, target))
    draft.write(target_epoch_record(group.group_id, group.epoch, draft.moment.wall))


def preferred_assignor(group: Group, settings: ConsumerGroupSettings) -> str:
    """The one that most members ask for, of those that this broker has; else the broker's first."""
    votes: dict[str, int] = {}
    for member in group.members.values():
        if member.assignor in settings.assignors:
            votes[member.assignor] = votes.get(member.assignor, 0) + 1
    return max(votes, key=votes.__getitem__) if votes else settings.assignors[0]


def _wait_ms(draft: Draft, settings: ConsumerGroupSettings) -> int:
    """A wall clock that was put back must not hold a group up."""
    if not draft.group.target_made_at:
        return 0
    since = draft.moment.wall - draft.group.target_made_at
    return settings.assignment_interval_ms - since if 0 <= since < settings.assignment_interval_ms else 0


def _described(group: Group, topics: Topics) -> tuple[list[Subscriber], dict[Uuid, int]]:
    ids: dict[str, Uuid] = {}
    counts: dict[Uuid, int] = {}
    for name in group.topics:
        topic_id = topics.id_of(TopicName(name))
        if topic_id is not None:
            ids[name] = topic_id
            counts[topic_id] = topics.partition_count(TopicName(name))
    alike = _Alike(lambda member: tuple(ids[name] for name in group.subscription(member) if name in ids))
    subscribers = [
        Subscriber(
            member_id=member.member_id,
            instance_id=member.instance_id,
            topics=alike.topics(member),
            target=group.targets.get(member.member_id, {}),
        )
        for member in group.members.values()
    ]
    return subscribers, counts


class _Alike:
    """Most members of a group subscribe to the same: their topics are looked up once."""

    def __init__(self, look_up: Callable[[Member], tuple[Uuid, ...]]) -> None:
        self._look_up = look_up
        self._found: dict[tuple[tuple[str, ...], str], tuple[Uuid, ...]] = {}

    def topics(self, member: Member) -> tuple[Uuid, ...]:
        subscription = (member.topics, member.expression)
        found = self._found.get(subscription)
        if found is None:
            found = self._found[subscription] = self._look_up(member)
        return found
