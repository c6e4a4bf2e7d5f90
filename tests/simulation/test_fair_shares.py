"""A client that wants ten times its share beside one that wants little, on a broker whose disk is the bottleneck.

The disk can write ten shares. Without quotas the greedy one takes them all, and the other waits in its line. Time is simulated, so
the numbers are those of a seed and not of this machine.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

import pytest
from tests.simulation.broker.server import ADDRESS, DATA, HOST, SETTINGS
from tests.simulation.simulate import Simulation, simulate

from headwater.assembly.broker import Broker
from headwater.assembly.options import BrokerOptions
from headwater.client.admin.quotas import alter_quotas
from headwater.client.admin.topics import NewTopic, create_topic
from headwater.client.cluster import Cluster
from headwater.client.options import ClientOptions
from headwater.client.producer import Producer
from headwater.kernel.tasks import Group
from headwater.kernel.units import KiB
from headwater.kernel.world import World
from headwater.wire.batch.builder import NewRecord, build_batch

SHARE: Final = 200 * KiB
"""Bytes a second."""
DISK: Final = 10 * SHARE
LINES: Final = 4
"""Partitions that the greedy one writes at the same time, each over a connection of its own."""
GREEDY_BYTES: Final = 8 * KiB
MODEST_BYTES: Final = KiB
MODEST_PAUSE_S: Final = 0.05
REQUESTS: Final = 300
TOPIC: Final = "orders"


async def serve(world: World) -> None:
    world.disk.make_folder(DATA)
    await world.disk.sync_folder("/")
    settings = {**SETTINGS, "quota.window.num": "2"}
    async with Group() as group:
        options = BrokerOptions(data=DATA, settings=settings, hostname=HOST, admin_host=HOST)
        await Broker(options, world).start(group)
        await asyncio.get_running_loop().create_future()


def client(world: World, name: str) -> Cluster:
    return Cluster((ADDRESS,), randomness=world.randomness, options=ClientOptions(client_id=name))


async def modest(world: World) -> list[float]:
    """A little, at its pace; gives how long each request took."""
    loop, took = asyncio.get_running_loop(), []
    batch = build_batch([NewRecord(value=bytes(MODEST_BYTES))])
    async with client(world, "modest") as cluster:
        producer = Producer(cluster)
        await producer.send_raw(TOPIC, LINES, batch)
        for _ in range(REQUESTS):
            await asyncio.sleep(MODEST_PAUSE_S)
            began = loop.time()
            await producer.send_raw(TOPIC, LINES, batch)
            took.append(loop.time() - began)
    return took


async def greedy(world: World, line: int) -> None:
    """As much as ten shares, as long as it is let."""
    loop, batch = asyncio.get_running_loop(), build_batch([NewRecord(value=bytes(GREEDY_BYTES))])
    async with client(world, "greedy") as cluster:
        producer = Producer(cluster)
        while True:
            due = loop.time() + LINES * GREEDY_BYTES / (10 * SHARE)
            await producer.send_raw(TOPIC, line, batch)
            await asyncio.sleep(max(due - loop.time(), 0))


async def beside(simulation: Simulation, others: list[Coroutine[Any, Any, None]], *, quota: bool) -> float:
    """The modest one's 99th percentile, in seconds."""
    async with client(simulation.world, "admin") as cluster:
        await create_topic(cluster, NewTopic(name=TOPIC, partitions=LINES + 1))
        if quota:
            await alter_quotas(cluster, {"client-id": None}, {"producer_byte_rate": float(SHARE)})
    tasks = [asyncio.create_task(each) for each in others]
    try:
        took = await modest(simulation.world)
    finally:
        for each in tasks:
            each.cancel()
    return sorted(took)[len(took) * 99 // 100]


def p99(seed: int, *, is_crowded: bool, quota: bool = True) -> float:
    with simulate(seed) as simulation:
        host = simulation.host(HOST)
        host.habits.sync_s, host.habits.bytes_per_s = (0.002, 0.01), DISK
        host.start(serve)
        others = [greedy(simulation.world, line) for line in range(LINES)] if is_crowded else []
        return simulation.run(beside(simulation, others, quota=quota))


@pytest.mark.parametrize("seed", range(2))
def test_who_takes_little_hardly_feels_who_wants_ten_times_its_share(seed: int):
    alone = p99(seed, is_crowded=False)
    assert p99(seed, is_crowded=True) < 2 * alone
    assert p99(seed, is_crowded=True, quota=False) > 2 * alone
