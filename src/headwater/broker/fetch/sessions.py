"""Incremental fetch sessions (KIP-227): the broker remembers what a client fetches, and only changes cross the network.

A client begins with a full request of epoch 0 and gets a session's id. From then on it sends what changed, with an epoch
that counts its requests, and is answered with the partitions that have news. Epoch -1 ends a session. There are at most
`slots_max` sessions. When all are taken, a new one may have the slot of one that was idle for two minutes, or else of a
smaller one that is older than that; if there is none, the client goes on with full requests, which need no session.

The partitions of all sessions are bounded too, for a client can add names of topics that don't exist, request after request.
"""

from collections.abc import Sequence
from typing import Final

from headwater.broker.fetch.asked import Answer, Asked, Key
from headwater.broker.fetch.session import NO_SESSION, FetchSession
from headwater.kernel.counters import Counter, Counters
from headwater.kernel.units import MINUTE_MS
from headwater.kernel.world import Randomness
from headwater.wire.error_codes import ErrorCode

INITIAL_EPOCH: Final = 0
"""Asks for a session."""
FINAL_EPOCH: Final = -1
"""Asks for none, and ends the one that it names."""
EVICTION_MS: Final = 2 * MINUTE_MS
"""Kafka's `MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS`."""
PARTITIONS_MAX: Final = 1_000_000
"""Of all sessions together, some 400 bytes each."""
_ID_BOUND: Final = 2**31


class FetchSessions:
    """`now` is the event loop's time in milliseconds."""

    def __init__(self, *, slots_max: int, randomness: Randomness, partitions_max: int = PARTITIONS_MAX) -> None:
        self._slots_max = slots_max
        self._randomness = randomness
        self._partitions_max = partitions_max
        self._sessions: dict[int, FetchSession] = {}
        """Least recently used first."""
        self.partitions = 0
        self.evictions = 0

    def __len__(self) -> int:
        return len(self._sessions)

    def watch(self, counters: Counters) -> None:
        counters.watch("fetch_sessions", "Incremental fetch sessions.", lambda: len(self))
        counters.watch("fetch_session_partitions", "Partitions of all fetch sessions.", lambda: self.partitions)
        counters.watch(
            "fetch_sessions_evicted_total", "Sessions that lost their slot.", lambda: self.evictions, meter=Counter
        )

    def begin(self, answers: Sequence[Answer], *, by_id: bool, now: int) -> int:
        """Remember what was fetched and answered; gives the session's id, or zero where there is no room."""
        if self.partitions + len(answers) > self._partitions_max or not self._has_slot(len(answers), now):
            return NO_SESSION
        session = FetchSession(self._new_id(), answers, by_id=by_id, now=now)
        self._sessions[session.id] = session
        self.partitions += len(session)
        return session.id

    def resume(
        self, session_id: int, epoch: int, asked: Sequence[Asked], forgotten: Sequence[Key], *, by_id: bool, now: int
    ) -> FetchSession | ErrorCode:
        """The session with the request's changes made in it, ready for the next epoch."""
        session = self._sessions.get(session_id)
        if session is None:
            return ErrorCode.FETCH_SESSION_ID_NOT_FOUND
        if session.epoch != epoch:
            return ErrorCode.INVALID_FETCH_SESSION_EPOCH
        if session.by_id != by_id:
            return ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR
        before = len(session)
        session.update(asked, forgotten)
        self.partitions += len(session) - before
        if not len(session):
            self.end(session_id)
        elif self.partitions > self._partitions_max:
            self.end(session_id)
            return ErrorCode.FETCH_SESSION_ID_NOT_FOUND
        else:
            self._touch(session, now)
        return session

    def end(self, session_id: int) -> None:
        session = self._sessions.pop(session_id, None)
        if session is not None:
            self.partitions -= len(session)

    def _touch(self, session: FetchSession, now: int) -> None:
        session.used = now
        session.epoch = epoch_after(session.epoch)
        self._sessions[session.id] = self._sessions.pop(session.id)

    def _has_slot(self, size: int, now: int) -> bool:
        if len(self._sessions) < self._slots_max:
            return True
        loser = self._evictable(size, now)
        if loser is None:
            return False
        self.end(loser.id)
        self.evictions += 1
        return True

    def _evictable(self, size: int, now: int) -> FetchSession | None:
        """One nobody uses, or else the smallest of the old ones if the new one is larger. A look at every slot, but only
        where all are taken and a session is asked for."""
        oldest = next(iter(self._sessions.values()), None)
        if oldest is None or now - oldest.used > EVICTION_MS:
            return oldest
        settled = [each for each in self._sessions.values() if now - each.began > EVICTION_MS]
        smallest = min(settled, key=len, default=None)
        return smallest if smallest is not None and len(smallest) < size else None

    def _new_id(self) -> int:
        while True:
            drawn = self._randomness.below(_ID_BOUND)
            if drawn != NO_SESSION and drawn not in self._sessions:
                return drawn


def epoch_after(epoch: int) -> int:
    """Zero asks for a new session, so the count begins again with one."""
    return epoch + 1 if epoch < _ID_BOUND - 1 else 1
