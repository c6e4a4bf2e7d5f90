"""The owner of every task: nothing is fired and forgotten.

There are two kinds of owner. In a *group* all fail together: the first failure cancels the others and is raised where the
group was opened; a broker's own loops live in one. In a *ward* each child fails alone: the failure is logged and counted,
what it held is closed, and it is started again with back-off if that was declared; connections, connectors, queries and
links live in wards.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from headwater.kernel.errors import TooBusy
from headwater.kernel.logging import get
from headwater.kernel.units import SECOND_MS
from headwater.kernel.world import Randomness

Result = TypeVar("Result")
Work = Callable[[], Coroutine[Any, Any, None]]

log = get("tasks")


class Group(asyncio.TaskGroup):
    """Fails together. Its tasks have names, for logs and for debuggers."""

    def start(self, name: str, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        return self.create_task(work, name=name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Backoff:
    """How long to wait before a child is started again: twice as long each time, half of it by chance, so that many
    that failed together do not come back together. After `most_ms` without a failure it begins anew."""

    first_ms: int = 100
    most_ms: int = 30 * SECOND_MS

    def delay_ms(self, failures: int, randomness: Randomness) -> int:
        """Before the start that follows so many failures in a row, from 1."""
        longest = min(self.most_ms, self.first_ms << min(failures - 1, 30))
        return longest - randomness.below(longest // 2 + 1)


class Ward:
    """Each child fails alone. At most `children_max` live at a time; `failures` only grows."""

    def __init__(self, name: str, *, children_max: int, randomness: Randomness) -> None:
        self.name: Final = name
        self.failures = 0
        self._children_max = children_max
        self._randomness = randomness
        self._children: dict[asyncio.Task[None], None] = {}
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._children)

    def start(
        self, name: str, work: Work, *, ended: Callable[[], None] | None = None, restart: Backoff | None = None
    ) -> asyncio.Task[None]:
        """Run `work()` as a child. `ended` is called once when it is over for good, however it ended, also where it was
        cancelled before its first step and no `finally` of its own could run. Raises TooBusy at the bound."""
        if self._is_closed or len(self._children) >= self._children_max:
            raise TooBusy(f"ward {self.name}", self._children_max)
        child = asyncio.get_running_loop().create_task(self._keep(name, work, restart), name=f"{self.name}: {name}")
        self._children[child] = None

        def over(_: asyncio.Task[None]) -> None:
            del self._children[child]
            if ended is not None:
                ended()

        child.add_done_callback(over)
        return child

    async def close(self, *, deadline_s: float) -> bool:
        """Take no more children, cancel those there are, and wait for them, at most until the deadline. False, and a
        log line for each, if some did not end in time."""
        self._is_closed = True
        left = await stop(tuple(self._children), deadline_s=deadline_s)
        for child in left:
            log.error("a task did not end when it was cancelled", task=child.get_name(), deadline_s=deadline_s)
        return not left

    async def _keep(self, name: str, work: Work, restart: Backoff | None) -> None:
        """Run, and run again. Only a failure restarts: a child that returns has done its work."""
        loop = asyncio.get_running_loop()
        failures_in_a_row = 0
        while True:
            began = loop.time()
            try:
                return await work()
            except Exception as failure:
                self._record(name, failure, will_restart=restart is not None)
            if restart is None:
                return None
            lasted_ms = (loop.time() - began) * SECOND_MS
            failures_in_a_row = 1 if lasted_ms > restart.most_ms else failures_in_a_row + 1
            await asyncio.sleep(restart.delay_ms(failures_in_a_row, self._randomness) / SECOND_MS)

    def _record(self, name: str, failure: Exception, *, will_restart: bool) -> None:
        self.failures += 1
        log.error("a task failed", error=failure, ward=self.name, task=name, restarts=will_restart)


async def stop(tasks: Sequence[asyncio.Task[Any]], *, deadline_s: float) -> tuple[asyncio.Task[Any], ...]:
    """Cancel `tasks` and wait for their ends, whatever these are; gives those that went on past the deadline."""
    for task in tasks:
        task.cancel()
    if not tasks:
        return ()
    _, left = await asyncio.wait(tasks, timeout=deadline_s)
    return tuple(task for task in tasks if task in left)


async def within(deadline_s: float, work: Awaitable[Result]) -> Result:
    """The result, or TimeoutError after cancelling. For shutdown and set-up: too slow for each request."""
    async with asyncio.timeout(deadline_s):
        return await work
