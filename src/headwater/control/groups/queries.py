"""What ListGroups and DescribeGroups are told."""

from headwater.control.groups.errors import GroupNotFound
from headwater.control.groups.group import Group, State
from headwater.control.groups.offsets import Offsets
from headwater.control.groups.requests import GroupDescription, GroupOverview, MemberDescription
from headwater.control.groups.table import Table
from headwater.wire.records.group_metadata_value import GroupMetadataValue, MemberMetadata


def overviews(table: Table, offsets: Offsets) -> list[GroupOverview]:
    """Every group once: live ones, stored ones, and those that have nothing but offsets."""
    ids = dict.fromkeys([*table.stored, *table.live, *offsets.groups()])
    return [_overview(table, each) for each in ids]


def _overview(table: Table, group_id: str) -> GroupOverview:
    live, stored = table.live.get(group_id), table.stored.get(group_id)
    if live is not None:
        return GroupOverview(group_id=group_id, protocol_type=live.protocol_type, state=live.state.value)
    if stored is not None:
        return GroupOverview(group_id=group_id, protocol_type=stored.protocol_type, state=_stored_state(stored).value)
    return GroupOverview(group_id=group_id, protocol_type="", state=State.EMPTY.value)


def describe(table: Table, offsets: Offsets, group_id: str) -> GroupDescription | GroupNotFound:
    live, stored = table.live.get(group_id), table.stored.get(group_id)
    if live is not None:
        return _live(live)
    if stored is not None:
        return _stored(group_id, stored)
    if group_id in offsets:
        return GroupDescription(group_id=group_id, state=State.EMPTY.value, protocol_type="", protocol="", members=())
    return GroupNotFound(group_id)


def _live(group: Group) -> GroupDescription:
    stable = group.state is State.STABLE
    return GroupDescription(
        group_id=group.group_id,
        state=group.state.value,
        protocol_type=group.protocol_type,
        protocol=(group.protocol or "") if stable else "",
        members=tuple(
            MemberDescription(
                member_id=each.member_id,
                instance_id=each.instance_id,
                client_id=each.client_id,
                client_host=each.client_host,
                metadata=each.metadata(group.protocol) if stable else b"",
                assignment=each.assignment if stable else b"",
            )
            for each in group
        ),
    )


def _stored(group_id: str, value: GroupMetadataValue) -> GroupDescription:
    return GroupDescription(
        group_id=group_id,
        state=_stored_state(value).value,
        protocol_type=value.protocol_type,
        protocol=value.protocol or "",
        members=tuple(_member(each) for each in value.members),
    )


def _member(member: MemberMetadata) -> MemberDescription:
    return MemberDescription(
        member_id=member.member_id,
        instance_id=member.group_instance_id,
        client_id=member.client_id,
        client_host=member.client_host,
        metadata=member.subscription,
        assignment=member.assignment,
    )


def _stored_state(value: GroupMetadataValue) -> State:
    return State.STABLE if value.members else State.EMPTY
