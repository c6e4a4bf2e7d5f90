"""One timer for one machine, in elapsed milliseconds.

It is only ever moved earlier. A deadline that moves away, as with every heartbeat, leaves the timer where it is: one that
rings too early looks again, which is cheaper than to move it each time.
"""

from asyncio import Handle, get_running_loop
from collections.abc import Callable


class Alarm:
    """Calls `ring` with the deadline that was reached; elapsed time is at least that then, whatever floats say."""

    def __init__(self, ring: Callable[[int], None]) -> None:
        self._ring = ring
        self._timer: Handle | None = None
        self._deadline = 0
        """What the timer is set to, kept here because uvloop's handle of a moment that has passed can't tell."""

    def set(self, deadline: int | None) -> None:
        if deadline is None:
            return
        if self._timer is None or deadline < self._deadline:
            self.stop()
            self._deadline = deadline
            self._timer = get_running_loop().call_at(deadline / 1000, self._reached, deadline)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _reached(self, deadline: int) -> None:
        self._timer = None
        self._ring(deadline)
