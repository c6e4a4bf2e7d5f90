"""How many bytes of requests the broker holds at one time: `queued.max.request.bytes`.

A request counts from when it is started until its answer is built. Where the sum is at its bound, connections stop reading
until there is room again. The one that reaches the bound goes over it by its own size, for else a large request could never enter.
"""

from collections.abc import Callable
from typing import Final

Wake = Callable[[], object]


class QueuedBytes:
    def __init__(self, bytes_max: int) -> None:
        self._bytes_max: Final = bytes_max
        self._waiting: list[Wake] = []
        self.bytes_held = 0

    @property
    def is_full(self) -> bool:
        return self.bytes_held >= self._bytes_max

    def add(self, size: int) -> None:
        self.bytes_held += size

    def remove(self, size: int) -> None:
        self.bytes_held -= size
        if self._waiting and not self.is_full:
            waiting, self._waiting = self._waiting, []
            for wake in waiting:
                wake()

    def wait(self, wake: Wake) -> None:
        """Call `wake` once, when there is room; there may be none left by then."""
        self._waiting.append(wake)
