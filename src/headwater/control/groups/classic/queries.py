"""What ListGroups and DescribeGroups are told."""

from headwater.control.groups.classic.group import CLASSIC, Group, State
from headwater.control.groups.classic.requests import GroupDescription, MemberDescription
from headwater.control.groups.classic.table import Table
from headwater.control.groups.requests import GroupOverview
from headwater.wire.records.group_metadata_value import GroupMetadataValue, MemberMetadata


def overview(table: Table, group_id: str) -> GroupOverview:
    live, stored = table.live.get(group_id), table.stored.get(group_id)
    if live is not None:
        return _overview(group_id, live.protocol_type, live.state)
    if stored is not None:
        return _overview(group_id, stored.protocol_type, _stored_state(stored))
    return _overview(group_id, "", State.EMPTY)


def _overview(group_id: str, protocol_type: str, state: State) -> GroupOverview:
    return GroupOverview(group_id=group_id, kind=CLASSIC, protocol_type=protocol_type, state=state.value)


def describe(table: Table, group_id: str) -> GroupDescription:
    live, stored = table.live.get(group_id), table.stored.get(group_id)
    if live is not None:
        return _live(live)
    if stored is not None:
        return _stored(group_id, stored)
    return GroupDescription(group_id=group_id, state=State.EMPTY.value, protocol_type="", protocol="", members=())


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
