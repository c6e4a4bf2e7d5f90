"""A simulated object store: it outlives every process, takes its time, and fails when it is told to.

A request that fails may have been done all the same, before or after its answer was lost. One whose process dies in the middle
may have been done too.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from random import Random
from typing import Final

from headwater.kernel.world import Buffer
from headwater.log.errors import ObjectDamaged, ObjectMissing, ObjectStoreFailed
from headwater.log.tiering.object_store import StoredObject

_QUICK_S: Final = (0.001, 0.02)
_SLOW_S: Final = (0.2, 2.0)


class SimulatedObjectStore:
    def __init__(self, random: Random) -> None:
        self.address = "simulated"
        self.objects: dict[str, bytes] = {}
        self.failing = 0.0
        """How many of all requests fail."""
        self.is_slow = False
        self._random = random

    async def put(self, name: str, pieces: AsyncIterator[Buffer], *, size: int) -> None:
        data = b"".join([bytes(piece) async for piece in pieces])
        assert len(data) == size
        early = self._random.random() < 0.5
        if early:
            self.objects[name] = data
        await self._wait()
        self.objects[name] = data
        await self._answer()

    async def get(self, name: str, *, start: int, size: int) -> Buffer:
        await self._wait()
        await self._answer()
        if name not in self.objects:
            raise ObjectMissing(name)
        data = self.objects[name][start : start + size]
        if len(data) != size:
            raise ObjectDamaged(name, "it is too short")
        return data

    async def delete(self, names: Sequence[str]) -> None:
        for name in names:
            await self._wait()
            self.objects.pop(name, None)
            await self._answer()

    async def list(self, folder: str) -> list[StoredObject]:
        await self._answer()
        found = [each for each in self.objects if not folder or each.startswith(f"{folder}/")]
        return [StoredObject(name=each, size=len(self.objects[each])) for each in sorted(found)]

    async def _wait(self) -> None:
        """Until the request is there: it may never be."""
        await asyncio.sleep(self._random.uniform(*(_SLOW_S if self.is_slow else _QUICK_S)))
        self._fail()

    async def _answer(self) -> None:
        await asyncio.sleep(self._random.uniform(*_QUICK_S))
        self._fail()

    def _fail(self) -> None:
        if self._random.random() < self.failing:
            raise ObjectStoreFailed(self.address, "it fails as it was told")
