"""A broker whose older records lie in an object store, under faults of both: it keeps every word, and leaves nothing over there."""

import asyncio
from random import Random
from typing import Final

import pytest
from tests.simulation.broker.checks import assert_readers_know_what_is_left, check_everything
from tests.simulation.broker.scenario import WRITERS_AND_READERS, Scenario
from tests.simulation.simulate import Fault, Simulation, simulate
from tests.simulation.test_broker import EVERYTHING, PACE, REQUESTS, WITHIN_S
from tests.simulation.world.object_store import SimulatedObjectStore
from tests.simulation.world.randomness import stream

from headwater.control.tiering.machine import RemotePartition
from headwater.control.tiering.states import SegmentState
from headwater.log.tiering.local_log import Part
from headwater.log.tiering.names import all_names, manifest_name, part_name

SETTINGS: Final = {
    "remote.log.storage.system.enable": "true",
    "remote.log.manager.task.interval.ms": "200",
    "remote.log.manager.task.retry.backoff.max.ms": "2000",
    "remote.fetch.cache.bytes": "100000",
    "rlmm.config.remote.log.metadata.topic.num.partitions": "2",
}
TIERED: Final = {"remote.storage.enable": "true", "local.retention.ms": "1", "segment.ms": "1500"}
FINISHED_WITHIN_S: Final = 60
UNFINISHED: Final = tuple(state for state in SegmentState if state is not SegmentState.COPY_SEGMENT_FINISHED)


def trouble(store: SimulatedObjectStore) -> Fault:
    """The store fails, is slow, or is gone, and comes back."""

    async def disturb(simulation: Simulation, random: Random) -> None:
        try:
            while True:
                await asyncio.sleep(simulation.pace * random.uniform(0.3, 2.0))
                store.failing, store.is_slow = random.choice([(0.1, False), (0.0, True), (1.0, False), (0.3, True)])
                await asyncio.sleep(simulation.pace * random.uniform(0.3, 2.0))
                store.failing, store.is_slow = 0.0, False
        finally:
            store.failing, store.is_slow = 0.0, False

    return disturb


class TieredScenario(Scenario):
    """At the end it waits until everything that was begun in the store is finished."""

    async def _live_and_look(self) -> None:
        await super()._live_and_look()
        for _ in range(FINISHED_WITHIN_S):
            if not any(each.in_state(*UNFINISHED) for each in self.listed()):
                return
            await asyncio.sleep(1)
        raise AssertionError("what was begun in the store is never finished")

    def listed(self) -> list[RemotePartition]:
        tiering = self.server.broker._tiering
        assert tiering is not None
        assert tiering._metadata is not None
        return tiering._metadata.all()


def live(seed: int, *disturbances: Fault, requests: int = REQUESTS) -> tuple[str, int]:
    """Gives the digest of the trace, and how many segments lay in the store at the end."""
    store = SimulatedObjectStore(stream(seed, "object store"))
    with simulate(seed, faults=(*disturbances, trouble(store)), pace=PACE) as simulation:
        scenario = TieredScenario(
            simulation,
            requests=requests,
            clients=WRITERS_AND_READERS,
            settings=SETTINGS,
            configs=TIERED,
            object_store=store,
        )
        history = simulation.run(scenario.run(), within_s=WITHIN_S)
        check_everything(history)
        assert_readers_know_what_is_left(history, scenario.readers)
        segments = [each for held in scenario.listed() for each in held.in_state(*SegmentState)]
        known = {name for each in segments for name in all_names(each)}
        assert not [name for name in store.objects if name not in known], "objects of no segment"
        needed = [name for each in segments for name in (part_name(each, Part.LOG), manifest_name(each))]
        assert not [name for name in needed if name not in store.objects], "segments without objects"
        return simulation.trace.digest, len(segments)


@pytest.mark.one_seed_in(8)
def test_a_broker_keeps_its_word_wherever_records_lie(seed: int) -> None:
    live(seed, *EVERYTHING)


def test_records_really_lie_there() -> None:
    assert live(1)[1] > 3


@pytest.mark.parametrize("seed", range(2))
def test_the_same_seed_leaves_the_same_trace(seed: int) -> None:
    assert live(seed, *EVERYTHING, requests=300) == live(seed, *EVERYTHING, requests=300)
