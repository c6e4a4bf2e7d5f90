"""The small real ports: clock, randomness and workers."""

import asyncio
import threading
import time
import uuid

import pytest

from headwater.kernel.errors import TooBusy
from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.real.workers import WorkerThreads
from headwater.kernel.real.world import real_world


def test_the_clock_is_the_operating_systems():
    before = time.time_ns() // 1_000_000
    assert before <= real_world().clock.now() <= time.time_ns() // 1_000_000


def test_an_id_is_a_version_4_uuid_that_kafka_would_print(monkeypatch: pytest.MonkeyPatch):
    dashed, plain = (uuid.UUID(bytes=bytes([first]) + bytes(15), version=4) for first in (0xFB, 0x11))
    drawn = iter([dashed, plain])
    monkeypatch.setattr(uuid, "uuid4", lambda: next(drawn))
    assert SystemRandomness().uuid() == plain.bytes


def test_numbers_and_bytes_are_of_the_size_asked_for():
    randomness = SystemRandomness()
    assert {randomness.below(3) for _ in range(200)} == {0, 1, 2}
    assert len(randomness.bytes(17)) == 17


def test_a_job_runs_away_from_the_loop_and_its_failure_comes_back():
    async def run() -> None:
        workers = WorkerThreads()
        assert await workers.run(threading.get_ident) != threading.get_ident()
        with pytest.raises(ZeroDivisionError):
            await workers.run(lambda: 1 // 0)

    asyncio.run(run())


def test_a_full_queue_refuses_at_once_and_takes_jobs_again_when_one_ended():
    async def run() -> None:
        workers, gate = WorkerThreads(threads=1, jobs_max=2), threading.Event()
        first, second = workers.run(gate.wait), workers.run(lambda: "second")
        with pytest.raises(TooBusy):
            workers.run(gate.wait)
        gate.set()
        assert await first
        assert await second == "second"
        assert await workers.run(lambda: "third") == "third"

    asyncio.run(run())
