"""Transactions under faults: whatever fails, what was read, transformed and written counts once, and as a whole."""

from collections.abc import Sequence

import pytest
from tests.simulation.simulate import Fault, simulate
from tests.simulation.test_broker import EVERYTHING
from tests.simulation.transactions.scenario import EVERYONE, TransactionScenario

REQUESTS = 400
PACE = 1.5
WITHIN_S = 600.0


def transact(seed: int, *disturbances: Fault, clients: Sequence[str] = EVERYONE, is_classic: bool | None = None) -> str:
    """Gives the digest of the trace."""
    with simulate(seed, faults=disturbances, pace=PACE) as simulation:
        scenario = TransactionScenario(simulation, requests=REQUESTS, clients=clients, is_classic=is_classic)
        simulation.run(scenario.run(), within_s=WITHIN_S)
        return simulation.trace.digest


@pytest.mark.one_seed_in(4)
def test_what_is_read_transformed_and_written_counts_once_whatever_fails(seed: int) -> None:
    transact(seed, *EVERYTHING)


@pytest.mark.parametrize("seed", range(2))
def test_the_same_seed_leaves_the_same_trace(seed: int) -> None:
    assert transact(seed, *EVERYTHING) == transact(seed, *EVERYTHING)
