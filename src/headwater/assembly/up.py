"""The supervisor behind `headwater up`: it starts the processes of this program, and ends with them.

It loads nothing of the rooms that it starts, so it costs little, and nothing that goes wrong in them goes wrong in it.

    child   --- ready pipe --->   one line: where it can be reached
    child   <-- alive pipe ----   never a byte; its end tells the child that the supervisor is gone, kill -9 included
    child   <-- SIGTERM -------   in the reverse order of starting; SIGKILL to one that does not end in time

The children have a process group of their own: Ctrl-C on a terminal reaches the supervisor alone, which ends them in order.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from headwater.assembly.ready import Ready
from headwater.kernel.logging import get
from headwater.kernel.tasks import Group, within

log = get("up")

START_DEADLINE_S: Final = 600.0
"""A large folder that was not stopped cleanly is checked before its broker is ready."""
STOP_DEADLINE_S: Final = 30.0
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_BY_SIGNAL: Final = 128
_PROGRAM: Final = (sys.executable, "-m", "headwater.cli.main")


@dataclass(frozen=True, kw_only=True, slots=True)
class Child:
    """One process: `headwater <arguments>`, which is told about its pipes by two more of them."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    child: Child
    process: Process
    alive_fd: int
    """Our end; the child lives as long as it is open."""
    ready: asyncio.StreamReader


Tell = Callable[[Mapping[str, Ready]], None]


def run_up(children: Sequence[Child], *, ready: Tell) -> int:
    """Until a signal comes or a child ends; gives the status that the children ended with.

    `ready` is called once, with where each child can be reached.
    """
    return asyncio.run(Supervisor(children, ready).run())


class Supervisor:
    """One life: start all, wait, end all."""

    def __init__(self, children: Sequence[Child], ready: Tell) -> None:
        self._children = tuple(children)
        self._ready = ready
        self._running: list[Running] = []
        self._over = asyncio.Event()
        self._status = 0

    async def run(self) -> int:
        for number in _SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._over.set)
        async with Group() as group:
            starting = group.start("start", self._start_all(group))
            await self._over.wait()
            starting.cancel()
            await self._end_all()
        return self._status

    async def _start_all(self, group: Group) -> None:
        """One after another: a later child is told where the earlier ones are."""
        addresses: dict[str, Ready] = {}
        for child in self._children:
            running = await _start(child)
            self._running.append(running)
            group.start(child.name, self._watch(running))
            line = await self._ready_line(running)
            if not line:
                return
            addresses[child.name] = Ready.read(line)
        self._ready(addresses)

    async def _ready_line(self, running: Running) -> bytes:
        """Empty for a child that ended instead; then `_watch` knows how."""
        try:
            return await within(START_DEADLINE_S, running.ready.readline())
        except TimeoutError:
            log.error("a process was not ready in time", process=running.child.name, deadline_s=START_DEADLINE_S)
            self._status = 1
            self._over.set()
            return b""

    async def _watch(self, running: Running) -> None:
        """None of them is spare: the first that ends is the end of all."""
        status = await running.process.wait()
        if not self._over.is_set():
            log.error("a process ended by itself", process=running.child.name, status=status)
        self._status = self._status or _exit_status(status)
        self._over.set()

    async def _end_all(self) -> None:
        for running in reversed(self._running):
            if running.process.returncode is None:
                running.process.terminate()
            try:
                await within(STOP_DEADLINE_S, running.process.wait())
            except TimeoutError:
                log.error("a process did not stop in time", process=running.child.name, deadline_s=STOP_DEADLINE_S)
                running.process.kill()
            os.close(running.alive_fd)


async def _start(child: Child) -> Running:
    """The pipes' other ends are the child's alone, so that each pipe closes when either side is gone."""
    ready_ours, ready_theirs = os.pipe()
    alive_theirs, alive_ours = os.pipe()
    pipes = ("--ready-fd", str(ready_theirs), "--alive-fd", str(alive_theirs))
    try:
        process = await asyncio.create_subprocess_exec(
            *_PROGRAM, *child.arguments, *pipes, pass_fds=(ready_theirs, alive_theirs), start_new_session=True
        )
    finally:
        os.close(ready_theirs)
        os.close(alive_theirs)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ready_ours, "rb")
    )
    return Running(child=child, process=process, alive_fd=alive_ours, ready=reader)


def _exit_status(status: int) -> int:
    """As a shell has it: 128 and the signal's number for a process that a signal ended."""
    return status if status >= 0 else _BY_SIGNAL - status
