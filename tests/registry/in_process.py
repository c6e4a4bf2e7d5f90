"""A worker that is no process: jobs are done at once, unless a test says otherwise."""

import asyncio
from collections.abc import Callable

from headwater.kernel.errors import CompanionEnded
from headwater.registry.formats import jobs


class InProcessCompanion:
    def __init__(self, companions: "InProcessCompanions") -> None:
        self._companions = companions

    async def ask(self, request: bytes) -> bytes:
        self._companions.asked += 1
        try:
            return self._companions.answer(request)
        except TimeoutError:
            await asyncio.get_running_loop().create_future()
            raise

    async def kill(self) -> None:
        self._companions.killed.append(self)


class InProcessCompanions:
    """`answer` may raise CompanionEnded, or TimeoutError where it would never end."""

    def __init__(self, answer: Callable[[bytes], bytes] = jobs.answer) -> None:
        self.answer = answer
        self.started = 0
        self.asked = 0
        self.killed: list[InProcessCompanion] = []

    async def start(self, module: str) -> InProcessCompanion:
        del module
        self.started += 1
        return InProcessCompanion(self)


def ends(request: bytes) -> bytes:
    raise CompanionEnded("it", "it was too much")


def never_ends(request: bytes) -> bytes:
    raise TimeoutError
