"""How far a log is safe, who waits for it to get there, and who wants to know when it does.

An append waits here with its answer from the moment it is written until its bytes can no longer be lost.
"""

from asyncio import Future
from collections import deque

from headwater.log.errors import LogError
from headwater.log.port import Appended, Wake
from headwater.log.segments.place import Place
from headwater.wire.types import Offset


class HighWatermark:
    __slots__ = ("_pending", "_watchers", "offset", "place")

    def __init__(self, offset: Offset, place: Place) -> None:
        self._pending: deque[tuple[Offset, Future[Appended], Appended]] = deque()
        self._watchers: dict[Wake, None] = {}
        self.offset = offset
        self.place = place
        """Where `offset` stands: reads end there without looking anything up."""

    def answer(self, future: Future[Appended], appended: Appended) -> None:
        """Give the answer once what was appended is below the high watermark, which may be now."""
        if appended.last_offset < self.offset:
            future.set_result(appended)
        else:
            self._pending.append((appended.last_offset, future, appended))

    def move(self, offset: Offset, place: Place) -> None:
        self.offset = offset
        self.place = place
        while self._pending and self._pending[0][0] < offset:
            _, future, appended = self._pending.popleft()
            if not future.done():
                future.set_result(appended)
        if self._watchers:
            self.wake()

    def abandon(self, error: LogError) -> None:
        """Nobody will ever know whether what is pending was kept."""
        for _, future, _ in self._pending:
            if not future.done():
                future.set_exception(error)
        self._pending.clear()
        self.wake()

    def watch(self, wake: Wake) -> None:
        self._watchers[wake] = None

    def unwatch(self, wake: Wake) -> None:
        self._watchers.pop(wake, None)

    def wake(self) -> None:
        watchers, self._watchers = self._watchers, {}
        for wake in watchers:
            wake()
