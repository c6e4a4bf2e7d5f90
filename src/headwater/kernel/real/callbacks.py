"""Measures every callback of asyncio's own event loop, for tests that fail on one that takes too long.

It is the thread's processor time that counts, so a busy machine makes no test fail. uvloop's callbacks can't be reached
this way; the same code under asyncio's loop can.
"""

import time
from asyncio import events
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from headwater.kernel.watchdog import HELD_MAX_MS


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """One callback that held the loop."""

    callback: str
    took_ms: float


@contextmanager
def measured_callbacks(*, held_max_ms: float = HELD_MAX_MS) -> Iterator[list[Held]]:
    """Every callback inside the block that took longer, in order."""
    held: list[Held] = []
    handles: Any = events.Handle
    run = handles._run

    def measured(handle: events.Handle) -> None:
        began = time.thread_time_ns()
        run(handle)
        took_ms = (time.thread_time_ns() - began) / 1_000_000
        if took_ms > held_max_ms:
            held.append(Held(callback=repr(handle), took_ms=took_ms))

    handles._run = measured
    try:
        yield held
    finally:
        handles._run = run
