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
from headwater.control.groups.consumer.table import Table
from headwater.control.groups.ports import Topics
from headwater.wire.types import TopicName, Uuid

ASSIGNORS: Final[Mapping[str, Assignor]] = {UNIFORM: uniform.assign, RANGE: by_range.assign}


def assign_if_due(table: Table, draft: Draft) -> None:
    """Make the target of the group's epoch, unless the last was made so lately that more changes may be on their way."""
    group = draft.group
    settings = table.settings(group.group_id)
    if group.target_epoch >= group.epoch or not _is_due(draft, settings):
        return
    subscribers, counts = _described(group, table.topics)
    targets = ASSIGNORS[preferred_assignor(group, settings)](subscribers, counts)
    for member_id, target in targets.items():
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


def _is_due(draft: Draft, settings: ConsumerGroupSettings) -> bool:
    """A wall clock that was put back must not hold a group up."""
    since = draft.moment.wall - draft.group.target_made_at
    return not draft.group.target_made_at or not 0 <= since < settings.assignment_interval_ms


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
