"""Pieces of remote objects in memory: a bounded number of bytes, the least recently used go first.

Who asks for a piece that is on its way waits for it with the others; nobody's impatience ends a fetch. A failure is told to
those who waited and then forgotten.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Final, Generic, TypeVar

from headwater.kernel.errors import TooBusy
from headwater.kernel.tasks import Ward
from headwater.log.errors import LogError, ObjectStoreFailed

V = TypeVar("V")

_WAITING_MAX: Final = 1_000
"""Fetches under way, or waiting for their turn."""


class Pieces(Generic[V]):
    """Values by keys that name what never changes. `size_of` says how much of the bound a value takes."""

    def __init__(self, ward: Ward, *, bytes_max: Callable[[], int], at_once: int, size_of: Callable[[V], int]) -> None:
        self._ward = ward
        self._bytes_max = bytes_max
        self._turns = asyncio.Semaphore(at_once)
        self._size_of = size_of
        self._kept: OrderedDict[Hashable, V] = OrderedDict()
        self._coming: dict[Hashable, asyncio.Future[V]] = {}
        self.bytes_kept = 0
        self.hits = self.misses = 0

    async def get(self, key: Hashable, fetch: Callable[[], Awaitable[V]]) -> V:
        """Raises what `fetch` raises, or a LogError where too much is being fetched already."""
        if (found := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            self.hits += 1
            return found
        return await asyncio.shield(self._come(key, fetch))

    def want(self, key: Hashable, fetch: Callable[[], Awaitable[V]]) -> None:
        """Someone will ask for this soon. What becomes of it, who asks then will hear."""
        if key not in self._kept and key not in self._coming and len(self._coming) < _WAITING_MAX:
            self._come(key, fetch).add_done_callback(_look)

    def _come(self, key: Hashable, fetch: Callable[[], Awaitable[V]]) -> "asyncio.Future[V]":
        if (coming := self._coming.get(key)) is not None:
            return coming
        self.misses += 1
        coming = self._coming[key] = asyncio.get_running_loop().create_future()
        try:
            self._ward.start("fetch a piece", lambda: self._fetch(key, fetch, coming), ended=lambda: self._left(key))
        except TooBusy as error:
            del self._coming[key]
            raise ObjectStoreFailed("queue", str(error)) from error
        return coming

    async def _fetch(self, key: Hashable, fetch: Callable[[], Awaitable[V]], coming: "asyncio.Future[V]") -> None:
        try:
            async with self._turns:
                value = await fetch()
        except LogError as error:
            coming.set_exception(error)
            _look(coming)
            return
        self._keep(key, value)
        coming.set_result(value)

    def _left(self, key: Hashable) -> None:
        """However it ended, nobody may wait for it any longer."""
        coming = self._coming.pop(key)
        if not coming.done():
            coming.set_exception(ObjectStoreFailed("fetch", "it was given up"))
            _look(coming)

    def _keep(self, key: Hashable, value: V) -> None:
        self._kept[key] = value
        self.bytes_kept += self._size_of(value)
        while self.bytes_kept > self._bytes_max() and len(self._kept) > 1:
            self.bytes_kept -= self._size_of(self._kept.popitem(last=False)[1])


def _look(coming: "asyncio.Future[Any]") -> None:
    """A failure that nobody waited for is no failure of anybody's."""
    if not coming.cancelled():
        coming.exception()
