"""What a heartbeat leads to: the group follows its members, and its member follows the group.

1  the group epoch grows where members' topics, or what is known of those, have changed
2  partitions of subscribed topics that have no share state yet are to get it
3  a new target assignment follows, out of partitions that have share state
4  the member takes over its part of the target at once: nobody has to give anything back first
"""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from headwater.control.groups.ports import Topics
from headwater.control.groups.share import records
from headwater.control.groups.share.assignor import assign
from headwater.control.groups.share.group import ShareGroup
from headwater.control.groups.share.member import Member
from headwater.control.groups.share.partitions import Partitions
from headwater.control.groups.share.state_partitions import Shares, TopicShares
from headwater.control.groups.share.table import ShareTable
from headwater.control.groups.step import Step
from headwater.control.groups.topic_hash import topic_hash
from headwater.wire.types import TopicName, Uuid

_Members = Mapping[str, Member]


class Following:
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
