"""How members go: they say so, they fall silent, or they don't give up in time what is no longer theirs."""

from collections.abc import Sequence

from headwater.control.groups.consumer.downgrade import can_downgrade, downgrade
from headwater.control.groups.consumer.draft import Draft
from headwater.control.groups.consumer.joining import check_instance
from headwater.control.groups.consumer.member import LEFT_FOR_A_WHILE, Member
from headwater.control.groups.consumer.records import (
    current_record,
    epoch_record,
    no_member,
    target_epoch_record,
)
from headwater.control.groups.consumer.requests import ConsumerHeartbeat, Heartbeaten
from headwater.control.groups.consumer.subscribing import forget_unused_expressions
from headwater.control.groups.consumer.table import REBALANCE, Table
from headwater.control.groups.consumer.targets import assign_soon
from headwater.control.groups.errors import GroupError, UnknownMember
from headwater.control.groups.step import Step
from headwater.kernel.units import Timestamp


def leave(table: Table, draft: Draft, request: ConsumerHeartbeat, step: Step) -> Heartbeaten | GroupError:
    """A static member that will be back keeps its partitions for as long as its session would have lasted."""
    member = draft.group.members.get(request.member_id)
    if request.instance_id is not None:
        holder = draft.group.instance(request.instance_id)
        if refusal := check_instance(holder, request.member_id, request.instance_id):
            return refusal
        member = holder
    if member is None:
        return UnknownMember(request.member_id)
    if request.instance_id is not None and request.epoch == LEFT_FOR_A_WHILE:
        draft.write(current_record(draft.group.group_id, member.away()))
        draft.keep(step)
    else:
        remove(table, draft, [member], step)
    return Heartbeaten(member_id=request.member_id, epoch=request.epoch)


def remove(table: Table, draft: Draft, leavers: Sequence[Member], step: Step) -> None:
    """These members are gone: another epoch begins without them. Where only classic members are left, the group is one of
    theirs from now on."""
    group_id = draft.group.group_id
    for member in leavers:
        draft.write(*no_member(group_id, member.member_id))
    forget_unused_expressions(draft)
    if leavers and can_downgrade(table, draft):
        downgrade(table, draft, step, rebalances=True)
    elif leavers:
        epoch = draft.group.epoch + 1
        draft.write(epoch_record(group_id, epoch, table.topic_hash(draft.group)))
        if not draft.group.members:
            draft.write(target_epoch_record(group_id, epoch, Timestamp(0)))
        draft.keep(step)
        assign_soon(table, draft)
    for member in leavers:
        table.forget_member(group_id, member.member_id)


def remove_if_late(table: Table, draft: Draft, word: str, member_id: str, step: Step) -> None:
    """A member's deadline has come. It doesn't count if the member has left the epoch that it had to leave."""
    group_id = draft.group.group_id
    member = draft.group.members.get(member_id)
    revoking_in = table.revoking_in.pop((group_id, member_id), None) if word == REBALANCE else None
    if member is None or (word == REBALANCE and member.epoch != revoking_in):
        return
    remove(table, draft, [member], step)
