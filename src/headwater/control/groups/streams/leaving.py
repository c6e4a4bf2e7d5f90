"""Members that go: because they say so, because nothing is heard of them, or because they keep what they should give up."""

from collections.abc import Iterator

from msgspec.structs import replace

from headwater.control.groups.records import GroupRecord
from headwater.control.groups.step import Step
from headwater.control.groups.streams.checking import LEAVES_FOR_A_WHILE
from headwater.control.groups.streams.group import Group, Member
from headwater.control.groups.streams.membership import find_leaving
from headwater.control.groups.streams.reconciling import Standing
from headwater.control.groups.streams.records import assigned_record, group_record, member_tombstones, standing_record
from headwater.control.groups.streams.requests import StreamsHeartbeatAnswer
from headwater.control.groups.streams.table import Table
from headwater.control.groups.streams.tasks import NOTHING_HELD
from headwater.wire.messages.streams_group_heartbeat_request import StreamsGroupHeartbeatRequest


def leave(table: Table, group: Group, message: StreamsGroupHeartbeatRequest, step: Step) -> StreamsHeartbeatAnswer:
    """Raises the refusal of a member that is not there."""
    member = find_leaving(group, message)
    if message.shutdown_application:
        table.live(group.group_id).ask_to_shut_down(member.member_id)
    if message.member_epoch == LEAVES_FOR_A_WHILE:
        step.write(standing_record(group.group_id, member.member_id, _away(member.standing)))
    else:
        remove(table, group, member, step)
    return StreamsHeartbeatAnswer(member_id=member.member_id, member_epoch=message.member_epoch)


def _away(standing: Standing) -> Standing:
    """Its tasks count as its own from the beginning, whichever epoch it comes back with."""
    held = replace(standing.held, active=dict.fromkeys(standing.held.active, 0))
    return replace(standing, epoch=LEAVES_FOR_A_WHILE, held=held, revoking=NOTHING_HELD)


def remove(table: Table, group: Group, member: Member, step: Step) -> None:
    """The others get its tasks with the next assignment, for which a new epoch of the group calls."""
    step.write(*_removal(group, member))
    table.forget_member(group.group_id, member.member_id)
    if len(group) == 1:
        table.forget_live(group.group_id)


def _removal(group: Group, member: Member) -> Iterator[GroupRecord]:
    """When the last one goes nothing is left to assign; so the next to come needn't wait for the assignment interval."""
    epoch = group.value.epoch + 1
    yield from member_tombstones(group.group_id, member.member_id)
    yield group_record(group.group_id, replace(group.value, epoch=epoch))
    if len(group) == 1:
        yield assigned_record(group.group_id, epoch, 0)
