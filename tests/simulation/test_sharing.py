"""Share groups on a whole broker under faults: what was accepted is done with, and nothing is passed over."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from tests.simulation.broker.checks import (
    assert_accepted_records_are_done_with,
    assert_every_record_was_lent,
    check_everything,
)
from tests.simulation.broker.scenario import SHARERS, Scenario
from tests.simulation.broker.sharers import SETTINGS
from tests.simulation.simulate import simulate
from tests.simulation.test_broker import EVERYTHING, PACE, WITHIN_S

from headwater.broker.share.leader import ShareLeader
from headwater.control.share import machine
from headwater.control.share.partition import Change
from headwater.control.share.records import RecordState
from headwater.control.share.runs import Run

REQUESTS = 400


def share(seed: int) -> None:
    with simulate(seed, faults=EVERYTHING, pace=PACE) as simulation:
        scenario = Scenario(simulation, requests=REQUESTS, clients=SHARERS, settings=SETTINGS)
        history = simulation.run(scenario.run(), within_s=WITHIN_S)
        check_everything(history)
        assert_accepted_records_are_done_with(history)
        assert_every_record_was_lent(history)
        assert history.accepted


@pytest.mark.one_seed_in(10)
def test_accepted_records_are_done_with_and_none_is_passed_over(seed: int) -> None:
    share(seed)


def says_so_before_it_is_remembered(patch: pytest.MonkeyPatch) -> None:
    write = ShareLeader._write

    def pretend(leader: ShareLeader, partition: Any, change: Change) -> asyncio.Future[Any]:
        write(leader, partition, change).add_done_callback(lambda future: future.cancelled() or future.exception())
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        done.set_result([None])
        return done

    patch.setattr(ShareLeader, "_write", pretend)


def remembers_only_the_first_of_many(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(machine, "updated", lambda state, value: replace(state, start_offset=value.start_offset))


def passes_over_what_is_lent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Run, "is_settled", property(lambda run: run.state is not RecordState.AVAILABLE))


@pytest.mark.parametrize(
    "plant", [says_so_before_it_is_remembered, remembers_only_the_first_of_many, passes_over_what_is_lent]
)
def test_a_defect_is_found(monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None]) -> None:
    """Seeds are tried in order until one shows it."""
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=r"but then|nobody was lent"):
        for seed in range(30):
            share(seed)
