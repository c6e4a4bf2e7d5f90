"""Machines of two brokers over one log in memory whose commits are slow, lost or unanswered, and which is rewritten meanwhile."""

from random import Random

import pytest
from tests.contracts.log_store import SetClock, open_log
from tests.contracts.test_journal import JsonCodec
from tests.machine.clients import verify
from tests.machine.toy import run
from tests.simulation.world.randomness import SimulatedRandomness

from headwater.log.journals.coordinator import CoordinatorJournal
from headwater.log.memory.faults import Odds, SeededFaults
from headwater.log.memory.logs import MemoryLogs
from headwater.log.memory.storage import MemoryStorage


@pytest.mark.parametrize("seed", range(20))
def test_nothing_acknowledged_is_lost_or_doubled_whatever_fails(seed):
    async def main() -> None:
        random, storage = Random(seed), MemoryStorage()
        journals = []
        for _ in range(random.choice((1, 2, 3))):
            odds = Odds(lost_percent=random.choice((0, 5, 20)), unanswered_percent=random.choice((0, 5, 20)))
            faults = SeededFaults(SimulatedRandomness(random), odds)
            log = await open_log(MemoryLogs(storage, clock=SetClock(), faults=faults), segment_bytes=1_000)
            journals.append(CoordinatorJournal(log, JsonCodec()))
        await verify(journals, random)

    run(main, seed=seed)
