"""Logs under faults: whatever fails, nothing that anyone was told is ever taken back."""

import asyncio
from collections.abc import Sequence
from random import Random

import pytest
from tests.simulation.log.ledger import Ledger
from tests.simulation.log.workload import OpenLogs, Workload
from tests.simulation.simulate import Fault, Simulation, simulate
from tests.simulation.world import faults
from tests.simulation.world.host import Host
from tests.simulation.world.randomness import stream

from headwater.kernel.errors import DiskError
from headwater.kernel.world import World
from headwater.log.errors import StorageFailed
from headwater.log.memory.faults import Odds, SeededFaults
from headwater.log.memory.logs import MemoryLogs
from headwater.log.memory.storage import MemoryStorage
from headwater.log.port import Logs
from headwater.log.segments.logs import open_logs
from headwater.log.settings import LogSettings

REQUESTS = 300


def small_segments(random: Random) -> LogSettings:
    """Small enough that segments roll and indexes have entries all the time."""
    return LogSettings(
        segment_bytes=random.choice((4_000, 16_000)), index_interval_bytes=random.choice((200, 4096)), retention_ms=-1
    )


async def live(simulation: Simulation, ledgers: Sequence[Ledger], programs: dict[Host, Workload]) -> None:
    """Keep the programs running under the faults, and at times end one cleanly; then see what two last starts find."""
    random = stream(simulation.seed, "operator")
    while sum(each.requests for each in ledgers) < REQUESTS:
        for host, workload in programs.items():
            if not host.is_running:
                host.start(workload.program)
            elif random.random() < 0.05:
                workload.close()
        await asyncio.sleep(simulation.pace * random.uniform(0.1, 1.0))
    simulation.calm()
    for host, workload in programs.items():
        host.crash()
        for _ in range(2):
            await start_and_stop(host, workload)


async def start_and_stop(host: Host, workload: Workload) -> None:
    workload.verified.clear()
    host.start(workload.program)
    await workload.verified.wait()
    workload.close()
    await host.ended()


@pytest.mark.parametrize("seed", range(10))
def test_a_folder_that_was_made_for_logs_is_there_after_a_loss_of_power(seed: int) -> None:
    async def program(world: World) -> None:
        await open_logs(world, "/srv/headwater/data")
        await asyncio.Event().wait()

    async def crash(simulation: Simulation) -> bool:
        host = simulation.host("broker-1")
        host.storage.reorders = bool(seed % 2)
        host.start(program)
        await asyncio.sleep(1)
        host.crash()
        return bool(host.enter()[2].disk.exists("/srv/headwater/data"))

    with simulate(seed) as simulation:
        assert simulation.run(crash(simulation))


def survive(seed: int, open_logs: OpenLogs, *disturbances: Fault, programs: int = 1) -> str:
    """Gives the digest of the trace. At the slower pace a process lives for minutes and keeps checkpoints."""
    random = stream(seed, "test")
    settings, pace = small_segments(random), random.choice((1.0, 1.0, 30.0))
    ledgers = [Ledger(f"orders-{index}") for index in range(3)]
    with simulate(seed, faults=disturbances, pace=pace) as simulation:
        running: dict[Host, Workload] = {}
        for number in range(1, programs + 1):
            host, chance = simulation.host(f"broker-{number}"), stream(seed, "workload", number)
            running[host] = Workload(
                chance, open_logs, ledgers, settings, number=number, alone=programs == 1, pace=pace
            )
        simulation.run(live(simulation, ledgers, running))
        failures = [each for host in running for each in host.failures]
        assert all(isinstance(each, DiskError | StorageFailed) for each in failures), failures
        return simulation.trace.digest


@pytest.mark.parametrize("seed", range(20))
def test_what_two_brokers_write_to_one_store_in_memory_stays_whoever_is_killed(seed: int) -> None:
    storage = MemoryStorage()

    async def open_memory(world: World) -> Logs:
        odds = Odds(delay_max_ms=10, lost_percent=1, unanswered_percent=1)
        return MemoryLogs(storage, clock=world.clock, faults=SeededFaults(world.randomness, odds))

    survive(seed, open_memory, faults.kill, programs=2)


async def open_segments(world: World) -> Logs:
    """On a machine whose data folder is there for sure, as `headwater` finds it after its installation."""
    world.disk.make_folder("/data")
    await world.disk.sync_folder("/")
    return await open_logs(world, "/data")


@pytest.mark.parametrize("seed", range(40))
def test_a_log_keeps_its_word_through_losses_of_power(seed: int) -> None:
    survive(seed, open_segments, faults.crash, faults.torn_write, faults.slow_disk, faults.cold_cache)


@pytest.mark.parametrize("seed", range(5))
def test_the_same_seed_leaves_the_same_trace(seed: int) -> None:
    disturbances = (faults.crash, faults.kill, faults.torn_write, faults.cold_cache)
    assert survive(seed, open_segments, *disturbances) == survive(seed, open_segments, *disturbances)


EVERYTHING = (
    faults.crash, faults.kill, faults.torn_write, faults.slow_disk, faults.failed_sync, faults.full_disk,
    faults.cold_cache, faults.jump_clock,
)  # fmt: skip


def test_a_log_keeps_its_word_through_everything(seed: int) -> None:
    survive(seed, open_segments, *EVERYTHING)
