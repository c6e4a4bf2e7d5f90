"""All groups of one machine: what is stored of them, and who is live.

`stored` is the durable part, changed by replay alone: the newest GroupMetadataValue of each group that has one. `live` is the
volatile part. After a load every stored group that has members is woken, with all sessions beginning anew.
"""

from collections.abc import Callable, Iterator

from headwater.control.groups.classic.group import Group, State
from headwater.control.groups.settings import GroupSettings
from headwater.machine.deadlines import Deadlines
from headwater.machine.machine import Moment
from headwater.wire.records.group_metadata_value import GroupMetadataValue

MEMBER, JOIN, SYNC = "member", "join", "sync"
Key = tuple[str, str, str]
"""What a deadline is for: one of the words above, the group, and the member where it has one."""

_WOKEN_AT_ONCE = 500


class Table:
    """Groups by id, and their deadlines."""

    def __init__(self, settings: Callable[[], GroupSettings]) -> None:
        self._settings = settings
        self.stored: dict[str, GroupMetadataValue] = {}
        self.live: dict[str, Group] = {}
        self.deadlines: Deadlines[Key] = Deadlines()
        self._asleep: Iterator[str] | None = None
        self.awake = False

    @property
    def settings(self) -> GroupSettings:
        return self._settings()

    def get(self, group_id: str, moment: Moment) -> Group | None:
        """The live group; one that is stored with members is woken first."""
        group = self.live.get(group_id)
        if group is None:
            value = self.stored.get(group_id)
            if value is not None and value.members:
                group = self._wake(group_id, value, moment)
        return group

    def create(self, group_id: str, protocol_type: str) -> Group:
        """A live group without members; generations go on from what is stored."""
        stored = self.stored.get(group_id)
        group = Group(group_id, protocol_type=protocol_type, generation=stored.generation if stored else 0)
        self.live[group_id] = group
        return group

    def settle(self, group: Group) -> None:
        """Forget the live part of a group that nobody is in or about to be in."""
        if group.state is State.EMPTY and not group.pending:
            self.live.pop(group.group_id, None)

    def wake_some(self, moment: Moment) -> None:
        """Wake the next groups after a load; to be called again until `awake`."""
        if self._asleep is None:
            self._asleep = iter(list(self.stored))
        for _ in range(_WOKEN_AT_ONCE):
            group_id = next(self._asleep, None)
            if group_id is None:
                self.awake = True
                return
            self.get(group_id, moment)

    def _wake(self, group_id: str, value: GroupMetadataValue, moment: Moment) -> Group:
        group = Group.loaded(group_id, value)
        self.live[group_id] = group
        for member in group:
            self.deadlines.set((MEMBER, group_id, member.member_id), moment.elapsed + member.session_timeout_ms)
        return group
