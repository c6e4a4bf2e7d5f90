"""For how long a request holds the event loop: what `request_percentage` speaks of, for one loop serves all.

A handler's coroutine is driven step by step. This stands in its place and looks at the clock around each step. uvloop's clock
moves in steps of a few milliseconds, so a single request's time is mostly zero and now and then too much; over the seconds that a
quota looks at, it is right.
"""

from asyncio import AbstractEventLoop
from collections.abc import Coroutine, Generator
from typing import Any

from headwater.kernel.units import SECOND_MS


class Timed(Coroutine[Any, Any, Any]):
    """A coroutine and its time."""

    __slots__ = ("_coroutine", "_loop", "held_s")

    def __init__(self, coroutine: Coroutine[Any, Any, Any], loop: AbstractEventLoop) -> None:
        self._coroutine = coroutine
        self._loop = loop
        self.held_s = 0.0

    @property
    def held_ms(self) -> float:
        return self.held_s * SECOND_MS

    def send(self, value: Any) -> Any:
        began = self._loop.time()
        try:
            return self._coroutine.send(value)
        finally:
            self.held_s += self._loop.time() - began

    def throw(self, *raised: Any) -> Any:
        began = self._loop.time()
        try:
            return self._coroutine.throw(*raised)
        finally:
            self.held_s += self._loop.time() - began

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._coroutine.__await__()
