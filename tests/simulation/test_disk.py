"""The simulated disk is a disk while power is on, and as forgetful as POSIX allows when it goes."""

import asyncio
from collections.abc import Callable

import pytest
from tests.contracts.test_disk import DiskContract
from tests.simulation.simulate import Simulation, simulate
from tests.simulation.world.clock import SimulatedClock
from tests.simulation.world.disk import Habits, SimulatedDisk
from tests.simulation.world.randomness import stream
from tests.simulation.world.storage import Storage
from tests.simulation.world.trace import Trace

from headwater.kernel.errors import DiskError, DiskFull
from headwater.kernel.world import Disk, Mode, World

PATH = "/data/a"


class TestSimulatedDisk(DiskContract):
    @pytest.fixture
    def disk(self) -> Disk:
        clock = SimulatedClock(lambda: 0.0)
        return SimulatedDisk(Storage(stream(0, "storage")), Habits(), clock, stream(0, "disk"), Trace(0))

    @pytest.fixture
    def folder(self, disk: Disk) -> str:
        disk.make_folder("/data")
        return "/data"


def survivor(seed: int, prepare: Callable[[Disk], object], path: str = PATH) -> bytes | None:
    """What is left of a file after `prepare`, which may be a coroutine function, and a loss of power."""

    async def program(world: World) -> None:
        world.disk.make_folder("/data")
        await world.disk.sync_folder("/")
        if asyncio.iscoroutine(step := prepare(world.disk)):
            await step
        await asyncio.sleep(3600)

    async def crash(simulation: Simulation) -> bytes | None:
        host = simulation.host("broker-1")
        host.storage.tears = True
        host.storage.reorders = bool(seed % 2)
        host.start(program)
        await asyncio.sleep(1)
        host.crash()
        disk = host.enter()[2].disk
        return disk.read(path) if disk.exists(path) else None

    with simulate(seed) as simulation:
        return simulation.run(crash(simulation))


def survivors(prepare: Callable[[Disk], object], path: str = PATH) -> list[bytes | None]:
    return [survivor(seed, prepare, path) for seed in range(100)]


async def synced(disk: Disk, data: bytes) -> None:
    file = disk.open(PATH, Mode.WRITE)
    file.append([data])
    await file.sync()
    await disk.sync_folder("/data")


def test_what_was_synced_is_there():
    assert set(survivors(lambda disk: synced(disk, b"x" * 5000))) == {b"x" * 5000}


def test_what_was_not_synced_is_lost_kept_and_torn_but_never_what_was_before_it():
    async def write_more(disk: Disk) -> None:
        await synced(disk, b"x" * 700)
        disk.open(PATH, Mode.WRITE).append([b"y" * 3000])

    left = survivors(write_more)
    assert all(data is not None and data.startswith(b"x" * 700) for data in left)
    tails = {data[700:] for data in left if data is not None}
    assert {b"", b"y" * 3000} < tails
    assert any(set(tail) - {0, ord("y")} for tail in tails), "garbage"
    assert any(0 in tail and tail.endswith(b"y") for tail in tails), "a later sector without an earlier one"


def test_an_overwrite_in_place_that_was_not_synced_leaves_old_new_or_both():
    async def overwrite(disk: Disk) -> None:
        await synced(disk, b"x" * 2048)
        disk.open(PATH, Mode.WRITE).pwrite(b"y" * 1024, 512)

    left = survivors(overwrite)
    assert all(data and len(data) == 2048 and data[:512] + data[1536:] == b"x" * 1024 for data in left)
    assert b"x" * 2048 in left
    assert b"x" * 512 + b"y" * 1024 + b"x" * 512 in left


def test_a_truncation_that_was_not_synced_may_be_undone():
    async def cut(disk: Disk) -> None:
        await synced(disk, b"x" * 2048)
        disk.open(PATH, Mode.WRITE).truncate(100)

    assert {b"x" * 2048, b"x" * 100} == set(survivors(cut))


def test_a_name_is_sure_only_when_its_folder_was_synced():
    async def write(disk: Disk) -> None:
        file = disk.open(PATH, Mode.WRITE)
        file.append([b"x"])
        await file.sync()

    assert set(survivors(write)) == {None, b"x"}


def test_a_rename_that_was_not_synced_is_lost_or_kept_and_never_torn():
    async def replace(disk: Disk) -> None:
        await synced(disk, b"old")
        file = disk.open("/data/b", Mode.WRITE)
        file.append([b"new"])
        await file.sync()
        await disk.sync_folder("/data")
        disk.rename("/data/b", PATH)

    assert set(survivors(replace)) == {b"old", b"new"}
    assert set(survivors(replace, "/data/b")) == {None, b"new"}


def test_names_survive_in_order_where_the_file_system_keeps_a_journal_and_in_any_order_elsewhere():
    def make_two(disk: Disk) -> None:
        disk.open("/data/first", Mode.WRITE)
        disk.open("/data/second", Mode.WRITE)

    left = [survivor(seed, make_two, "/data/second") is not None for seed in range(200)]
    first = [survivor(seed, make_two, "/data/first") is not None for seed in range(200)]
    second_alone = [seed for seed in range(200) if left[seed] and not first[seed]]
    assert second_alone
    assert all(seed % 2 for seed in second_alone)


def test_a_small_file_is_replaced_in_one_step():
    async def replace_for_ever(disk: Disk) -> None:
        await disk.write(PATH, b"0" * 1000)
        for digit in b"123456789" * 20:
            await disk.write(PATH, bytes((digit,)) * 1000)
            await asyncio.sleep(0.005)

    assert all(data and len(data) == 1000 and len(set(data)) == 1 for data in survivors(replace_for_ever))


def test_after_a_failed_sync_the_bytes_are_seen_and_never_sure():
    async def fail(simulation: Simulation) -> None:
        host = simulation.host("broker-1")
        _, _, world = host.enter()
        world.disk.make_folder("/data")
        await world.disk.sync_folder("/")
        await synced(world.disk, b"x")
        host.habits.failing_syncs = 1.0
        file = world.disk.open(PATH, Mode.WRITE)
        file.append([b"y"])
        with pytest.raises(DiskError):
            await file.sync()
        host.recover()
        await file.sync()
        assert file.pread(10, 0) == b"xy"
        host.crash()
        assert host.enter()[2].disk.read(PATH) in (b"x", b"x\0")

    with simulate(1) as simulation:
        simulation.run(fail(simulation))


def test_a_full_disk_takes_what_fits_and_then_fails():
    with simulate(1) as simulation:
        host = simulation.host("broker-1")
        disk = host.enter()[2].disk
        host.storage.bytes_max = 10
        file = disk.open("/a", Mode.WRITE)
        with pytest.raises(DiskFull):
            file.append([b"123456", b"789012"])
        assert disk.read("/a") == b"1234567890"
        assert disk.space("/").usable == 0
        disk.remove("/a")
        assert disk.space("/").usable == 10


def test_cold_reads_give_nothing_but_what_is_still_to_be_written_is_never_cold():
    async def read(simulation: Simulation) -> None:
        host = simulation.host("broker-1")
        disk = host.enter()[2].disk
        host.habits.cold_reads = 1.0
        file = disk.open("/a", Mode.WRITE)
        file.append([b"abc"])
        assert file.pread_now(3, 0) == b"abc"
        await file.sync()
        assert file.pread_now(3, 0) is None
        assert file.pread(3, 0) == b"abc"

    with simulate(1) as simulation:
        simulation.run(read(simulation))


def test_a_killed_process_writes_no_more_and_its_machine_keeps_the_page_cache():
    async def write_and_clean_up(world: World) -> None:
        file = world.disk.open("/a", Mode.WRITE)
        world.disk.lock("/")
        file.append([b"before"])
        try:
            await asyncio.sleep(3600)
        finally:
            file.append([b" after"])

    async def kill(simulation: Simulation) -> None:
        host = simulation.host("broker-1")
        host.start(write_and_clean_up)
        await asyncio.sleep(1)
        host.kill()
        await host.ended()
        disk = host.enter()[2].disk
        assert disk.read("/a") == b"before"
        disk.lock("/").release()

    with simulate(1) as simulation:
        simulation.run(kill(simulation))
