"""ShareGroupHeartbeat: joining, staying, and learning what to read.

1  the member is written down where it is new or has changed
2  the group epoch grows where members' topics, or what is known of those, have changed
3  a new target assignment follows, out of partitions that have share state
4  the member takes over its part of the target at once: nobody has to give anything back first
5  partitions of subscribed topics that have no share state yet are to get it
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from headwater.control.groups.errors import (
    CoordinatorFull,
    FencedMemberEpoch,
    GroupError,
    GroupFull,
    GroupNotFound,
    InvalidHeartbeat,
    UnknownMember,
)
from headwater.control.groups.ports import Topics
from headwater.control.groups.share import records
from headwater.control.groups.share.assignor import assign
from headwater.control.groups.share.group import ShareGroup
from headwater.control.groups.share.leaving import leave
from headwater.control.groups.share.member import JOINING, LEAVING, Member
from headwater.control.groups.share.partitions import Partitions
from headwater.control.groups.share.requests import ShareHeartbeat, ShareMembership
from headwater.control.groups.share.settings import MAX_SIZE
from headwater.control.groups.share.state_partitions import Shares, TopicShares
from headwater.control.groups.share.table import MEMBERS_MAX, ShareTable
from headwater.control.groups.share.waiting import WaitingHeartbeat
from headwater.control.groups.step import Step
from headwater.control.groups.topic_hash import topic_hash
from headwater.machine.decision import Ticket
from headwater.wire.types import TopicName, Uuid

_Members = Mapping[str, Member]


def heartbeat(table: ShareTable, request: ShareHeartbeat, ticket: Ticket, step: Step) -> None:
    refusal = _check(request)
    if refusal is not None:
        step.answer(ticket, refusal)
    elif request.epoch == LEAVING:
        step.answer(ticket, leave(table, request.group_id, request.member_id, step))
    else:
        outcome = _stay(table, request, step)
        if isinstance(outcome, _Stayed) and outcome.waits_for_state:
            until = table.heartbeat_waits_until(step.moment)
            table.let_wait(WaitingHeartbeat(request=request, ticket=ticket, until=until))
        else:
            step.answer(ticket, outcome.membership if isinstance(outcome, _Stayed) else outcome)


def decide_waiting(table: ShareTable, group_id: str, step: Step) -> None:
    """The first heartbeat that waits is decided as if it came now, and answered whatever is missing still."""
    first = table.waiting.take_heartbeat(group_id)
    group = table.groups.get(group_id)
    if group is None or first.request.member_id not in group.members:
        step.answer(first.ticket, UnknownMember(first.request.member_id))
    else:
        outcome = _stay(table, first.request, step)
        step.answer(first.ticket, outcome.membership if isinstance(outcome, _Stayed) else outcome)
    table.look_at_heartbeats(group_id, now=group is None or not group.shares.initializing)


class _Stayed(Struct, frozen=True, kw_only=True):
    membership: ShareMembership
    waits_for_state: bool


def _check(request: ShareHeartbeat) -> GroupError | None:
    if not request.member_id:
        return InvalidHeartbeat("MemberId can't be empty.")
    if not request.group_id.strip():
        return InvalidHeartbeat("GroupId can't be empty.")
    if request.rack_id == "":
        return InvalidHeartbeat("RackId can't be empty.")
    if request.epoch == JOINING and not request.topics:
        return InvalidHeartbeat("SubscribedTopicNames must be set in first request.")
    if request.epoch < LEAVING:
        return InvalidHeartbeat("MemberEpoch is invalid.")
    return None


def _stay(table: ShareTable, request: ShareHeartbeat, step: Step) -> _Stayed | GroupError:
    group = table.groups.get(request.group_id)
    if group is None and request.epoch != JOINING:
        return GroupNotFound(request.group_id)
    group = group or ShareGroup(request.group_id)
    settings = table.settings(group.group_id)
    known = group.members.get(request.member_id)
    if known is None and table.is_full:
        return CoordinatorFull(MEMBERS_MAX)
    if refusal := _check_member(group, known, request, size_max=settings.size_max):
        return refusal
    before = known or Member(member_id=request.member_id)
    member = _updated(before, request)
    changed = frozenset(member.topics) != frozenset(before.topics)
    if member != known:
        step.write(records.subscription(group.group_id, member.member_id, member))
    after, begun = _Following(table, group, member, step).followed(changed=changed)
    table.touch(group.group_id, member.member_id, step.moment)
    tells_all = request.epoch == JOINING or request.topics is not None
    membership = ShareMembership(
        member_id=member.member_id,
        epoch=after.epoch,
        heartbeat_interval_ms=settings.heartbeat_interval_ms,
        assigned=after.assigned if tells_all or after.assigned != before.assigned else None,
    )
    awaited = {shares.name for shares in [*begun.values(), *group.shares.initializing.values()]}
    return _Stayed(
        membership=membership,
        waits_for_state=request.topics is not None and any(name in awaited for name in member.topics),
    )


def _check_member(
    group: ShareGroup, known: Member | None, request: ShareHeartbeat, *, size_max: int
) -> GroupError | None:
    if known is None:
        if len(group.members) >= size_max:
            return GroupFull(size_max, MAX_SIZE.name)
        return None if request.epoch == JOINING else UnknownMember(request.member_id)
    if request.epoch not in (JOINING, known.epoch, known.previous_epoch):
        return FencedMemberEpoch(request.epoch, known.epoch)
    return None


def _updated(member: Member, request: ShareHeartbeat) -> Member:
    return replace(
        member,
        rack_id=member.rack_id if request.rack_id is None else request.rack_id,
        client_id=request.client_id,
        client_host=request.client_host,
        topics=member.topics if request.topics is None else tuple(sorted(frozenset(request.topics))),
    )


class _Following:
    """The group follows what its member says, and the member what that leads to."""

    def __init__(self, table: ShareTable, group: ShareGroup, member: Member, step: Step) -> None:
        self._table = table
        self._topics = table.topics
        self._group = group
        self._member = member
        self._members: _Members = {**group.members, member.member_id: member}
        self._step = step

    def followed(self, *, changed: bool) -> tuple[Member, Shares]:
        """The member as it is from now on, and the partitions that are to be initialized."""
        group = self._group
        seen = (self._topics.version, group.revision)
        if changed or self._table.settled.get(group.group_id) != seen:
            names = subscribed(self._members.values())
            epoch = self._group_epoch(names, changed=changed)
            begun = self._begun(names)
            if epoch == group.epoch and not begun:
                self._table.settled[group.group_id] = seen
        else:
            epoch, begun = group.epoch, {}
        return self._reconciled(epoch), begun

    def _group_epoch(self, names: list[TopicName], *, changed: bool) -> int:
        group = self._group
        current = topic_hash(names, self._topics)
        if not changed and current == group.metadata_hash and not self._lacks_assignment(names):
            return group.epoch
        self._step.write(records.group_epoch(group.group_id, group.epoch + 1, current))
        return group.epoch + 1

    def _lacks_assignment(self, names: list[TopicName]) -> bool:
        """Whether the newest assignment doesn't know all partitions that have share state by now."""
        if self._group.assignment_epoch < self._group.epoch:
            return False
        wanted = assignable(self._group, names, self._topics)
        return any(self._group.assigned.get(topic_id) != frozenset(indexes) for topic_id, indexes in wanted.items())

    def _begun(self, names: list[TopicName]) -> Shares:
        group = self._group
        begun = uninitialized(group, names, self._topics)
        if begun:
            self._step.write(records.state_partitions(group.group_id, group.shares.begun(begun)))
        return begun

    def _reconciled(self, epoch: int) -> Member:
        """A member follows also a target that stays: where its own topics are others now."""
        member, group = self._member, self._group
        targets: Mapping[str, Partitions] = group.targets
        target_epoch = group.assignment_epoch
        if epoch > group.assignment_epoch and self._may_assign():
            targets, target_epoch = self._assigned(epoch), epoch
        if member.epoch == target_epoch and epoch == group.epoch:
            return member
        target = targets.get(member.member_id, {})
        assigned = {
            topic_id: each for topic_id, each in target.items() if self._topics.name_of(topic_id) in member.topics
        }
        if member.epoch == target_epoch:
            after = replace(member, assigned=assigned)
        else:
            after = replace(member, epoch=target_epoch, previous_epoch=member.epoch, assigned=assigned)
        if after != member:
            self._step.write(records.assignment(group.group_id, member.member_id, after))
        return after

    def _may_assign(self) -> bool:
        """A clock that was set back does not stop it."""
        group = self._group
        interval = self._table.settings(group.group_id).assignment_interval_ms
        return not group.assigned_at or not 0 <= self._step.moment.wall - group.assigned_at < interval

    def _assigned(self, epoch: int) -> Mapping[str, Partitions]:
        """What moves nothing, as the first assignment before any partition has share state, makes no later one wait."""
        group, step = self._group, self._step
        names = subscribed(self._members.values())
        subscriptions = {
            member_id: [topic_id for name in member.topics if (topic_id := self._topics.id_of(name)) is not None]
            for member_id, member in self._members.items()
        }
        after = assign(subscriptions, assignable(group, names, self._topics), group.targets)
        moves = False
        for member_id, partitions in after.items():
            if partitions != group.targets.get(member_id):
                step.write(records.target(group.group_id, member_id, partitions))
                moves = moves or bool(partitions or group.targets.get(member_id))
        assigned_at = step.moment.wall if moves else group.assigned_at
        step.write(records.assignment_epoch(group.group_id, epoch, assigned_at))
        return after


def subscribed(members: Iterable[Member]) -> list[TopicName]:
    """Every topic once."""
    return list(dict.fromkeys(name for member in members for name in member.topics))


def assignable(group: ShareGroup, names: Iterable[TopicName], topics: Topics) -> Partitions:
    """What has share state, of topics that are subscribed and still there."""
    wanted = frozenset(names)
    return {
        topic_id: tuple(index for index in shares.partitions if index < topics.partition_count(shares.name))
        for topic_id, shares in group.shares.initialized.items()
        if shares.name in wanted and topics.id_of(shares.name) == topic_id
    }


def uninitialized(group: ShareGroup, names: Iterable[TopicName], topics: Topics) -> Shares:
    """Partitions of these topics that have no share state and are not about to get it."""
    missing: dict[Uuid, TopicShares] = {}
    for name in names:
        topic_id = topics.id_of(name)
        if topic_id is not None:
            known = group.shares.known(topic_id)
            if indexes := tuple(each for each in range(topics.partition_count(name)) if each not in known):
                missing[topic_id] = TopicShares(name=name, partitions=indexes)
    return missing
