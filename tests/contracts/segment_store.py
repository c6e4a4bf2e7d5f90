"""The embedded engine on this machine's disk, for its contract and its own tests."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from tests.contracts.log_store import SetClock

from headwater.kernel.real.disk import RealDisk
from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.real.workers import WorkerThreads
from headwater.kernel.world import World
from headwater.log.port import Logs
from headwater.log.segments.logs import SegmentLogs, open_logs


@dataclass
class SegmentStore:
    folder: Path
    clock: SetClock = field(default_factory=SetClock)
    lives: int = 0

    @property
    def root(self) -> Path:
        return self.folder / f"life-{self.lives}"

    def __post_init__(self) -> None:
        self.world = World(clock=self.clock, randomness=SystemRandomness(), disk=RealDisk(), workers=WorkerThreads())

    async def open(self) -> SegmentLogs:
        return await open_logs(self.world, str(self.root))

    async def crash(self, logs: Logs) -> None:
        """What the operating system has at this moment is what a kill leaves; the dying process goes on elsewhere."""
        before = self.root
        self.lives += 1
        shutil.copytree(before, self.root)
        await logs.close()
