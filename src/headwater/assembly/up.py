"""The supervisor behind `headwater up`: it starts the processes of this program, and ends with them.

It loads nothing of the rooms that it starts, so it costs little, and nothing that goes wrong in them goes wrong in it.

    child   --- ready pipe --->   one line: where it can be reached
    child   <-- alive pipe ----   never a byte; its end tells the child that the supervisor is gone, kill -9 included
    child   <-- SIGTERM -------   in the reverse order of starting; SIGKILL to one that does not end in time

The services are spare: when they end by themselves they are started again, with back-off. When the broker ends, all ends.

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

from headwater.kernel.logging import get
from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.tasks import Backoff, Group, within
from headwater.kernel.units import SECOND_MS

log = get("up")

START_DEADLINE_S: Final = 600.0
"""A large folder that was not stopped cleanly is checked before its broker is ready."""
STOP_DEADLINE_S: Final = 30.0
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_BY_SIGNAL: Final = 128
_PROGRAM: Final = (sys.executable, "-m", "headwater.cli.main")
_BACKOFF: Final = Backoff(first_ms=500, most_ms=30 * SECOND_MS)

Lines = Mapping[str, bytes]
"""By child, the line with which it said that it is ready."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Child:
    """One process: `headwater <arguments>`, which is told about its pipes by two more of them."""

    name: str
    arguments: Callable[[Lines], Sequence[str]]
    """Given what those before it have said."""
    is_spare: bool = False
    """Started again where it ends by itself after it was ready."""


@dataclass(kw_only=True, slots=True)
class Running:
    child: Child
    process: Process
    alive_fd: int
    """Our end; the child lives as long as it is open."""
    ready: asyncio.StreamReader
    was_ready: bool = False


Tell = Callable[[Lines], None]


def run_up(children: Sequence[Child], *, ready: Tell) -> int:
    """Until a signal comes or a child ends that is not spare; gives the status that the children ended with.

    `ready` is called once, when all of them are.
    """
    return asyncio.run(Supervisor(children, ready).run())


class Supervisor:
    """One life: start all, wait, end all."""

    def __init__(self, children: Sequence[Child], ready: Tell) -> None:
        self._children = tuple(children)
        self._ready = ready
        self._running: dict[str, Running] = {}
        self._lines: dict[str, bytes] = {}
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
        for child in self._children:
            running = await self._start(child)
            group.start(child.name, self._watch(running))
            if not await self._becomes_ready(running):
                return
        self._ready(self._lines)

    async def _start(self, child: Child) -> Running:
        running = self._running[child.name] = await _start(child, child.arguments(self._lines))
        if self._over.is_set():
            running.process.terminate()
        return running

    async def _becomes_ready(self, running: Running) -> bool:
        """False for a child that ended instead; then `_watch` knows how."""
        name = running.child.name
        try:
            line = await within(START_DEADLINE_S, running.ready.readline())
        except TimeoutError:
            log.error("a process was not ready in time", process=name, deadline_s=START_DEADLINE_S)
            self._status = 1
            self._over.set()
            return False
        if line:
            running.was_ready = True
            self._lines[name] = line
        return bool(line)

    async def _watch(self, running: Running) -> None:
        """The first that ends and is not spare is the end of all."""
        failures = 0
        while True:
            status = await running.process.wait()
            child = running.child
            if not self._over.is_set():
                log.error("a process ended by itself", process=child.name, status=status)
            if self._over.is_set() or not child.is_spare or child.name not in self._lines:
                self._status = self._status or _exit_status(status)
                self._over.set()
                return
            failures = 1 if running.was_ready else failures + 1
            os.close(running.alive_fd)
            running = await self._start_again(running, failures)

    async def _start_again(self, running: Running, failures: int) -> Running:
        delay_s = _BACKOFF.delay_ms(failures, SystemRandomness()) / SECOND_MS
        try:
            await within(delay_s, self._over.wait())
        except TimeoutError:
            running = await self._start(running.child)
            await self._becomes_ready(running)
        return running

    async def _end_all(self) -> None:
        for running in reversed(tuple(self._running.values())):
            if running.process.returncode is None:
                running.process.terminate()
            try:
                await within(STOP_DEADLINE_S, running.process.wait())
            except TimeoutError:
                log.error("a process did not stop in time", process=running.child.name, deadline_s=STOP_DEADLINE_S)
                running.process.kill()


async def _start(child: Child, arguments: Sequence[str]) -> Running:
    """The pipes' other ends are the child's alone, so that each pipe closes when either side is gone."""
    ready_ours, ready_theirs = os.pipe()
    alive_theirs, alive_ours = os.pipe()
    pipes = ("--ready-fd", str(ready_theirs), "--alive-fd", str(alive_theirs))
    try:
        process = await asyncio.create_subprocess_exec(
            *_PROGRAM, *arguments, *pipes, pass_fds=(ready_theirs, alive_theirs), start_new_session=True
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
