"""A whole cluster in one thread from one seed: `with simulate(seed, faults=[...]) as simulation`.

A test makes hosts, starts a program on each, and runs its own clients as the main coroutine:

    with simulate(seed, faults=[crash, slow_disk]) as simulation:
        broker = simulation.host("broker-1")
        broker.start(lambda world: run_broker(world, ...))
        history = simulation.run(clients())

Faults work from `run` on, until the main coroutine calls `calm()` or ends. A failure tells the seed and the last events.
"""

import asyncio
import gc
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context
from random import Random
from typing import Any, TypeVar

from tests.simulation.world.host import Host
from tests.simulation.world.loop import SimulatedLoop
from tests.simulation.world.network import Network
from tests.simulation.world.process import Process
from tests.simulation.world.randomness import stream
from tests.simulation.world.trace import Trace

from headwater.kernel.world import World

Result = TypeVar("Result")
Fault = Callable[["Simulation", Random], Coroutine[Any, Any, None]]
"""Disturbs the simulation for as long as it is left running; `calm` undoes what it left behind."""

WITHIN_S = 3600.0


class Simulation:
    def __init__(self, seed: int, faults: Sequence[Fault], pace: float) -> None:
        self.seed = seed
        self.pace = pace
        """How many times longer than usual it is from one fault to the next."""
        self.trace = Trace(seed)
        self.loop = SimulatedLoop(self.trace)
        self.trace.time = self.loop.time
        self.network = Network(self.loop, stream(seed, "network"), self.trace)
        self.hosts: dict[str, Host] = {}
        self._faults = faults
        self._disturbing: list[asyncio.Task[None]] = []
        self._main: asyncio.Task[Any] | None = None
        self._error: BaseException | None = None
        self._visitors: list[Process] = []
        self._context, self.world = self.visitor("outside")
        """Of the main coroutine."""
        self.loop.set_exception_handler(self._note_unhandled)

    def host(self, name: str) -> Host:
        """A machine of this name, which is made when it is first asked for."""
        if name not in self.hosts:
            address = f"10.0.0.{len(self.hosts) + 1}"
            self.network.names[name] = address
            self.hosts[name] = Host(self, name, address)
        return self.hosts[name]

    def visitor(self, name: str) -> tuple[Context, World]:
        """A machine that no fault hits but those of the network, and the context that makes a task run on it."""
        address = self.network.names[name] = f"10.0.1.{len(self._visitors) + 1}"
        process, context, world = Host(self, name, address).enter()
        self._visitors.append(process)
        return context, world

    def run(self, main: Coroutine[Any, Any, Result], *, within_s: float = WITHIN_S) -> Result:
        """Run `main` on a machine of its own, in at most `within_s` simulated seconds, under the faults."""
        self.loop.ends_at = self.loop.now + within_s
        try:
            return self._context.run(self.loop.run_until_complete, self._under_faults(main))
        finally:
            if self._error is not None:
                raise self._error from None

    def fail(self, error: BaseException) -> None:
        """End the run: this should never have happened, wherever it did."""
        self._error = self._error or error
        if self._main is not None:
            self._main.cancel()

    def calm(self) -> None:
        """End all faults: from now on everything that is up works."""
        for task in self._disturbing:
            task.cancel()
        self._disturbing.clear()
        self.network.heal()
        for host in self.hosts.values():
            host.recover()

    async def _under_faults(self, main: Coroutine[Any, Any, Result]) -> Result:
        self._disturbing = [
            self.loop.create_task(fault(self, stream(self.seed, "fault", number)), name=f"fault {number}")
            for number, fault in enumerate(self._faults)
        ]
        self._main = asyncio.current_task()
        try:
            return await main
        finally:
            self._main = None
            self.calm()

    def _note_unhandled(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception") or AssertionError(context["message"])
        self.trace.note(f"unhandled: {context['message']}: {error!r}")
        self.fail(error)

    def close(self) -> None:
        """Bury what still runs, so that nothing of one simulation is left for the next."""
        for host in self.hosts.values():
            host.kill()
        for process in self._visitors:
            process.alive = False
            process.bury(self.loop)
        self.loop.close()


@contextmanager
def simulate(seed: int, *, faults: Sequence[Fault] = (), pace: float = 1.0) -> Iterator[Simulation]:
    """Garbage is not collected meanwhile: when it is depends on the whole process, and collecting runs code."""
    simulation = Simulation(seed, faults, pace)
    gc_was_on = gc.isenabled()
    gc.disable()
    try:
        yield simulation
    except BaseException as failure:
        failure.add_note(simulation.trace.story())
        raise
    finally:
        simulation.close()
        if gc_was_on:
            gc.enable()
