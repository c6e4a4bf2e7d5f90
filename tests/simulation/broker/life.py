"""Clients, each on a machine of its own, that take one step after another until enough was asked of the broker."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.simulation.broker.history import History
from tests.simulation.broker.patience import OPTIONS
from tests.simulation.broker.server import ADDRESS
from tests.simulation.simulate import Simulation
from tests.simulation.world.randomness import stream

from headwater.client.admin.topics import NewTopic, create_topic
from headwater.client.cluster import Cluster
from headwater.client.errors import ClientError
from headwater.kernel.tasks import Group
from headwater.kernel.world import World

USUAL_PAUSE_S: Final = 0.1

Step = Callable[[], Awaitable[object]]
Make = Callable[[str, Cluster, World, Random], Step]


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What a client does, and over which kind of cluster."""

    make: Make
    over: type[Cluster] = Cluster


async def live(simulation: Simulation, history: History, clients: Mapping[str, Part], *, requests: int) -> None:
    """Clients by name; each draws from a stream of chance of its name. The first that finds something wrong ends it for
    all. When the first has had enough, faults end."""
    try:
        async with Group() as group:
            for name, part in clients.items():
                context, world = simulation.visitor(name)
                life = _live(simulation, history, name, part, world, requests)
                group.create_task(life, name=name, context=context)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def _live(simulation: Simulation, history: History, name: str, part: Part, world: World, requests: int) -> None:
    random = stream(simulation.seed, name)
    async with part.over((ADDRESS,), randomness=world.randomness, options=OPTIONS) as cluster:
        step = part.make(name, cluster, world, random)
        while history.requests < requests:
            await asyncio.sleep(USUAL_PAUSE_S * 3 ** random.uniform(-1, 1))
            await step()
    simulation.calm()


async def make_topic(cluster: Cluster, topic: NewTopic) -> None:
    """Again, until it is there: an answer may be lost, and then it is there already."""
    while topic.name not in (await cluster.metadata()).topics:
        try:
            await create_topic(cluster, topic)
        except ClientError:
            await asyncio.sleep(USUAL_PAUSE_S)
