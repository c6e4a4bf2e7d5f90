"""When long work lets the loop breathe, and how fast it may read.

Work is counted and not timed, so that a simulation goes the same way twice.
"""

import asyncio
from typing import Final

_SLICE: Final = 1_500
"""Records that are looked at in one step of the loop: some milliseconds."""
_BATCH_COST: Final = 10
"""A batch costs as much as so many records."""
_OWED_MAX_S: Final = 0.01


class Pace:
    def __init__(self, *, bytes_per_second: float) -> None:
        self._bytes_per_second = bytes_per_second
        self._spent = 0
        self._owed_s = 0.0

    async def read(self, size: int) -> None:
        """Bytes were read or written."""
        self._owed_s += size / self._bytes_per_second
        if self._owed_s > _OWED_MAX_S:
            await self._breathe()

    async def batch(self, records: int = 0) -> None:
        await self.records(records + _BATCH_COST)

    async def records(self, count: int) -> None:
        self._spent += count
        if self._spent >= _SLICE:
            await self._breathe()

    async def _breathe(self) -> None:
        self._spent = 0
        if self._owed_s > _OWED_MAX_S:
            owed_s, self._owed_s = self._owed_s, 0.0
            await asyncio.sleep(owed_s)
        else:
            await asyncio.sleep(0)
