"""How members of share groups go: they say so, or they have not shown themselves for a session timeout."""

from headwater.control.groups.errors import GroupError, GroupNotFound, UnknownMember
from headwater.control.groups.share import records
from headwater.control.groups.share.group import ShareGroup
from headwater.control.groups.share.member import LEAVING
from headwater.control.groups.share.requests import ShareMembership
from headwater.control.groups.share.table import ShareTable
from headwater.control.groups.step import Step
from headwater.control.groups.topic_hash import topic_hash
from headwater.kernel.units import Timestamp

_NEVER = Timestamp(0)


def leave(table: ShareTable, group_id: str, member_id: str, step: Step) -> ShareMembership | GroupError:
    group = table.groups.get(group_id)
    if group is None:
        return GroupNotFound(group_id)
    if member_id not in group.members:
        return UnknownMember(member_id)
    forget_member(table, group, member_id, step)
    return ShareMembership(member_id=member_id, epoch=LEAVING)


def forget_member(table: ShareTable, group: ShareGroup, member_id: str, step: Step) -> None:
    """The others get its partitions with the next assignment; where nobody is left there is none, and the next need not wait."""
    table.deadlines.cancel(("session", group.group_id, member_id))
    others = [member for each, member in group.members.items() if each != member_id]
    names = dict.fromkeys(name for member in others for name in member.topics)
    step.write(
        records.assignment(group.group_id, member_id, None),
        records.target(group.group_id, member_id, None),
        records.subscription(group.group_id, member_id, None),
        records.group_epoch(group.group_id, group.epoch + 1, topic_hash(names, table.topics)),
    )
    if not others:
        step.write(records.assignment_epoch(group.group_id, group.epoch + 1, _NEVER))
