"""An event loop whose time is a number: when nothing is ready, it jumps to the next timer.

A simulated hour costs what its callbacks cost. The loop refuses everything that would reach the operating system, and it
fails where a real one would hang: when the main task waits and nothing is scheduled that could ever wake it.

Two things of asyncio depend on memory addresses and would make two runs of one seed differ: a `TaskGroup` and
`asyncio.wait` keep tasks in sets. So tasks and futures hash by a running number here.
"""

import asyncio
import itertools
import math
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextvars import Context, copy_context
from types import AsyncGeneratorType
from typing import Any, NoReturn

from tests.simulation.world.trace import Trace

STEPS_MAX = 200_000
"""Turns of the loop at one moment; more of them is a program that spins and never waits."""


class Deadlock(AssertionError):
    """Nothing is scheduled, and the main task is not done."""


class TooLong(AssertionError):
    """The time that a run was given has passed."""


class Spinning(AssertionError):
    """The loop turns and turns, and no time passes."""


class SimulatedFuture(asyncio.Future[Any]):
    def __init__(self, *, loop: "SimulatedLoop") -> None:
        self._number = next(loop.numbers)
        super().__init__(loop=loop)

    def __hash__(self) -> int:
        return self._number


class SimulatedTask(asyncio.Task[Any]):
    """A task that knows the context it was made in, by which a killed process finds what is its own."""

    def __init__(self, coro: Coroutine[Any, Any, Any], *, loop: "SimulatedLoop", **options: Any) -> None:
        self._number = next(loop.numbers)
        given: Context | None = options.get("context")
        self.origin = options["context"] = copy_context() if given is None else given
        self.buried = False
        options["name"] = options.get("name") or f"Task-{self._number}"
        super().__init__(coro, loop=loop, **options)

    def __hash__(self) -> int:
        return self._number


class _Leap:
    """Stands where asyncio expects a selector: asked to wait, it moves the time."""

    def __init__(self, loop: "SimulatedLoop") -> None:
        self._loop = loop
        self._steps = 0

    def select(self, timeout: float | None) -> Sequence[object]:
        self._steps = 0 if timeout else self._steps + 1
        if self._steps > STEPS_MAX:
            raise Spinning(f"time stands still, and these go on and on:\n{self._loop.waiting()}")
        if timeout is None:
            raise Deadlock(f"nothing is scheduled, and these wait:\n{self._loop.waiting()}")
        if self._loop.now + timeout > self._loop.ends_at:
            raise TooLong(
                f"not done after {self._loop.ends_at} simulated seconds, and these wait:\n{self._loop.waiting()}"
            )
        self._loop.now += max(timeout, 0.0)
        return ()


class SimulatedLoop(asyncio.BaseEventLoop):
    """`create_server` and `create_connection` are the network's, once there is one."""

    _ready: Iterable[Any]
    _scheduled: Iterable[Any]

    def __init__(self, trace: Trace) -> None:
        super().__init__()
        self.now = 0.0
        self.ends_at = math.inf
        self.numbers = itertools.count(1)
        self.trace = trace
        self._selector = _Leap(self)
        self.set_task_factory(_make_task)

    def time(self) -> float:
        return self.now

    def create_future(self) -> asyncio.Future[Any]:
        return SimulatedFuture(loop=self)

    def tasks(self) -> list[SimulatedTask]:
        """Those that are not done, oldest first."""
        known = [each for each in asyncio.all_tasks(self) if isinstance(each, SimulatedTask) and not each.buried]
        return sorted(known, key=hash)

    def waiting(self) -> str:
        return "\n".join(f"  {task.get_name()}: {_where(task)}" for task in self.tasks())

    def forget(self, belongs: Callable[[Context], bool]) -> None:
        """Drop every callback and timer whose context belongs to what has just been killed."""
        for handle in [*self._ready, *self._scheduled]:
            if belongs(handle._context):
                handle.cancel()

    def run_in_executor(self, *_: Any) -> NoReturn:  # type: ignore[override]  # whatever it is asked
        raise AssertionError("a thread would not be deterministic: use the Workers of the world")

    def close(self) -> None:
        """Let go of the simulation: values that the collector does not look at hold files, and by their clock this loop."""
        super().close()
        self.set_exception_handler(None)
        for replaced in ("create_server", "create_connection"):
            vars(self).pop(replaced, None)

    def _asyncgen_finalizer_hook(self, agen: AsyncGeneratorType[Any, Any]) -> None:
        """What is dropped in the middle of an `await` was a killed process's, and can't be closed any more."""
        if not agen.ag_running:
            super()._asyncgen_finalizer_hook(agen)  # type: ignore[misc]  # as asyncio has it, but not its types

    def _process_events(self, event_list: object) -> None:
        """There is no selector, so there are none."""

    def _write_to_self(self) -> None:
        """There is no other thread that could have to wake this loop."""


def _make_task(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> SimulatedTask:
    assert isinstance(loop, SimulatedLoop)
    return SimulatedTask(coro, loop=loop, **options)


def _where(task: SimulatedTask) -> str:
    """The coroutines of a task from the outermost in, and the line at which the innermost waits."""
    names, line = [], ""
    inner: Any = task.get_coro()
    while (frame := getattr(inner, "cr_frame", None)) is not None:
        names.append(frame.f_code.co_qualname)
        line = f"{frame.f_code.co_filename}:{frame.f_lineno}"
        inner = inner.cr_await
    return f"{' > '.join(names)} ({line})"
