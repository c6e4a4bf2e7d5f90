"""A folder on a simulated disk: a crash here is a loss of power, and syncs and room fail when told to."""

from dataclasses import dataclass, field
from random import Random

from tests.contracts.log_store import SetClock
from tests.simulation.world.disk import Habits, SimulatedDisk
from tests.simulation.world.storage import Storage
from tests.simulation.world.trace import Trace
from tests.simulation.world.workers import SimulatedWorkers

from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.world import World
from headwater.log.port import Logs
from headwater.log.segments.logs import SegmentLogs, open_logs

ROOT = "/data"


@dataclass
class SimulatedStore:
    seed: int = 0
    clock: SetClock = field(default_factory=SetClock)
    reserve_bytes: int = 0
    habits: Habits = field(default_factory=lambda: Habits(sync_s=(0.0, 0.0)))

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.storage = Storage(self.random)
        self.disk = self._plug_in()

    def _plug_in(self) -> SimulatedDisk:
        return SimulatedDisk(self.storage, self.habits, self.clock, self.random, Trace(self.seed))

    async def open(self) -> SegmentLogs:
        workers = SimulatedWorkers(self.random, delay_max_s=0.0)
        world = World(clock=self.clock, randomness=SystemRandomness(), disk=self.disk, workers=workers)
        self.disk.make_folder(ROOT)
        await self.disk.sync_folder("/")
        return await open_logs(world, ROOT, reserve_bytes=self.reserve_bytes)

    async def crash(self, logs: Logs) -> None:
        """Of what was not synced some is lost, and some of it torn."""
        self.disk.shut()
        self.storage.tears = True
        self.storage.crash()
        self.disk = self._plug_in()
