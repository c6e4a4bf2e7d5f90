"""All consumer groups of one machine, and what is volatile of them: deadlines, and what they have seen of the topics."""

from collections.abc import Callable, Iterator

from headwater.control.groups.classic.table import Table as ClassicTable
from headwater.control.groups.consumer.draft import Draft
from headwater.control.groups.consumer.group import Group
from headwater.control.groups.consumer.member import Member, MemberState
from headwater.control.groups.consumer.settings import ConsumerGroupSettings
from headwater.control.groups.ports import Topics
from headwater.control.groups.topic_hash import topic_hash
from headwater.kernel.units import Timestamp
from headwater.machine.deadlines import Deadlines
from headwater.machine.machine import Moment
from headwater.wire.types import TopicName

SESSION, REBALANCE, JOIN, SYNC, ASSIGN = "session", "rebalance", "join", "sync", "assign"
Key = tuple[str, str, str]
"""What a deadline is for: one of the words above, the group, and the member. Joins and syncs are of classic members; the
next assignment is the group's, and so without a member."""

_OF_MEMBERS = (SESSION, REBALANCE, JOIN, SYNC)
_WOKEN_AT_ONCE = 200


class Table:
    """Groups by id."""

    def __init__(
        self, *, settings: Callable[[str], ConsumerGroupSettings], topics: Topics, classic: ClassicTable
    ) -> None:
        self.settings = settings
        self.topics = topics
        self.classic = classic
        """Where groups come from that are upgraded, and go to when they are downgraded."""
        self.groups: dict[str, Group] = {}
        self.deadlines: Deadlines[Key] = Deadlines()
        self.revoking_in: dict[tuple[str, str], int] = {}
        """The epoch that a member has to leave before its rebalance deadline."""
        self.topics_seen: dict[str, int] = {}
        """The version of the topics at which each group was last compared with them."""
        self.matched_at: dict[str, tuple[int, Timestamp]] = {}
        """The version of the topics against which each group's expressions were last matched, and when."""
        self._asleep: Iterator[Group] | None = None
        self.awake = False

    def draft(self, group_id: str, moment: Moment) -> Draft | None:
        group = self.groups.get(group_id)
        return None if group is None else Draft(group, moment)

    def topic_hash(self, group: Group) -> int:
        """Of all that the group is subscribed to, as it is now."""
        return topic_hash(map(TopicName, group.topics), self.topics)

    # --- deadlines

    def touch(self, group_id: str, member: Member, moment: Moment) -> None:
        """The member has shown itself: its session lasts for another timeout."""
        timeout_ms = (
            self.settings(group_id).session_timeout_ms if member.classic is None else member.classic.session_timeout_ms
        )
        self.deadlines.set((SESSION, group_id, member.member_id), moment.elapsed + timeout_ms)

    def watch_revocation(self, group_id: str, member: Member, moment: Moment) -> None:
        """One that has partitions to give up has a rebalance timeout for it. Classic members rejoin instead."""
        key = (REBALANCE, group_id, member.member_id)
        if member.classic is None and member.state is MemberState.UNREVOKED_PARTITIONS:
            self.deadlines.set(key, moment.elapsed + member.rebalance_timeout_ms)
            self.revoking_in[group_id, member.member_id] = member.epoch
        else:
            self.deadlines.cancel(key)
            self.revoking_in.pop((group_id, member.member_id), None)

    def forget_member(self, group_id: str, member_id: str) -> None:
        for word in _OF_MEMBERS:
            self.deadlines.cancel((word, group_id, member_id))
        self.revoking_in.pop((group_id, member_id), None)

    def forget_group(self, group: Group) -> None:
        for member_id in group.members:
            self.forget_member(group.group_id, member_id)
        self.deadlines.cancel((ASSIGN, group.group_id, ""))
        self.topics_seen.pop(group.group_id, None)
        self.matched_at.pop(group.group_id, None)

    # --- after a load

    def wake_some(self, moment: Moment) -> None:
        """Sessions begin anew, some groups at a time; to be called again until `awake`."""
        if self._asleep is None:
            self._asleep = iter(list(self.groups.values()))
        for _ in range(_WOKEN_AT_ONCE):
            group = next(self._asleep, None)
            if group is None:
                self.awake = True
                return
            if group.target_epoch < group.epoch:
                self.deadlines.set((ASSIGN, group.group_id, ""), moment.elapsed)
            for member in group.members.values():
                if (SESSION, group.group_id, member.member_id) not in self.deadlines:
                    self.touch(group.group_id, member, moment)
                    self.watch_revocation(group.group_id, member, moment)
