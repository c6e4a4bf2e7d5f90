"""A whole broker under faults: whatever fails, it keeps every word that it gave to anyone."""

import pytest
from tests.simulation.broker import consumers
from tests.simulation.broker.checks import assert_readers_know_what_is_left, check_everything
from tests.simulation.broker.history import History
from tests.simulation.broker.scenario import CONSUMERS, WRITERS_AND_READERS, Scenario
from tests.simulation.simulate import Fault, simulate
from tests.simulation.world import faults

REQUESTS = 500
PACE = 2.0
WITHIN_S = 300.0
EVERYTHING = (
    faults.crash, faults.kill, faults.torn_write, faults.reordered_names, faults.slow_disk, faults.failed_sync,
    faults.full_disk, faults.cold_cache, faults.cut_network, faults.reset_connections, faults.slow_network,
    faults.jump_clock,
)  # fmt: skip


def live(seed: int, *disturbances: Fault, requests: int = REQUESTS) -> str:
    """Gives the digest of the trace."""
    with simulate(seed, faults=disturbances, pace=PACE) as simulation:
        scenario = Scenario(simulation, requests=requests)
        history = simulation.run(scenario.run(), within_s=WITHIN_S)
        check_everything(history)
        assert_readers_know_what_is_left(history, scenario.readers)
        return simulation.trace.digest


def test_a_broker_keeps_its_word_through_everything(seed: int) -> None:
    live(seed, *EVERYTHING)


@pytest.mark.parametrize("seed", range(5))
def test_the_same_seed_leaves_the_same_trace(seed: int) -> None:
    assert live(seed, *EVERYTHING, requests=500) == live(seed, *EVERYTHING, requests=500)


@pytest.mark.parametrize("seed", range(10))
def test_a_reader_of_a_tail_that_a_loss_of_power_took_finds_out(seed: int) -> None:
    """Without syncs this is all that is promised: by the new leader epoch everyone sees where to go back to."""
    with simulate(seed, faults=(faults.crash, faults.torn_write, faults.slow_disk), pace=PACE) as simulation:
        scenario = Scenario(
            simulation, requests=REQUESTS, clients=WRITERS_AND_READERS, settings={"log.flush.mode": "os"}
        )
        history = simulation.run(scenario.run(), within_s=WITHIN_S)
        assert_readers_know_what_is_left(history, scenario.readers)
        assert history.divergences


def consume(seed: int, *disturbances: Fault) -> History:
    with simulate(seed, faults=disturbances, pace=PACE) as simulation:
        scenario = Scenario(simulation, requests=REQUESTS, clients=CONSUMERS, settings=consumers.SETTINGS)
        history = simulation.run(scenario.run(), within_s=WITHIN_S)
        check_everything(history)
        return history


@pytest.mark.parametrize("seed", range(8))
def test_consumer_groups_keep_their_word_through_everything(seed: int) -> None:
    history = consume(seed, *EVERYTHING)
    assert len({each.member for each in history.holdings if each.places}) > 1
    assert any(each.group == consumers.GROUP for each in history.committed)
