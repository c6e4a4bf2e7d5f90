"""ConsumerGroupHeartbeat: the one request of a member. It joins, is told what is its own, gives up what is not, and leaves.

find_member          who is it, and is its epoch right
  subscribe          what it says of itself; another epoch of the group, if that or the topics changed
    assign_if_due    the target of that epoch
      reconcile      the member goes as far towards it as others let it
"""

from msgspec.structs import replace

from headwater.control.groups.consumer.draft import Draft
from headwater.control.groups.consumer.joining import check_room, find_member
from headwater.control.groups.consumer.leaving import leave
from headwater.control.groups.consumer.member import JOINING, Member
from headwater.control.groups.consumer.reconciling import Aim, Owned, reconciled
from headwater.control.groups.consumer.records import current_record
from headwater.control.groups.consumer.requests import ConsumerHeartbeat, Heartbeaten
from headwater.control.groups.consumer.subscribing import subscribe
from headwater.control.groups.consumer.table import Table
from headwater.control.groups.consumer.targets import assign_if_due
from headwater.control.groups.errors import GroupError
from headwater.control.groups.step import Step
from headwater.wire.types import TopicName


def heartbeat(table: Table, draft: Draft, request: ConsumerHeartbeat, step: Step) -> Heartbeaten | GroupError:
    """The answer to what has been checked; what is written is kept unless it is a refusal."""
    settings = table.settings(request.group_id)
    if request.epoch < JOINING:
        return leave(table, draft, request, step)
    if refusal := check_room(table, draft, request.member_id, request.instance_id):
        return refusal
    predecessor = draft.group.instance(request.instance_id)
    known = find_member(draft, request)
    if isinstance(known, GroupError):
        return known
    resubscribed = subscribe(table, draft, known, _updated(known, request), request.matched)
    assign_if_due(table, draft)
    member = reconcile(table, draft, request.member_id, request.owned, resubscribed=resubscribed)
    if isinstance(member, GroupError):
        return member
    draft.keep(step)
    if predecessor is not None and predecessor.member_id != member.member_id:
        table.forget_member(request.group_id, predecessor.member_id)
    table.touch(request.group_id, member, draft.moment)
    is_told = request.epoch == JOINING or _is_full(request) or member.assigned != known.assigned
    return Heartbeaten(
        member_id=member.member_id,
        epoch=member.epoch,
        heartbeat_interval_ms=settings.heartbeat_interval_ms,
        assignment=member.assigned if is_told else None,
    )


def reconcile(table: Table, draft: Draft, member_id: str, owned: Owned, *, resubscribed: bool) -> Member | GroupError:
    """Bring the member nearer to its target."""
    group = draft.group
    member = group.members[member_id]
    if member.is_reconciled_to(group.target_epoch) and not resubscribed:
        return member
    topics = table.topics
    subscribed = {topics.id_of(TopicName(name)) for name in group.subscription(member)}
    aim = Aim(
        target=group.targets.get(member_id, {}),
        epoch=group.target_epoch,
        is_subscribed=lambda topic_id: topic_id in subscribed,
        is_free=lambda topic_id, partition: group.owner(topic_id, partition) is None,
    )
    moved = reconciled(member, aim, owned, resubscribed=resubscribed)
    if isinstance(moved, Member) and moved != member:
        draft.write(current_record(group.group_id, moved))
        table.watch_revocation(group.group_id, moved, draft.moment)
    return moved


def _updated(member: Member, request: ConsumerHeartbeat) -> Member:
    """What is not said stays as it was; a member that sends this speaks the new protocol."""
    said = {
        "instance_id": request.instance_id,
        "rack_id": request.rack_id,
        "rebalance_timeout_ms": request.rebalance_timeout_ms if request.rebalance_timeout_ms != -1 else None,
        "topics": None if request.topics is None else tuple(sorted(dict.fromkeys(request.topics))),
        "expression": request.expression,
        "assignor": request.assignor,
        "client_id": request.client_id,
        "client_host": request.client_host,
    }
    return replace(member, classic=None, **{name: value for name, value in said.items() if value is not None})


def _is_full(request: ConsumerHeartbeat) -> bool:
    says_topics = request.topics is not None or request.expression is not None
    return request.rebalance_timeout_ms != -1 and says_topics and request.owned is not None
