"""All streams groups of one machine, and their deadlines."""

from collections.abc import Callable, Iterator
from typing import Final

from headwater.control.groups.ports import Topics
from headwater.control.groups.streams.descriptions import Descriptions
from headwater.control.groups.streams.group import Group, Live
from headwater.control.groups.streams.reconciling import State
from headwater.control.groups.streams.settings import StreamsSettings
from headwater.machine.deadlines import Deadlines
from headwater.machine.machine import Moment
from headwater.wire.types import TopicName

SESSION: Final = "session"
REVOCATION: Final = "revocation"
INITIAL: Final = "initial"
ASSIGN: Final = "assign"
Key = tuple[str, str, str]
"""What a deadline is for: one of the words above, the group, and the member where it has one."""

_WOKEN_AT_ONCE = 500


class Table:
    def __init__(self, settings: Callable[[str], StreamsSettings], topics: Topics) -> None:
        self.settings_of = settings
        self.topics = topics
        self.descriptions = Descriptions()
        self.groups: dict[str, Group] = {}
        self.deadlines: Deadlines[Key] = Deadlines()
        self._live: dict[str, Live] = {}
        self._asleep: Iterator[tuple[str, str]] | None = None
        self.awake = False

    def partition_count(self, topic: str) -> int:
        """0 for a topic that isn't there."""
        return self.topics.partition_count(TopicName(topic))

    def live(self, group_id: str) -> Live:
        """A new one is not kept before `keep`, so that requests that are refused leave nothing behind."""
        return self._live.get(group_id) or Live()

    def keep(self, group_id: str, live: Live) -> None:
        self._live[group_id] = live

    def forget_live(self, group_id: str) -> None:
        self._live.pop(group_id, None)
        self.deadlines.cancel((INITIAL, group_id, ""))
        self.deadlines.cancel((ASSIGN, group_id, ""))

    def replaying(self, group_id: str) -> Group:
        """The group that a record is about."""
        group = self.groups.get(group_id)
        if group is None:
            group = self.groups[group_id] = Group(group_id)
        return group

    def replayed(self, group: Group) -> None:
        if group.is_gone:
            self.groups.pop(group.group_id, None)

    # --- deadlines

    def touch(self, group_id: str, member_id: str, moment: Moment) -> None:
        """The member has shown itself: its session lasts for another timeout."""
        timeout = self.settings_of(group_id).session_timeout_ms
        self.deadlines.set((SESSION, group_id, member_id), moment.elapsed + timeout)

    def forget_member(self, group_id: str, member_id: str) -> None:
        self.deadlines.cancel((SESSION, group_id, member_id))
        self.deadlines.cancel((REVOCATION, group_id, member_id))
        self.live(group_id).forget_member(member_id)

    def wake_some(self, moment: Moment) -> None:
        """After a load every session begins anew, and so does the time that members have to give tasks up. Some members
        at a time, until `awake`."""
        if self._asleep is None:
            members = [(group.group_id, each.member_id) for group in self.groups.values() for each in group]
            self._asleep = iter(members)
        for _ in range(_WOKEN_AT_ONCE):
            found = next(self._asleep, None)
            if found is None:
                self.awake = True
                return
            self._wake(*found, moment)

    def _wake(self, group_id: str, member_id: str, moment: Moment) -> None:
        group = self.groups.get(group_id)
        member = group.get(member_id) if group is not None else None
        if member is None or (SESSION, group_id, member_id) in self.deadlines:
            return
        self.touch(group_id, member_id, moment)
        if member.standing.state is State.UNREVOKED_TASKS:
            self.await_revocation(group_id, member_id, member.metadata.rebalance_timeout_ms, moment)

    def await_revocation(self, group_id: str, member_id: str, timeout_ms: int, moment: Moment) -> None:
        self.deadlines.set((REVOCATION, group_id, member_id), moment.elapsed + timeout_ms)

    def due(self, moment: Moment) -> list[Key]:
        """One for each group: what follows is decided on what was decided for it before."""
        due: dict[str, Key] = {}
        for key in self.deadlines.due(moment.elapsed):
            if key[1] in due:
                self.deadlines.set(key, moment.elapsed)
            else:
                due[key[1]] = key
        return list(due.values())
