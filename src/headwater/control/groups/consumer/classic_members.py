"""Classic members of a consumer group: JoinGroup, SyncGroup, Heartbeat and LeaveGroup in terms of epochs.

A generation is the member's epoch. A join brings the member as near to its target as a heartbeat of a consumer member does,
and is answered at once; a sync tells it what it has; a heartbeat calls it to rejoin while there is more to do. There is no
leader: everyone is told that it isn't one.
"""

from msgspec.structs import replace

from headwater.control.groups.classic.group import CONSUMER
from headwater.control.groups.classic.requests import Heartbeat, Join, Joined, Leave, Leaver, Sync, Synced
from headwater.control.groups.consumer.classic_protocol import assignment_bytes, by_id, subscription
from headwater.control.groups.consumer.downgrade import can_downgrade, downgrade
from headwater.control.groups.consumer.draft import Draft
from headwater.control.groups.consumer.group import Group
from headwater.control.groups.consumer.heartbeat import reconcile
from headwater.control.groups.consumer.joining import check_instance, check_room, take_over
from headwater.control.groups.consumer.leaving import remove
from headwater.control.groups.consumer.member import Member, MemberState
from headwater.control.groups.consumer.settings import Migration
from headwater.control.groups.consumer.subscribing import subscribe
from headwater.control.groups.consumer.table import JOIN, SYNC, Table
from headwater.control.groups.consumer.targets import assign_if_due
from headwater.control.groups.errors import (
    GroupError,
    IllegalGeneration,
    InconsistentProtocol,
    MemberIdRequired,
    RebalanceInProgress,
    UnknownMember,
)
from headwater.control.groups.step import Step
from headwater.wire.errors import MalformedMessage
from headwater.wire.records.consumer_group_member_metadata_value import ClassicMemberMetadata, ClassicProtocol
from headwater.wire.records.consumer_protocol_subscription import ConsumerProtocolSubscription


def join(table: Table, draft: Draft, request: Join, step: Step) -> Joined | GroupError:
    settings = table.settings(request.group_id)
    if settings.migration is Migration.DISABLED or not _supports(draft.group, request):
        return InconsistentProtocol()
    member_id = request.member_id or request.new_member_id
    if refusal := check_room(table, draft, member_id, request.instance_id):
        return refusal
    if request.needs_known_id and not request.member_id and request.instance_id is None:
        return MemberIdRequired(member_id)
    try:
        told = subscription(request.protocols[0].metadata)
    except MalformedMessage:
        return InconsistentProtocol()
    predecessor = draft.group.instance(request.instance_id)
    known = _known(draft, request, member_id)
    if isinstance(known, GroupError):
        return known
    updated = _updated(known, request, told)
    resubscribed = subscribe(table, draft, known, updated, {})
    replaced = predecessor is not None and predecessor.classic is None
    if replaced and can_downgrade(table, draft):
        return _joined_and_downgraded(table, draft, member_id, step)
    assign_if_due(table, draft)
    owned = by_id(told.owned_partitions, table.topics)
    member = reconcile(table, draft, member_id, owned, resubscribed=resubscribed)
    if isinstance(member, GroupError):
        return member
    draft.keep(step)
    if predecessor is not None and predecessor.member_id != member_id:
        table.forget_member(request.group_id, predecessor.member_id)
    _wait_for_sync(table, draft, member)
    return _joined(member)


def _joined_and_downgraded(table: Table, draft: Draft, member_id: str, step: Step) -> Joined | GroupError:
    """The last consumer member came back as a classic one: the whole group is classic now, and this member calls for its
    first rebalance."""
    member = draft.group.members[member_id]
    downgrade(table, draft, step, rebalances=True)
    return _joined(replace(member, epoch=draft.group.epoch))


def sync(table: Table, draft: Draft, request: Sync) -> Synced | GroupError:
    member = _classic_member(draft.group, request.member_id, request.instance_id)
    if isinstance(member, GroupError):
        return member
    if request.generation != member.epoch:
        return IllegalGeneration(request.generation, member.epoch)
    if request.protocol_type not in (None, CONSUMER) or request.protocol not in (None, member.protocols[0].name):
        return InconsistentProtocol()
    if draft.group.target_epoch > member.epoch and member.state is not MemberState.UNREVOKED_PARTITIONS:
        _wait_for_join(table, draft, member)
        return RebalanceInProgress()
    table.deadlines.cancel((SYNC, request.group_id, member.member_id))
    table.touch(request.group_id, member, draft.moment)
    held = {topic: tuple(indexes) for topic, indexes in member.assigned.items()}
    told = assignment_bytes(held, table.topics, like=member.protocols[0].metadata)
    return Synced(protocol_type=request.protocol_type, protocol=request.protocol, assignment=told)


def heartbeat(table: Table, draft: Draft, request: Heartbeat) -> GroupError | None:
    member = _classic_member(draft.group, request.member_id, request.instance_id)
    if isinstance(member, GroupError):
        return member
    if request.generation != member.epoch:
        return IllegalGeneration(request.generation, member.epoch)
    table.touch(request.group_id, member, draft.moment)
    if not _has_to_rejoin(draft.group, member):
        return None
    _wait_for_join(table, draft, member)
    return RebalanceInProgress()


def leave(table: Table, draft: Draft, request: Leave, step: Step) -> tuple[GroupError | None, ...]:
    """One answer for each. An administrator may so remove members of either protocol."""
    found = [_leaver(draft.group, each) for each in request.members]
    leavers = {each.member_id: each for each in found if isinstance(each, Member)}
    remove(table, draft, list(leavers.values()), step)
    return tuple(each if isinstance(each, GroupError) else None for each in found)


def _supports(group: Group, request: Join) -> bool:
    """Something must be left that all classic members can do, even though it is not what assigns here."""
    if request.protocol_type != CONSUMER or not request.protocols:
        return False
    offered = [{each.name for each in member.protocols} for member in group.members.values() if member.classic]
    return any(all(each.name in names for names in offered) for each in request.protocols)


def _known(draft: Draft, request: Join, member_id: str) -> Member | GroupError:
    if request.instance_id is None:
        return draft.group.members.get(member_id) or Member(member_id=member_id)
    holder = draft.group.instance(request.instance_id)
    if request.member_id:
        return check_instance(holder, request.member_id, request.instance_id) or draft.group.members[request.member_id]
    return Member(member_id=member_id) if holder is None else take_over(draft, holder, member_id)


def _updated(member: Member, request: Join, told: ConsumerProtocolSubscription) -> Member:
    """Classic members subscribe by name: patterns are matched by the client."""
    return replace(
        member,
        instance_id=request.instance_id or member.instance_id,
        rack_id=told.rack_id or member.rack_id,
        rebalance_timeout_ms=request.rebalance_timeout_ms,
        topics=tuple(sorted(dict.fromkeys(told.topics))),
        expression="",
        client_id=request.client_id,
        client_host=request.client_host,
        classic=ClassicMemberMetadata(
            session_timeout_ms=request.session_timeout_ms,
            supported_protocols=tuple(
                ClassicProtocol(name=each.name, metadata=each.metadata) for each in request.protocols
            ),
        ),
    )


def _joined(member: Member) -> Joined:
    return Joined(
        generation=member.epoch,
        protocol_type=CONSUMER,
        protocol=member.protocols[0].name,
        leader="",
        member_id=member.member_id,
    )


def _classic_member(group: Group, member_id: str, instance_id: str | None) -> Member | GroupError:
    if instance_id is not None and (refusal := check_instance(group.instance(instance_id), member_id, instance_id)):
        return refusal
    member = group.members.get(member_id)
    return UnknownMember(member_id) if member is None or member.classic is None else member


def _has_to_rejoin(group: Group, member: Member) -> bool:
    if member.epoch < group.target_epoch or member.state is MemberState.UNREVOKED_PARTITIONS:
        return True
    return member.state is MemberState.UNRELEASED_PARTITIONS and not _waits_for_others(group, member)


def _waits_for_others(group: Group, member: Member) -> bool:
    return any(
        group.owner(topic, index) is not None
        for topic, indexes in group.targets.get(member.member_id, {}).items()
        for index in indexes
        if index not in member.assigned.get(topic, {})
    )


def _wait_for_join(table: Table, draft: Draft, member: Member) -> None:
    """A member that was called to rejoin has its rebalance timeout for it."""
    key = (JOIN, draft.group.group_id, member.member_id)
    if key not in table.deadlines:
        table.deadlines.set(key, draft.moment.elapsed + member.rebalance_timeout_ms)


def _wait_for_sync(table: Table, draft: Draft, member: Member) -> None:
    group_id = draft.group.group_id
    table.deadlines.cancel((JOIN, group_id, member.member_id))
    table.touch(group_id, member, draft.moment)
    table.deadlines.set((SYNC, group_id, member.member_id), draft.moment.elapsed + member.rebalance_timeout_ms)


def _leaver(group: Group, leaver: Leaver) -> Member | GroupError:
    if leaver.instance_id is None:
        return group.members.get(leaver.member_id) or UnknownMember(leaver.member_id)
    holder = group.instance(leaver.instance_id)
    if holder is None:
        return UnknownMember(leaver.member_id)
    refusal = check_instance(holder, leaver.member_id, leaver.instance_id) if leaver.member_id else None
    return refusal or holder
