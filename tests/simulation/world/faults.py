"""What can go wrong, each as a small coroutine that disturbs the simulation until it is cancelled.

Pauses are drawn between a third and three times a usual length, so that faults meet in ever other ways. The lengths
written here are seconds of a busy program; `simulation.pace` stretches them.
"""

import asyncio
from random import Random
from typing import TYPE_CHECKING

from tests.simulation.world.host import Host

if TYPE_CHECKING:
    from tests.simulation.simulate import Simulation


async def crash(simulation: "Simulation", random: Random) -> None:
    """Machines lose power and come back on what their disks kept."""
    while True:
        await _pause(simulation, random, 2.0)
        host = _one(simulation, random)
        if host.is_running:
            host.crash()
        await _pause(simulation, random, 0.5)
        host.start_again()


async def kill(simulation: "Simulation", random: Random) -> None:
    """Processes are killed and started again; their machines go on."""
    while True:
        await _pause(simulation, random, 2.0)
        host = _one(simulation, random)
        host.kill()
        await _pause(simulation, random, 0.2)
        host.start_again()


async def torn_write(simulation: "Simulation", _: Random) -> None:
    """A crash leaves garbage in the sectors that were being written."""
    for host in simulation.hosts.values():
        host.storage.tears = True


async def reordered_names(simulation: "Simulation", _: Random) -> None:
    """A crash may keep a rename and lose the one before it."""
    for host in simulation.hosts.values():
        host.storage.reorders = True


async def slow_disk(simulation: "Simulation", random: Random) -> None:
    """For a while a disk takes up to two seconds for a sync."""
    while True:
        await _pause(simulation, random, 2.0)
        host = _one(simulation, random)
        host.habits.sync_s = (0.01, random.choice((0.1, 2.0)))
        await _pause(simulation, random, 1.0)
        host.recover()


async def failed_sync(simulation: "Simulation", random: Random) -> None:
    """Now and then a sync ends in EIO, and what it should have made sure never will be."""
    while True:
        await _pause(simulation, random, 3.0)
        host = _one(simulation, random)
        host.habits.failing_syncs = 0.2
        await _pause(simulation, random, 0.3)
        host.recover()
        host.start_again()


async def full_disk(simulation: "Simulation", random: Random) -> None:
    """A disk has room for a few kilobytes more, until somebody cleans up."""
    while True:
        await _pause(simulation, random, 3.0)
        host = _one(simulation, random)
        usual = host.storage.bytes_max
        host.storage.bytes_max = host.storage.used + random.randrange(8192)
        try:
            await _pause(simulation, random, 0.5)
        finally:
            host.storage.bytes_max = usual
        host.start_again()


async def cold_cache(simulation: "Simulation", _: Random) -> None:
    """A third of all reads that may not wait find nothing in the page cache."""
    for host in simulation.hosts.values():
        host.habits.cold_reads = 0.3


async def cut_network(simulation: "Simulation", random: Random) -> None:
    """Two machines don't reach each other for a while."""
    while True:
        await _pause(simulation, random, 2.0)
        one, other = random.sample(sorted(simulation.network.names.values()), 2)
        simulation.network.cut(one, other)
        await _pause(simulation, random, 1.0)
        simulation.network.heal()


async def reset_connections(simulation: "Simulation", random: Random) -> None:
    """A connection, any one, is reset."""
    while True:
        await _pause(simulation, random, 1.0)
        if connections := simulation.network.connections():
            simulation.network.reset(random.choice(connections))


async def slow_network(simulation: "Simulation", random: Random) -> None:
    """For a while every piece takes up to half a second."""
    usual = simulation.network.latency_s
    while True:
        await _pause(simulation, random, 3.0)
        simulation.network.latency_s = (0.001, 0.5)
        try:
            await _pause(simulation, random, 1.0)
        finally:
            simulation.network.latency_s = usual


async def jump_clock(simulation: "Simulation", random: Random) -> None:
    """Wall clocks are set, forwards and back, by up to a minute."""
    while True:
        await _pause(simulation, random, 3.0)
        _one(simulation, random).clock.jump(random.randint(-60_000, 60_000))


def _one(simulation: "Simulation", random: Random) -> Host:
    return random.choice(list(simulation.hosts.values()))


async def _pause(simulation: "Simulation", random: Random, usual_s: float) -> None:
    await asyncio.sleep(simulation.pace * usual_s * 3 ** random.uniform(-1, 1))
