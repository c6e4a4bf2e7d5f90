"""Long work of one handler, cut so that other connections have their turns in between."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

TURN_MAX_S: Final = 0.005


class Turns:
    """Made when the work begins. To be awaited between two steps of it; most of the time that returns at once."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ends = self._loop.time() + TURN_MAX_S

    async def next(self) -> None:
        if self._loop.time() < self._ends:
            return
        await asyncio.sleep(0)
        self._ends = self._loop.time() + TURN_MAX_S


async def one_by_one(items: Iterable[Item], work: Callable[[Item], Awaitable[Result]]) -> list[Result]:
    """The results of `work` on each, in order. What follows, as encoding them all, begins in a turn of its own if it took long."""
    turns, results = Turns(), []
    for item in items:
        results.append(await work(item))
        await turns.next()
    return results
