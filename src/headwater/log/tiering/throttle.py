"""How fast bytes may pass, for all who share it: `remote.log.manager.copy.max.bytes.per.second` and its twin for fetches."""

import asyncio
from collections.abc import Callable
from typing import Final

_AHEAD_S: Final = 0.05
"""A debt that is forgiven: timers are no finer."""


class Throttle:
    def __init__(self, bytes_per_second: Callable[[], float]) -> None:
        self._bytes_per_second = bytes_per_second
        self._free_at = 0.0
        """When all that was let through is paid for."""

    async def take(self, size: int) -> None:
        """Until these bytes may pass: the waits of all add up."""
        now = asyncio.get_running_loop().time()
        wait_s = max(0.0, self._free_at - now)
        self._free_at = now + wait_s + size / self._bytes_per_second()
        if wait_s > _AHEAD_S:
            await asyncio.sleep(wait_s)
