"""The simulated world as a whole: a seed is a run, and a dead process is dead."""

import asyncio

import pytest
from tests.simulation.simulate import Simulation, simulate
from tests.simulation.world import faults

from headwater.kernel.errors import DiskError
from headwater.kernel.world import Mode, World

PORT = 9092
SEEDS = pytest.mark.parametrize("seed", range(10))
EVERY_FAULT = (
    faults.crash, faults.kill, faults.torn_write, faults.slow_disk, faults.failed_sync, faults.full_disk,
    faults.cold_cache, faults.cut_network, faults.reset_connections, faults.slow_network, faults.jump_clock,
)  # fmt: skip


async def keep_lines(world: World) -> None:
    """A server that syncs every line it gets before it answers with its size, and stops when its disk fails."""
    offline = asyncio.get_running_loop().create_future()
    world.disk.make_folder("/data")
    await world.disk.sync_folder("/")
    file = world.disk.open("/data/lines", Mode.WRITE)
    await world.disk.sync_folder("/data")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                file.append([line])
                await file.sync()
                writer.write(b"%d %d\n" % (file.size, world.clock.now() + world.randomness.below(10)))
        except ConnectionError:
            pass
        except DiskError as failure:
            if not offline.done():
                offline.set_exception(failure)
        finally:
            writer.close()

    await asyncio.start_server(serve, "0.0.0.0", PORT)
    await offline


async def send_lines(count: int) -> None:
    sent = 0
    while sent < count:
        try:
            reader, writer = await asyncio.open_connection("broker-1", PORT)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        try:
            async with asyncio.timeout(3):
                while sent < count:
                    await asyncio.sleep(0.1)
                    writer.write(b"line %d\n" % sent)
                    if not await reader.readline():
                        break
                    sent += 1
        except (ConnectionError, TimeoutError):
            pass
        finally:
            writer.close()


def digest_of(seed: int) -> str:
    with simulate(seed, faults=EVERY_FAULT) as simulation:
        host = simulation.host("broker-1")
        simulation.host("broker-2").start(keep_lines)
        host.start(keep_lines)
        simulation.run(send_lines(300))
        return simulation.trace.digest


@SEEDS
def test_the_same_seed_is_the_same_run_and_another_seed_is_another(seed: int):
    assert digest_of(seed) == digest_of(seed) != digest_of(seed + 1)


async def tick_everywhere(ticks: list[str]) -> None:
    """A task, a timer and a `finally` that each would go on."""
    loop = asyncio.get_running_loop()

    def tick() -> None:
        ticks.append("timer")
        loop.call_later(1, tick)

    async def task() -> None:
        while True:
            try:
                await asyncio.sleep(1)
                ticks.append("task")
            except asyncio.CancelledError:
                ticks.append("a cancelled task went on")
            finally:
                await asyncio.sleep(0)

    tick()
    async with asyncio.TaskGroup() as group:
        group.create_task(task())
        group.create_task(task())


def test_of_a_killed_process_nothing_runs_any_more():
    ticks: list[str] = []

    async def kill(simulation: Simulation) -> None:
        host = simulation.host("broker-1")
        host.start(lambda _: tick_everywhere(ticks))
        await asyncio.sleep(10.5)
        assert {"timer", "task"} == set(ticks)
        host.kill()
        ticks.clear()
        await asyncio.sleep(100)
        assert ticks == []

    with simulate(1) as simulation:
        simulation.run(kill(simulation))


def test_a_program_that_fails_takes_its_tasks_with_it_and_its_failure_is_kept():
    ticks: list[str] = []

    async def fail_soon(_: World) -> None:
        asyncio.get_running_loop().create_task(tick_everywhere(ticks))
        await asyncio.sleep(3.5)
        raise RuntimeError("the disk is offline")

    async def wait(simulation: Simulation) -> None:
        host = simulation.host("broker-1")
        host.start(fail_soon)
        await host.ended()
        ticks.clear()
        await asyncio.sleep(100)
        assert ticks == []
        assert [str(each) for each in host.failures] == ["the disk is offline"]
        host.start_again()
        assert host.is_running

    with simulate(1) as simulation:
        simulation.run(wait(simulation))


def test_a_wall_clock_drifts_and_jumps_and_the_loop_does_not_care():
    async def watch(simulation: Simulation) -> None:
        host = simulation.host("broker-1")
        clock = host.enter()[2].clock
        began = clock.now()
        await asyncio.sleep(1000)
        assert clock.now() - began == pytest.approx(1_000_000, abs=101)
        host.clock.jump(-3_000_000)
        assert clock.now() < began
        assert asyncio.get_running_loop().time() == pytest.approx(1000)

    with simulate(1) as simulation:
        simulation.run(watch(simulation))


def test_workers_run_jobs_and_pass_on_their_failures():
    async def work(world: World) -> None:
        assert await world.workers.run(lambda: 42) == 42
        with pytest.raises(ZeroDivisionError):
            await world.workers.run(lambda: 1 // 0)

    with simulate(1) as simulation:
        simulation.run(work(simulation.world))


def test_ids_are_what_kafka_accepts_and_differ_between_hosts_and_lives():
    with simulate(1) as simulation:
        worlds = [simulation.host(name).enter()[2] for name in ("broker-1", "broker-1", "broker-2")]
        ids = [world.randomness.uuid() for world in worlds for _ in range(200)]
    assert len(set(ids)) == 600
    assert all(drawn[6] >> 4 == 4 and drawn[8] >> 6 == 2 and drawn[0] >> 2 != 62 for drawn in ids)
