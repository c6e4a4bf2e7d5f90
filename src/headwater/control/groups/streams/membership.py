"""Who sends a heartbeat: a member that joins, one that is known, or a static member that comes back under a new id.

Members take part under ids of their own choice, and keep an epoch that tells both sides whether they speak of the same
assignment. A static member that leaves for a while keeps its tasks, with the epoch -2, until it is back or its session ends.
"""

from msgspec import Struct
from msgspec.structs import replace

from headwater.control.groups.errors import (
    CoordinatorFull,
    FencedInstance,
    FencedMemberEpoch,
    GroupFull,
    UnknownMember,
    UnreleasedInstance,
)
from headwater.control.groups.streams.checking import JOINS, LEAVES_FOR_A_WHILE, owned_tasks
from headwater.control.groups.streams.group import Group, Member
from headwater.control.groups.streams.reconciling import State
from headwater.control.groups.streams.requests import StreamsHeartbeat
from headwater.control.groups.streams.tasks import NOTHING, Tasks
from headwater.wire.messages.streams_group_heartbeat_request import StreamsGroupHeartbeatRequest
from headwater.wire.records.streams_group_member_metadata_value import (
    Endpoint,
    KeyValue,
    StreamsGroupMemberMetadataValue,
)

_UNKNOWN = StreamsGroupMemberMetadataValue(instance_id=None, rack_id=None, topology_epoch=-1)
"""Of a member that has told nothing of itself yet."""


class Found(Struct, frozen=True, kw_only=True):
    member: Member
    is_new: bool = False
    replaces: Member | None = None
    """The same static member under its former id."""


def find(group: Group, message: StreamsGroupHeartbeatRequest) -> Found:
    """Raises the refusal of a member that is unknown, or has been overtaken by itself."""
    joins = message.member_epoch == JOINS
    if message.instance_id is not None:
        return _find_static(group, message, message.instance_id, joins=joins)
    member = group.get(message.member_id)
    if member is None:
        if not joins:
            raise UnknownMember(message.member_id)
        return _new(message)
    _check_epoch(member, message)
    return Found(member=member)


def find_leaving(group: Group, message: StreamsGroupHeartbeatRequest) -> Member:
    """One that leaves needs no epoch."""
    if message.instance_id is None:
        member = group.get(message.member_id)
        if member is None:
            raise UnknownMember(message.member_id)
        return member
    return _instance(group, message, message.instance_id)


def _find_static(group: Group, message: StreamsGroupHeartbeatRequest, instance_id: str, *, joins: bool) -> Found:
    if not joins:
        member = _instance(group, message, instance_id)
        _check_epoch(member, message)
        return Found(member=member)
    former = group.instance(instance_id)
    if former is None:
        return _new(message)
    if former.standing.epoch != LEAVES_FOR_A_WHILE:
        raise UnreleasedInstance(instance_id, former.member_id)
    standing = replace(former.standing, epoch=0, previous_epoch=0)
    return Found(member=replace(former, member_id=message.member_id, standing=standing), replaces=former)


def _instance(group: Group, message: StreamsGroupHeartbeatRequest, instance_id: str) -> Member:
    member = group.instance(instance_id)
    if member is None:
        raise UnknownMember(message.member_id)
    if member.member_id != message.member_id:
        raise FencedInstance(instance_id)
    return member


def _new(message: StreamsGroupHeartbeatRequest) -> Found:
    return Found(member=Member(member_id=message.member_id, metadata=_UNKNOWN), is_new=True)


def _check_epoch(member: Member, message: StreamsGroupHeartbeatRequest) -> None:
    """A member may be one epoch behind: the answer that told it of the new one may have been lost."""
    standing, owned = member.standing, owned_tasks(message)
    if standing.state is State.UNKNOWN and owned != NOTHING:
        raise FencedMemberEpoch(message.member_epoch, standing.epoch)
    if message.member_epoch in (JOINS, standing.epoch):
        return
    if message.member_epoch != standing.previous_epoch or not _has_only(member, owned):
        raise FencedMemberEpoch(message.member_epoch, standing.epoch)


def _has_only(member: Member, owned: Tasks | None) -> bool:
    if owned is None:
        return False
    held = member.standing.held.tasks()
    return owned.active <= held.active and owned.standby <= held.standby and owned.warmup <= held.warmup


def check_room(group: Group, found: Found, *, max_size: int, members: int, members_max: int) -> None:
    """`members` are those of all groups together."""
    if not found.is_new:
        return
    if len(group) >= max_size:
        raise GroupFull(max_size)
    if members >= members_max:
        raise CoordinatorFull(members_max)


def told(member: Member, request: StreamsHeartbeat) -> StreamsGroupMemberMetadataValue:
    """What is known of the member with this heartbeat: it leaves out what has not changed."""
    old, message = member.metadata, request.message
    return StreamsGroupMemberMetadataValue(
        instance_id=_or(message.instance_id, old.instance_id),
        rack_id=_or(message.rack_id, old.rack_id),
        client_id=request.client_id,
        client_host=request.client_host,
        rebalance_timeout_ms=(
            old.rebalance_timeout_ms if message.rebalance_timeout_ms == -1 else message.rebalance_timeout_ms
        ),
        topology_epoch=old.topology_epoch if message.topology is None else message.topology.epoch,
        process_id=old.process_id if message.process_id is None else message.process_id,
        user_endpoint=_endpoint(old, message),
        client_tags=_tags(old, message),
    )


def _or(new: str | None, old: str | None) -> str | None:
    return old if new is None else new


def _endpoint(old: StreamsGroupMemberMetadataValue, message: StreamsGroupHeartbeatRequest) -> Endpoint | None:
    """A member that joins without one has none."""
    if message.user_endpoint is not None:
        return Endpoint(host=message.user_endpoint.host, port=message.user_endpoint.port)
    return None if message.member_epoch == JOINS else old.user_endpoint


def _tags(old: StreamsGroupMemberMetadataValue, message: StreamsGroupHeartbeatRequest) -> tuple[KeyValue, ...]:
    if message.client_tags is None:
        return old.client_tags
    tags = {each.key: each.value for each in message.client_tags}
    return tuple(KeyValue(key=key, value=tags[key]) for key in sorted(tags))


def asks_for_assignment(old: StreamsGroupMemberMetadataValue, new: StreamsGroupMemberMetadataValue) -> bool:
    """Whether the group must assign anew. A static member that comes back as it was keeps its tasks."""
    if new.instance_id is None:
        return new != old
    return (old.topology_epoch, old.rack_id, old.client_tags, old.process_id) != (
        new.topology_epoch,
        new.rack_id,
        new.client_tags,
        new.process_id,
    )
