"""A consumer group that only classic members are left in becomes a classic group (KIP-848's online downgrade).

Each classic member keeps what its target says, as if a leader had assigned it in the generation of the group's epoch. Where
that is no longer right, the new group rebalances at once.
"""

from headwater.control.groups.classic.group import CONSUMER, Group as ClassicGroup, Member as ClassicMember, State
from headwater.control.groups.classic.rebalance import prepare, touch
from headwater.control.groups.classic.requests import Join, Protocol
from headwater.control.groups.consumer.classic_protocol import assignment_bytes
from headwater.control.groups.consumer.draft import Draft
from headwater.control.groups.consumer.group import Group
from headwater.control.groups.consumer.member import Member
from headwater.control.groups.consumer.records import no_expression, no_group, no_member
from headwater.control.groups.consumer.table import Table
from headwater.control.groups.records import GroupRecord, group_record
from headwater.control.groups.step import Step


def can_downgrade(table: Table, draft: Draft) -> bool:
    members = draft.group.members.values()
    return (
        0 < len(members) <= table.classic.settings.max_size
        and table.settings(draft.group.group_id).migration.downgrades
        and all(member.classic is not None for member in members)
    )


def downgrade(table: Table, draft: Draft, step: Step, *, rebalances: bool) -> None:
    group = draft.group
    classic = _as_classic(table, group)
    draft.write(*tombstones(group))
    draft.keep(step)
    step.write(group_record(group.group_id, classic.value(draft.moment.wall)))
    table.forget_group(group)
    table.classic.live[group.group_id] = classic
    for member in classic:
        touch(table.classic, classic, member, step)
    if rebalances:
        prepare(table.classic, classic, step)


def tombstones(group: Group) -> list[GroupRecord]:
    """Of all that the group has written."""
    of_members = [record for member_id in group.members for record in no_member(group.group_id, member_id)]
    of_expressions = [no_expression(group.group_id, each) for each in group.expressions]
    return [*of_members, *of_expressions, *no_group(group.group_id)]


def _as_classic(table: Table, group: Group) -> ClassicGroup:
    classic = ClassicGroup(group.group_id, protocol_type=CONSUMER, generation=group.epoch)
    for member in group.members.values():
        classic.add(_classic_member(table, group, member))
    classic.state = State.STABLE
    classic.protocol = classic.select_protocol()
    return classic


def _classic_member(table: Table, group: Group, member: Member) -> ClassicMember:
    made = ClassicMember(member.member_id, _join_of(group.group_id, member))
    made.is_new = False
    target = group.targets.get(member.member_id, {})
    made.assignment = assignment_bytes(target, table.topics, like=member.protocols[0].metadata)
    return made


def _join_of(group_id: str, member: Member) -> Join:
    """The join by which this member would have come into the classic group."""
    assert member.classic is not None
    return Join(
        group_id=group_id,
        member_id=member.member_id,
        instance_id=member.instance_id,
        new_member_id="",
        client_id=member.client_id,
        client_host=member.client_host,
        session_timeout_ms=member.classic.session_timeout_ms,
        rebalance_timeout_ms=member.rebalance_timeout_ms,
        protocol_type=CONSUMER,
        protocols=tuple(Protocol(name=each.name, metadata=each.metadata) for each in member.protocols),
        needs_known_id=False,
        can_skip_assignment=False,
    )
