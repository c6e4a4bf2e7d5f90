"""The world that a real process runs in."""

from headwater.kernel.real.clock import SystemClock
from headwater.kernel.real.disk import RealDisk
from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.real.workers import WorkerThreads
from headwater.kernel.world import World


def real_world() -> World:
    """Made once a process, by assembly."""
    return World(clock=SystemClock(), randomness=SystemRandomness(), disk=RealDisk(), workers=WorkerThreads())
