"""Notices when something holds the event loop too long.

While one callback runs, no other connection is served. A beat is due every few milliseconds; when it comes late by more than
`held_max_ms`, something held the loop, and that is counted. It costs a timer, knows neither the culprit nor anything
shorter, and counts a process that was itself not scheduled: so in production it is a metric. Tests that must fail on a slow
callback use `real/callbacks.py`, which measures every single one by the time of the processor.
"""

import asyncio
from typing import Final

from headwater.kernel.units import SECOND_MS

HELD_MAX_MS: Final = 20
BEAT_MS: Final = 10


class Watchdog:
    """`held` counts the times, `longest_ms` is the worst so far."""

    def __init__(self, *, held_max_ms: int = HELD_MAX_MS, beat_ms: int = BEAT_MS) -> None:
        self.held = 0
        self.longest_ms = 0.0
        self._held_max_s = held_max_ms / SECOND_MS
        self._beat_s = beat_ms / SECOND_MS
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """On the running loop."""
        loop = asyncio.get_running_loop()
        self._due = loop.time() + self._beat_s
        self._timer = loop.call_at(self._due, self._beat, loop)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        late_s = now - self._due
        if late_s > self._held_max_s:
            self.held += 1
            self.longest_ms = max(self.longest_ms, late_s * SECOND_MS)
        self._due = now + self._beat_s
        self._timer = loop.call_at(self._due, self._beat, loop)
