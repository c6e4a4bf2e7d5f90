"""What holds the event loop of a broker that is asked by a thousand members of a group.

What counts is the processor time of each callback of the loop, so a busy machine makes no test fail.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

from tests.broker.rig import Rig, rig

from headwater.broker.features import Features, FinalizedFeature
from headwater.broker.handlers import find_coordinator
from headwater.control.cluster.features import GROUP_VERSION, SHARE_VERSION, STREAMS_VERSION
from headwater.control.cluster.requests import CreateTopic, FeatureChange, UpdateFeatures
from headwater.kernel.real.callbacks import Held, measured_callbacks
from headwater.wire.messages.find_coordinator_request import FindCoordinatorRequest
from headwater.wire.types import TopicName, Uuid

LEVELS = {GROUP_VERSION: 1, SHARE_VERSION: 2, STREAMS_VERSION: 1}


def measured(
    work: Callable[[Rig], Awaitable[None]],
    *,
    topics: Mapping[str, int],
    settings: Mapping[str, str],
    warm_up: Callable[[Rig], Awaitable[None]],
) -> list[Held]:
    """What held the loop of all that the broker did, for topics of so many partitions. Codecs are compiled when they are first
    used, so `warm_up` uses them."""

    async def within() -> list[Held]:
        async with rig(settings=settings) as broker:
            await prepare(broker, topics)
            await warm_up(broker)
            with measured_callbacks() as held:
                await work(broker)
                return [*held]  # the broker's end is not measured

    with rare_collections():
        return asyncio.run(within())


async def prepare(broker: Rig, topics: Mapping[str, int]) -> None:
    changes = tuple(FeatureChange(name=name, level=level, downgrade=False) for name, level in LEVELS.items())
    await broker.decide(UpdateFeatures(changes=changes, validate_only=False))
    finalized = tuple(FinalizedFeature(name=name, level=level) for name, level in LEVELS.items())
    broker.replace(features=lambda: Features(finalized=finalized))
    await broker.ask(find_coordinator, FindCoordinatorRequest(key="g"), 0)
    await broker.services.coordinators.settled()
    for number, (name, partitions) in enumerate(topics.items(), 1):
        topic_id = Uuid(bytes([number]) * 16)
        new = CreateTopic(
            name=TopicName(name), topic_id=topic_id, partitions=partitions, replication_factor=1, settings={}
        )
        await broker.decide(new)
        await broker.services.partitions.settled()


@contextmanager
def rare_collections() -> Iterator[None]:
    """As in a broker's process. What the test's own process holds is not looked at."""
    gc.collect()
    gc.freeze()
    usual = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
