"""What a kind of group is to the registry in `machine`: classic, consumer (KIP-848), share (KIP-932), streams (KIP-1071).

A group id belongs to one kind at a time. A kind keeps its own groups, in its own folder, out of its own records; what all
of them share (committed offsets, their expiry and deletion) stands beside the kinds. To add one: give the `Kind` to the
registry's list in `machine`, and read it by the registry's attribute (`machine.consumer.describe(...)`).

Deciders add records to their step and change nothing durable; the runtime replays the records before the next request. So
a decider sees the state as it was before its own step, and one deadline at a time is let through `decide_due` where what
is due for one group builds upon what was decided for it before.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from headwater.control.groups.errors import GroupError
from headwater.control.groups.records import GroupRecord
from headwater.control.groups.requests import CommitOffsets, GroupOverview, ReadOffsets
from headwater.control.groups.step import Step
from headwater.kernel.units import Timestamp
from headwater.machine.decision import Ticket
from headwater.wire.records.offset_commit_value import OffsetCommitValue

Decider = Callable[[Any, Ticket, Step], None]
"""Answers a request, now or later, and writes what follows. Every request of a kind has a `group_id`."""
Replayer = Callable[[Any, Any], None]
"""Applies a record: its key, and its value or None for a tombstone."""


class OffsetRules(Protocol):
    """Who may commit and read a group's offsets, and how long they are kept. Only asked of groups that the kind holds."""

    def check_commit(self, request: CommitOffsets, step: Step) -> GroupError | None: ...

    def check_commit_in_transaction(self, request: CommitOffsets, step: Step) -> GroupError | None: ...

    def check_read(self, request: ReadOffsets) -> GroupError | None:
        """A member that reads says who it is from OffsetFetch 9 on."""
        ...

    def check_offset_deletion(self, group_id: str, step: Step) -> GroupError | None: ...

    def topics_in_use(self, group_id: str, step: Step) -> frozenset[str] | None:
        """What the group is subscribed to; None where that can't be known, so that any topic may be in use."""
        ...

    def retention_begin(self, group_id: str, value: OffsetCommitValue) -> Timestamp:
        """From when on this offset, of a topic that is not in use, is kept for the retention time."""
        ...


class Kind(Protocol):
    """All groups of one kind in one machine."""

    @property
    def name(self) -> str:
        """As ListGroups calls it."""
        ...

    @property
    def deciders(self) -> Mapping[type, Decider]: ...

    @property
    def replayers(self) -> Mapping[type, Replayer]:
        """By the type of the record's key. Each key type belongs to one kind."""
        ...

    @property
    def offset_rules(self) -> OffsetRules: ...

    @property
    def ends_with_its_offsets(self) -> bool:
        """Whether a group without members is forgotten when its last offset has expired."""
        ...

    def __contains__(self, group_id: object) -> bool: ...

    def __iter__(self) -> Iterator[str]:
        """The ids of its groups."""
        ...

    def overview(self, group_id: str) -> GroupOverview: ...

    def takes_over(self, request: Any, holder: "Kind", step: Step) -> bool:
        """Whether this request may found a group here under the id of one that another kind holds: one without members, which
        is released for it. A kind that takes over members too says yes, and releases the group as it decides."""
        ...

    def decline(self, request: Any, ticket: Ticket, step: Step) -> None:
        """Answer a request of this kind for a group that is of another."""
        ...

    def release(self, group_id: str, step: Step) -> GroupError | None:
        """Forget a group, by tombstones of all it has written; refused while it has members."""
        ...

    def snapshot(self) -> Iterator[GroupRecord]: ...

    def next_deadline(self) -> int | None: ...

    def decide_due(self, step: Step) -> None: ...
