"""What ListGroups and ConsumerGroupDescribe are told of a consumer group."""

from headwater.control.groups.classic.group import CONSUMER as CONSUMER_PROTOCOL
from headwater.control.groups.consumer.group import Group
from headwater.control.groups.consumer.member import Member, Target
from headwater.control.groups.consumer.requests import Assigned, ConsumerGroupDescription, ConsumerMemberDescription
from headwater.control.groups.consumer.table import Table
from headwater.control.groups.consumer.targets import preferred_assignor
from headwater.control.groups.ports import Topics
from headwater.control.groups.requests import GroupOverview
from headwater.wire.types import Uuid

CONSUMER = "consumer"
"""The kind's name in ListGroups."""


def overview(table: Table, group_id: str) -> GroupOverview:
    state = table.groups[group_id].state.value
    return GroupOverview(group_id=group_id, kind=CONSUMER, protocol_type=CONSUMER_PROTOCOL, state=state)


def describe(table: Table, group: Group) -> ConsumerGroupDescription:
    return ConsumerGroupDescription(
        group_id=group.group_id,
        state=group.state.value,
        epoch=group.epoch,
        target_epoch=group.target_epoch,
        assignor=preferred_assignor(group, table.settings(group.group_id)),
        members=tuple(_member(group, each, table.topics) for each in group.members.values()),
    )


def _member(group: Group, member: Member, topics: Topics) -> ConsumerMemberDescription:
    """What it has to give up is its own until it has."""
    holds: dict[Uuid, list[int]] = {}
    for held in (member.assigned, member.revoking):
        for topic_id, partitions in held.items():
            holds.setdefault(topic_id, []).extend(partitions)
    return ConsumerMemberDescription(
        member_id=member.member_id,
        instance_id=member.instance_id,
        rack_id=member.rack_id,
        epoch=member.epoch,
        client_id=member.client_id,
        client_host=member.client_host,
        topics=member.topics,
        expression=member.expression,
        assignment=_assigned({topic_id: tuple(sorted(each)) for topic_id, each in holds.items()}, topics),
        target=_assigned(group.targets.get(member.member_id, {}), topics),
        is_classic=member.classic is not None,
    )


def _assigned(partitions: Target, topics: Topics) -> tuple[Assigned, ...]:
    """Topics that are gone are left out."""
    named = ((topic_id, topics.name_of(topic_id), indexes) for topic_id, indexes in partitions.items())
    return tuple(
        Assigned(topic_id=topic_id, topic=name, partitions=indexes)
        for topic_id, name, indexes in named
        if name is not None
    )
