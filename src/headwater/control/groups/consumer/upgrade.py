"""A classic group becomes a consumer group when the first consumer member joins it (KIP-848's online upgrade).

Its members stay, in the epoch of the generation they are in, with what their leader assigned them; they go on with the
classic protocol, which the consumer group speaks with them from then on (`classic_members`).
"""

from headwater.control.groups.classic.group import CONSUMER, Group as ClassicGroup, Member as ClassicMember
from headwater.control.groups.classic.table import MEMBER
from headwater.control.groups.consumer.classic_protocol import assignment, by_id, subscription
from headwater.control.groups.consumer.draft import Draft
from headwater.control.groups.consumer.group import Group
from headwater.control.groups.consumer.member import Member
from headwater.control.groups.consumer.records import (
    current_record,
    epoch_record,
    member_record,
    target_epoch_record,
    target_record,
)
from headwater.control.groups.consumer.table import SESSION, Table
from headwater.control.groups.errors import CantUpgrade, RebalanceInProgress
from headwater.control.groups.records import group_record
from headwater.control.groups.step import Step
from headwater.kernel.units import Timestamp
from headwater.machine.machine import Moment
from headwater.wire.errors import MalformedMessage
from headwater.wire.records.consumer_group_member_metadata_value import ClassicMemberMetadata, ClassicProtocol
from headwater.wire.types import Uuid


def upgraded(table: Table, classic: ClassicGroup, moment: Moment) -> Draft | CantUpgrade:
    """A draft of the consumer group. Nothing of the classic group changes before `leave_behind`."""
    if reason := _obstacle(table, classic):
        return CantUpgrade(classic.group_id, reason)
    try:
        members = [_member(table, classic, each) for each in classic]
    except MalformedMessage:
        return CantUpgrade(classic.group_id, "what its members tell each other can't be read")
    if None in members:
        return CantUpgrade(classic.group_id, "its assignor keeps data of its own")
    return _draft(table, classic, [each for each in members if each is not None], moment)


def leave_behind(table: Table, classic: ClassicGroup, step: Step) -> None:
    """The classic group is no more: whoever waits for it rejoins, and sessions go on in the consumer group."""
    for member in classic:
        for ticket in (classic.joins.get(member.member_id), member.sync):
            if ticket is not None:
                step.answer(ticket, RebalanceInProgress())
        table.classic.deadlines.cancel((MEMBER, classic.group_id, member.member_id))
        key = (SESSION, classic.group_id, member.member_id)
        table.deadlines.set(key, step.moment.elapsed + member.session_timeout_ms)
    table.classic.live.pop(classic.group_id, None)


def _obstacle(table: Table, classic: ClassicGroup) -> str | None:
    settings = table.settings(classic.group_id)
    if not settings.migration.upgrades:
        return "group.consumer.migration.policy forbids it"
    if classic.protocol_type != CONSUMER:
        return "its members are no consumers"
    return "it has more members than group.consumer.max.size allows" if len(classic) > settings.max_size else None


def _member(table: Table, classic: ClassicGroup, member: ClassicMember) -> Member | None:
    """None for one whose assignment holds data of the assignor's own, which would be lost. Raises MalformedMessage."""
    told = subscription(member.metadata(classic.protocol) or member.protocols[0].metadata)
    subscription(member.protocols[0].metadata)
    given = assignment(member.assignment)
    if given.user_data:
        return None
    target = by_id(given.assigned_partitions, table.topics)
    return Member(
        member_id=member.member_id,
        instance_id=member.instance_id,
        rack_id=told.rack_id,
        client_id=member.client_id,
        client_host=member.client_host,
        rebalance_timeout_ms=member.rebalance_timeout_ms,
        topics=tuple(sorted(dict.fromkeys(told.topics))),
        classic=ClassicMemberMetadata(
            session_timeout_ms=member.session_timeout_ms,
            supported_protocols=tuple(
                ClassicProtocol(name=each.name, metadata=each.metadata) for each in member.protocols
            ),
        ),
        epoch=classic.generation,
        previous_epoch=classic.generation,
        assigned={topic: dict.fromkeys(indexes, classic.generation) for topic, indexes in target.items()},
    )


def _draft(table: Table, classic: ClassicGroup, members: list[Member], moment: Moment) -> Draft:
    group_id = classic.group_id
    draft = Draft(Group(group_id), moment)
    draft.write(group_record(group_id, None), *(member_record(group_id, each) for each in members))
    draft.write(epoch_record(group_id, classic.generation, table.topic_hash(draft.group)))
    draft.write(*(target_record(group_id, each.member_id, _target(each)) for each in members))
    draft.write(target_epoch_record(group_id, classic.generation, Timestamp(0)))
    draft.write(*(current_record(group_id, each) for each in members))
    return draft


def _target(member: Member) -> dict[Uuid, tuple[int, ...]]:
    return {topic: tuple(indexes) for topic, indexes in member.assigned.items()}
