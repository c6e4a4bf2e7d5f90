"""What every process of this program does: its loop, its signals, and the pipes to its supervisor."""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Pipes:
    """How a supervisor and its child hear of each other: `alive_fd` closes when the supervisor is gone."""

    alive_fd: int | None = None


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    import uvloop

    return uvloop.new_event_loop


async def stop_event(pipes: Pipes) -> asyncio.Event:
    """Set by SIGTERM, by SIGINT, and by the end of the supervisor."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    if pipes.alive_fd is not None:
        await _watch(pipes.alive_fd, stopped)
    return stopped


async def _watch(fd: int, stopped: asyncio.Event) -> None:
    """The supervisor holds the other end and never writes: what comes is its end."""

    class Watch(asyncio.Protocol):
        def connection_lost(self, _: Exception | None) -> None:
            stopped.set()

    await asyncio.get_running_loop().connect_read_pipe(Watch, os.fdopen(fd, "rb"))
