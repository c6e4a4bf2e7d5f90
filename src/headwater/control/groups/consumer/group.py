"""A consumer group as its records say, and what follows from them.

Everything durable is here, and changes only as records are applied (`replaying`). A decision works on a copy of the group to
which it applies each record that it writes (`draft`), so it always sees what it has already decided.
"""

from collections.abc import Iterable
from copy import copy
from enum import Enum
from typing import Final

from headwater.control.groups.consumer.member import Held, Member, Target
from headwater.wire.records.consumer_group_regular_expression_value import ConsumerGroupRegularExpressionValue
from headwater.wire.types import Uuid

FIRST_EPOCH: Final = 1
"""One more than that of the target, so that there is one to be made even if nobody subscribes to anything."""


class State(Enum):
    """By the names that ConsumerGroupDescribe and ListGroups use."""

    EMPTY = "Empty"
    ASSIGNING = "Assigning"
    RECONCILING = "Reconciling"
    STABLE = "Stable"


class Group:
    """Members in the order in which they joined."""

    def __init__(self, group_id: str) -> None:
        self.group_id = group_id
        self.epoch = FIRST_EPOCH
        self.metadata_hash = 0
        self.target_epoch = 0
        self.target_made_at = 0
        """0 where that isn't known, or doesn't matter."""
        self.members: dict[str, Member] = {}
        self.targets: dict[str, Target] = {}
        self.expressions: dict[str, ConsumerGroupRegularExpressionValue] = {}
        """What each subscribed expression has been found to match."""
        self._static: dict[str, str] = {}
        self._owners: dict[Uuid, dict[int, str]] = {}
        self._by_name: dict[str, int] = {}
        """Topics subscribed by name, or matched by an expression, each with how often."""
        self._by_expression: dict[str, int] = {}

    def copied(self) -> "Group":
        """Members, targets and expressions are values: the copy shares them."""
        other = copy(self)
        other.members = self.members.copy()
        other.targets = self.targets.copy()
        other.expressions = self.expressions.copy()
        other._static = self._static.copy()
        other._owners = {topic_id: owners.copy() for topic_id, owners in self._owners.items()}
        other._by_name = self._by_name.copy()
        other._by_expression = self._by_expression.copy()
        return other

    # --- what follows

    @property
    def state(self) -> State:
        if not self.members:
            return State.EMPTY
        if self.epoch > self.target_epoch:
            return State.ASSIGNING
        reconciled = all(each.is_reconciled_to(self.target_epoch) for each in self.members.values())
        return State.STABLE if reconciled else State.RECONCILING

    def instance(self, instance_id: str | None) -> Member | None:
        """The static member of this group.instance.id."""
        member_id = self._static.get(instance_id) if instance_id is not None else None
        return self.members[member_id] if member_id is not None else None

    def owner(self, topic_id: Uuid, partition: int) -> str | None:
        """Who holds this partition, be it to give it up."""
        return self._owners.get(topic_id, {}).get(partition)

    @property
    def topics(self) -> Iterable[str]:
        """Every topic that somebody is subscribed to, once."""
        return self._by_name.keys()

    @property
    def subscribed_expressions(self) -> Iterable[str]:
        return self._by_expression.keys()

    def subscription(self, member: Member) -> Iterable[str]:
        """A member's topics, by name or by what its expression has been found to match; each once."""
        found = self.expressions.get(member.expression) if member.expression else None
        return dict.fromkeys((*member.topics, *found.topics)) if found is not None else member.topics

    # --- applying

    def put(self, member: Member) -> None:
        old = self.members.get(member.member_id)
        if old is not None:
            self._forget(old)
        self.members[member.member_id] = member
        if member.instance_id is not None:
            self._static[member.instance_id] = member.member_id
        for topic in member.topics:
            _count(self._by_name, topic, 1)
        if member.expression:
            _count(self._by_expression, member.expression, 1)
        for held in (member.assigned, member.revoking):
            self._own(held, member.member_id)

    def remove(self, member_id: str) -> None:
        old = self.members.pop(member_id, None)
        if old is not None:
            self._forget(old)

    def put_expression(self, expression: str, found: ConsumerGroupRegularExpressionValue | None) -> None:
        old = self.expressions.pop(expression, None)
        for topic in old.topics if old is not None else ():
            _count(self._by_name, topic, -1)
        if found is not None:
            self.expressions[expression] = found
            for topic in found.topics:
                _count(self._by_name, topic, 1)

    def _forget(self, old: Member) -> None:
        if old.instance_id is not None and self._static.get(old.instance_id) == old.member_id:
            del self._static[old.instance_id]
        for topic in old.topics:
            _count(self._by_name, topic, -1)
        if old.expression:
            _count(self._by_expression, old.expression, -1)
        for held in (old.assigned, old.revoking):
            self._disown(held, old.member_id)

    def _own(self, held: Held, member_id: str) -> None:
        for topic_id, partitions in held.items():
            self._owners.setdefault(topic_id, {}).update(dict.fromkeys(partitions, member_id))

    def _disown(self, held: Held, member_id: str) -> None:
        """In a log that was compacted another may own it already."""
        for topic_id, partitions in held.items():
            owners = self._owners.get(topic_id, {})
            for partition in partitions:
                if owners.get(partition) == member_id:
                    del owners[partition]
            if not owners:
                self._owners.pop(topic_id, None)


def _count(counts: dict[str, int], key: str, by: int) -> None:
    count = counts.get(key, 0) + by
    if count:
        counts[key] = count
    else:
        del counts[key]
