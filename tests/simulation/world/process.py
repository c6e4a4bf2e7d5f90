"""What runs on a simulated host: one program, everything it opened, and how it dies.

A process is known by a context variable. Its tasks, timers and protocol callbacks all inherit it, so the network knows who
connects without being told, and a kill finds everything there is of the process.
"""

import contextlib
import sys
import warnings
from collections.abc import Iterator
from contextvars import Context, ContextVar
from enum import Enum

from tests.simulation.world.loop import SimulatedLoop, SimulatedTask

CLOSES_MAX = 100
"""How often a coroutine is closed that goes on waiting in its `finally` blocks."""


class Death(Enum):
    EXIT = "exits"
    KILL = "is killed"
    """kill -9: the kernel keeps the page cache and closes the sockets."""
    POWER = "loses power"
    """Nothing that was not synced is sure, and the peers are told nothing."""


class Process:
    """Compared by identity; `address` is where its sockets are."""

    def __init__(self, name: str, address: str) -> None:
        self.name = name
        self.address = address
        self.alive = True

    def owns(self, context: Context) -> bool:
        return context.get(CURRENT) is self

    def bury(self, loop: SimulatedLoop) -> None:
        """End all its tasks without one more step of the loop for them.

        A killed process runs no `finally` block. Python can't drop a coroutine without running them, so they run here,
        at once and in order, when disk and network no longer listen to this process; what they begin is dropped too.
        """
        assert not self.alive, "disk and network are taken away first"
        with _last_words_unheard():
            while mourned := [task for task in loop.tasks() if self.owns(task.origin)]:
                loop.forget(self.owns)
                for task in mourned:
                    _close(task)
            loop.forget(self.owns)


CURRENT: ContextVar[Process] = ContextVar("CURRENT")


@contextlib.contextmanager
def _last_words_unheard() -> Iterator[None]:
    """A coroutine that waits in a `finally` block while it is dropped makes Python complain, once for each level."""
    heard = sys.unraisablehook
    sys.unraisablehook = lambda _: None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.unraisablehook = heard


def _close(task: SimulatedTask) -> None:
    """Throw GeneratorExit in until the coroutine has ended."""
    coro = task.get_coro()
    assert coro is not None
    for _ in range(CLOSES_MAX):
        with contextlib.suppress(BaseException):
            task.origin.run(coro.close)
            break
    task.buried = True
    task._log_destroy_pending = False  # type: ignore[attr-defined]  # asyncio would log that nobody awaited it
