"""A machine's deadlines: one at a time for each key, cheap to move, found by the earliest.

Moving a deadline away, as every heartbeat does, touches a dict only: the heap keeps the old entry, which is put right when
its time comes. So the heap holds at most one entry more than there were keys when they were last due.
"""

from collections.abc import Hashable
from heapq import heappop, heappush
from itertools import count
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Deadlines(Generic[K]):
    """Times are milliseconds of the event loop's clock (`Moment.elapsed`)."""

    def __init__(self) -> None:
        self._at: dict[K, int] = {}
        self._queued: dict[K, int] = {}
        self._heap: list[tuple[int, int, K]] = []
        self._turns = count()

    def __len__(self) -> int:
        return len(self._at)

    def __contains__(self, key: object) -> bool:
        return key in self._at

    def set(self, key: K, at: int) -> None:
        self._at[key] = at
        queued = self._queued.get(key)
        if queued is None or at < queued:
            self._push(key, at)

    def cancel(self, key: K) -> None:
        self._at.pop(key, None)

    def next(self) -> int | None:
        """The earliest deadline, or an earlier time at which nothing will be due."""
        return self._heap[0][0] if self._heap else None

    def due(self, now: int, *, most: int | None = None) -> list[K]:
        """The keys whose deadline has come, earliest first; they are forgotten. With `most`, so many and no more: `next`
        says that the others are due."""
        due: list[K] = []
        while self._heap and self._heap[0][0] <= now and len(due) != most:
            queued, _, key = heappop(self._heap)
            if self._queued.get(key) != queued:
                continue
            del self._queued[key]
            at = self._at.get(key)
            if at is None:
                continue
            if at <= now:
                del self._at[key]
                due.append(key)
            else:
                self._push(key, at)
        return due

    def _push(self, key: K, at: int) -> None:
        self._queued[key] = at
        heappush(self._heap, (at, next(self._turns), key))
