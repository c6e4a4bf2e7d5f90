"""One simulated machine: an address, a disk that outlives its programs, and the program that runs on it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context, copy_context
from typing import TYPE_CHECKING

from tests.simulation.world.clock import SimulatedClock
from tests.simulation.world.disk import Habits, SimulatedDisk
from tests.simulation.world.process import CURRENT, Death, Process
from tests.simulation.world.randomness import SimulatedRandomness, stream
from tests.simulation.world.storage import Storage
from tests.simulation.world.workers import SimulatedWorkers

from headwater.kernel.world import World

if TYPE_CHECKING:
    from tests.simulation.simulate import Simulation

FLASH_S = (0.000_2, 0.002)
DISK_S = (0.002, 0.03)
"""How long a sync usually takes, from and to."""

Program = Callable[[World], Awaitable[object]]
"""What a process runs, given its world; the process ends when this does."""


class Host:
    """`start` it, then `kill`, `crash` and `start` it again: a restart finds what the last process left on the disk."""

    def __init__(self, simulation: "Simulation", name: str, address: str) -> None:
        self.name = name
        self.address = address
        self._usual_sync_s = stream(simulation.seed, name, "hardware").choice((FLASH_S, DISK_S))
        self.habits = Habits(sync_s=self._usual_sync_s)
        self.clock = SimulatedClock(
            simulation.loop.time, drift=stream(simulation.seed, name, "drift").uniform(-1e-4, 1e-4)
        )
        self.storage = Storage(stream(simulation.seed, name, "storage"))
        self.failures: list[BaseException] = []
        """With what the programs of this host ended; one of a broken assertion ends the whole run."""
        self._simulation = simulation
        self._program: Program | None = None
        self._process: Process | None = None
        self._disk: SimulatedDisk | None = None
        self._gone: asyncio.Future[None] | None = None
        self._incarnation = 0

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.alive

    def start(self, program: Program) -> None:
        assert not self.is_running, f"{self.name} runs already"
        self._program = program
        process, context, world = self.enter()

        async def main() -> object:
            return await program(world)

        task = self._simulation.loop.create_task(main(), name=process.name, context=context)
        task.add_done_callback(lambda done: self._ended(process, done), context=Context())

    def start_again(self) -> None:
        """As whoever watches over a process does: unless it runs, or came to its own good end."""
        if self._program is not None and not self.is_running:
            self.start(self._program)

    def enter(self) -> tuple[Process, Context, World]:
        """A new process on this machine, the context that makes code part of it, and its world."""
        self._incarnation += 1
        process = Process(f"{self.name}#{self._incarnation}", self.address)
        self._process = process
        self._gone = self._simulation.loop.create_future()
        self._simulation.network.powered_off.discard(self.address)
        self._simulation.trace.note(f"{process.name} starts")
        context = copy_context()
        context.run(CURRENT.set, process)
        return process, context, self._world(process.name)

    async def ended(self) -> None:
        """Wait until the present process is gone, however it goes."""
        if self._gone is not None:
            await asyncio.shield(self._gone)

    def kill(self) -> None:
        """kill -9: the machine goes on, and with it its page cache."""
        self._die(Death.KILL)

    def crash(self) -> None:
        """A loss of power: only what was synced is sure, and nobody is told until the machine is up again."""
        self._die(Death.POWER)
        self._simulation.network.powered_off.add(self.address)
        self._simulation.trace.note(f"{self.name} keeps {self.storage.crash():08x}")

    def recover(self) -> None:
        """Its hardware works as it should again."""
        self.habits.sync_s = self._usual_sync_s
        self.habits.failing_syncs = 0.0

    def _world(self, name: str) -> World:
        seed = self._simulation.seed
        self._disk = SimulatedDisk(
            self.storage, self.habits, self.clock, stream(seed, name, "disk"), self._simulation.trace
        )
        return World(
            clock=self.clock,
            randomness=SimulatedRandomness(stream(seed, name, "randomness")),
            disk=self._disk,
            workers=SimulatedWorkers(stream(seed, name, "workers")),
        )

    def _ended(self, process: Process, main: asyncio.Task[object]) -> None:
        if not process.alive:
            return
        failure = None if main.cancelled() else main.exception()
        if failure is not None:
            self._simulation.trace.note(f"{process.name} fails: {failure!r}")
            self.failures.append(failure)
            if isinstance(failure, AssertionError):
                self._simulation.fail(failure)
        else:
            self._program = None
        self._die(Death.EXIT)

    def _die(self, death: Death) -> None:
        process = self._process
        if process is None or not process.alive:
            return
        assert self._disk is not None
        self._simulation.trace.note(f"{process.name} {death.value}")
        process.alive = False
        self._disk.shut()
        self._simulation.network.drop(process, death)
        process.bury(self._simulation.loop)
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)
