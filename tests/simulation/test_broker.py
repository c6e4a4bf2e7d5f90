"""A whole broker under faults: whatever fails, it keeps every word that it gave to anyone."""

from collections.abc import Sequence

from tests.simulation.broker.checks import check_everything
from tests.simulation.broker.history import History
from tests.simulation.broker.scenario import Scenario
from tests.simulation.simulate import Fault, simulate
from tests.simulation.world import faults

REQUESTS = 1_000
PACE = 1.5
EVERY_FAULT: Sequence[Fault] = (
    faults.crash, faults.kill, faults.torn_write, faults.slow_disk, faults.failed_sync, faults.full_disk,
    faults.cold_cache, faults.cut_network, faults.reset_connections, faults.slow_network, faults.jump_clock,
)  # fmt: skip


def run(seed: int) -> tuple[History, str]:
    with simulate(seed, faults=EVERY_FAULT, pace=PACE) as simulation:
        history = simulation.run(Scenario(simulation, requests=REQUESTS).run())
        check_everything(history)
        return history, simulation.trace.digest


def test_a_broker_keeps_its_word_through_everything(seed: int) -> None:
    run(seed)
