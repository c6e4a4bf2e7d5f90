"""All share groups of one machine: what is durable of them in `groups`, and what is not beside it."""

from collections.abc import Callable, Iterator
from typing import Literal

from headwater.control.groups.ports import Topics
from headwater.control.groups.share.group import ShareGroup
from headwater.control.groups.share.partitions import SharePartition
from headwater.control.groups.share.settings import ShareGroupSettings
from headwater.control.groups.share.waiting import Waiting, WaitingHeartbeat, WaitingRequest
from headwater.machine.deadlines import Deadlines
from headwater.machine.machine import Moment
from headwater.wire.types import Offset

Word = Literal["session", "heartbeat", "request"]
Deadline = tuple[Word, str, str | int]
"""A group, and the member or the ticket where it is about one. Heartbeats that wait have one together."""

_WOKEN_AT_ONCE = 500
MEMBERS_MAX = 100_000
_HEARTBEAT_WAITS_MS = 5_000
_REQUEST_WAITS_MS = 15_000


class ShareTable:
    def __init__(self, *, topics: Topics, settings: Callable[[str], ShareGroupSettings]) -> None:
        self.topics = topics
        self.settings = settings
        self.groups: dict[str, ShareGroup] = {}
        self.deadlines: Deadlines[Deadline] = Deadlines()
        self.waiting = Waiting()
        self.starts: dict[str, dict[SharePartition, Offset]] = {}
        """Where partitions that are being initialized are to begin, if an administrator has said so."""
        self.settled: dict[str, tuple[int, int]] = {}
        """The version of the topics and the revision of the group at which there was nothing to do for it."""
        self._asleep: Iterator[ShareGroup] | None = None
        self.awake = False

    def group(self, group_id: str) -> ShareGroup:
        """To be filled by a record of it."""
        group = self.groups.get(group_id)
        if group is None:
            group = self.groups[group_id] = ShareGroup(group_id)
        return group

    def forget(self, group_id: str) -> None:
        for each in (self.groups, self.settled, self.starts):
            each.pop(group_id, None)

    def touch(self, group_id: str, member_id: str, moment: Moment) -> None:
        """The member has shown itself: its session lasts for another timeout."""
        timeout = self.settings(group_id).session_timeout_ms
        self.deadlines.set(("session", group_id, member_id), moment.elapsed + timeout)

    @property
    def is_full(self) -> bool:
        """Anybody can found groups and join them, so all of one machine have a bound together. Kafka has none."""
        return len(self.deadlines) >= MEMBERS_MAX

    def wake_some(self, moment: Moment) -> None:
        """After a load sessions begin anew; to be called again until `awake`."""
        if self._asleep is None:
            self._asleep = iter(list(self.groups.values()))
        for _ in range(_WOKEN_AT_ONCE):
            group = next(self._asleep, None)
            if group is None:
                self.awake = True
                return
            for member_id in group.members:
                if ("session", group.group_id, member_id) not in self.deadlines:
                    self.touch(group.group_id, member_id, moment)

    def let_wait(self, waiting: WaitingHeartbeat) -> None:
        group_id = waiting.request.group_id
        self.waiting.add_heartbeat(waiting)
        if ("heartbeat", group_id, "") not in self.deadlines:
            self.look_at_heartbeats(group_id, now=False)

    def look_at_heartbeats(self, group_id: str, *, now: bool) -> None:
        """Set the time at which the first that waits is decided: soon, or when it has waited long enough."""
        first = self.waiting.first_heartbeat(group_id)
        if first is not None:
            self.deadlines.set(("heartbeat", group_id, ""), 0 if now else first.until)

    def let_request_wait(self, group_id: str, request: WaitingRequest, moment: Moment) -> None:
        self.waiting.add_request(group_id, request)
        self.deadlines.set(("request", group_id, request.ticket), moment.elapsed + _REQUEST_WAITS_MS)

    @staticmethod
    def heartbeat_waits_until(moment: Moment) -> int:
        return moment.elapsed + _HEARTBEAT_WAITS_MS
