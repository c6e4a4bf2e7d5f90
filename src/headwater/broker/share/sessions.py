"""Share sessions: which partitions a member fetches, so that its requests only name what has changed.

A session begins with a request of epoch 0 and is found by group and member, not by a number. Epoch -1 ends it, and so does
the end of its connection: all that the member holds is then free for others. There are at most `slots_max`; a member that
finds none is told so, and comes again.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from msgspec import Struct

from headwater.broker.errors import Refused
from headwater.kernel.counters import Counter, Counters
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import Uuid

INITIAL_EPOCH: Final = 0
FINAL_EPOCH: Final = -1
PARTITIONS_MAX: Final = 1_000_000
"""Of all sessions together."""
_EPOCH_MAX: Final = 2**31 - 1

Partition = tuple[Uuid, int]


class Connected(Protocol):
    """A connection, as it is seen from here."""

    connection_id: int
    when_closed: dict[str, Callable[[], None]]


class Member(Struct, frozen=True, kw_only=True):
    """The member id is the client's own word: any text will do."""

    group_id: str
    member_id: str


class ShareSession:
    """`epoch` is the one that the next request must have."""

    __slots__ = ("connection_id", "epoch", "is_over", "member", "partitions")

    def __init__(self, member: Member, partitions: Iterable[Partition], connection_id: int) -> None:
        self.member = member
        self.epoch = 1
        self.partitions: dict[Partition, None] = dict.fromkeys(partitions)
        self.connection_id = connection_id
        self.is_over = False

    def step(self) -> None:
        self.epoch = self.epoch + 1 if self.epoch < _EPOCH_MAX else 1


class ShareSessions:
    """`left` is told of each session that ended, `emptied` of each group that has none any more."""

    def __init__(self, *, slots_max: int, left: Callable[[ShareSession], None], emptied: Callable[[str], None]) -> None:
        self._slots_max = slots_max
        self._left = left
        self._emptied = emptied
        self._sessions: dict[Member, ShareSession] = {}
        self._by_connection: dict[int, dict[Member, None]] = {}
        self._by_group: dict[str, int] = {}
        self.partitions = 0
        self.lost = 0

    def __len__(self) -> int:
        return len(self._sessions)

    def watch(self, counters: Counters) -> None:
        counters.watch("share_sessions", "Share sessions.", lambda: len(self))
        counters.watch("share_session_partitions", "Partitions of all share sessions.", lambda: self.partitions)
        counters.watch(
            "share_sessions_lost_total",
            "Sessions whose connection ended before they did.",
            lambda: self.lost,
            meter=Counter,
        )

    def begin(self, member: Member, partitions: Sequence[Partition], connection: Connected) -> ShareSession:
        """In the place of the one that this member had. Raises Refused where there is no room."""
        if member in self._sessions:
            self._remove(self._sessions[member])
        if len(self._sessions) >= self._slots_max or self.partitions + len(partitions) > PARTITIONS_MAX:
            self._look_whether_empty(member.group_id)
            raise Refused(ErrorCode.SHARE_SESSION_LIMIT_REACHED)
        session = ShareSession(member, partitions, connection.connection_id)
        self._sessions[member] = session
        self._by_connection.setdefault(connection.connection_id, {})[member] = None
        self._by_group[member.group_id] = self._by_group.get(member.group_id, 0) + 1
        self.partitions += len(session.partitions)
        connection.when_closed["share sessions"] = lambda: self._connection_closed(connection.connection_id)
        return session

    def resume(
        self, member: Member, epoch: int, added: Iterable[Partition] = (), forgotten: Iterable[Partition] = ()
    ) -> ShareSession:
        """The session, with what has changed, ready for the next epoch. Raises Refused."""
        session = self.find(member)
        if session.epoch != epoch:
            raise Refused(ErrorCode.INVALID_SHARE_SESSION_EPOCH)
        before = len(session.partitions)
        session.partitions.update(dict.fromkeys(added))
        for each in forgotten:
            session.partitions.pop(each, None)
        self.partitions += len(session.partitions) - before
        if self.partitions > PARTITIONS_MAX:
            self.end(member)
            raise Refused(ErrorCode.SHARE_SESSION_LIMIT_REACHED)
        session.step()
        return session

    def find(self, member: Member) -> ShareSession:
        """Raises Refused."""
        session = self._sessions.get(member)
        if session is None:
            raise Refused(ErrorCode.SHARE_SESSION_NOT_FOUND)
        return session

    def end(self, member: Member) -> None:
        """All that the member holds is free, once those hear of it that lead the partitions."""
        session = self._sessions.get(member)
        if session is not None:
            self._remove(session)
            self._left(session)
            self._look_whether_empty(member.group_id)

    def _connection_closed(self, connection_id: int) -> None:
        for member in list(self._by_connection.get(connection_id, ())):
            self.lost += 1
            self.end(member)

    def _remove(self, session: ShareSession) -> None:
        member = session.member
        session.is_over = True
        del self._sessions[member]
        self.partitions -= len(session.partitions)
        of_connection = self._by_connection[session.connection_id]
        del of_connection[member]
        if not of_connection:
            del self._by_connection[session.connection_id]
        self._by_group[member.group_id] -= 1

    def _look_whether_empty(self, group_id: str) -> None:
        if self._by_group.get(group_id) == 0:
            del self._by_group[group_id]
            self._emptied(group_id)
