"""The simulated loop: time that leaps, waits that would hang, and an order that is the same in every run."""

import asyncio
import itertools
import time

import pytest
from tests.simulation.simulate import simulate
from tests.simulation.world.loop import Deadlock, Spinning, TooLong


def test_an_hour_passes_at_once():
    async def wait() -> float:
        await asyncio.sleep(3000)
        return asyncio.get_running_loop().time()

    began = time.monotonic()
    with simulate(1) as simulation:
        assert simulation.run(wait()) == pytest.approx(3000)
    assert time.monotonic() - began < 60


def test_waiting_for_what_nobody_will_do_is_a_deadlock_that_names_who_waits():
    async def wait_for_nobody() -> None:
        await asyncio.get_running_loop().create_future()

    with simulate(1) as simulation, pytest.raises(Deadlock, match="wait_for_nobody"):
        simulation.run(wait_for_nobody())


def test_what_takes_too_long_fails_and_names_who_waits():
    async def tick_for_ever() -> None:
        for second in itertools.count():
            await asyncio.sleep(1, second)

    with simulate(1) as simulation, pytest.raises(TooLong, match="tick_for_ever"):
        simulation.run(tick_for_ever(), within_s=10)


def test_a_program_that_spins_without_waiting_fails():
    async def spin() -> None:
        for _ in itertools.count():
            await asyncio.sleep(0)

    with simulate(1) as simulation, pytest.raises(Spinning, match="spin"):
        simulation.run(spin())


def test_the_tasks_of_a_group_are_cancelled_in_the_order_of_their_making():
    cancelled: list[int] = []

    async def member(number: int) -> None:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    async def fail() -> None:
        await asyncio.sleep(1)
        raise RuntimeError

    async def group() -> None:
        async with asyncio.TaskGroup() as tasks:
            for number in range(50):
                tasks.create_task(member(number))
            tasks.create_task(fail())

    for _ in range(2):
        with simulate(1) as simulation, pytest.raises(ExceptionGroup):
            simulation.run(group())
    assert cancelled[:50] == cancelled[50:]


def test_a_failure_tells_its_seed_and_the_last_events():
    async def fail() -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError) as raised, simulate(77) as simulation:
        simulation.host("broker-1")
        for number in range(30):
            simulation.trace.note(f"event {number}")
        simulation.run(fail())
    (story,) = raised.value.__notes__
    assert "make sim SEED=77" in story
    assert "event 29" in story
    assert "event 5\n" not in story


def test_an_error_that_nobody_handled_fails_the_run():
    async def leave_a_broken_callback() -> None:
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)
        await asyncio.sleep(1)

    with simulate(1) as simulation, pytest.raises(ZeroDivisionError):
        simulation.run(leave_a_broken_callback())
