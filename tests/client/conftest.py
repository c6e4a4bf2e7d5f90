"""A broker in the test's own event loop, and a cluster that knows its address."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop

from headwater.assembly.broker import Broker
from headwater.assembly.options import BrokerOptions
from headwater.client.address import Address
from headwater.client.cluster import Cluster
from headwater.client.options import ClientOptions
from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.real.world import real_world
from headwater.kernel.tasks import Group

DEADLINE_S = 30.0
OPTIONS = ClientOptions(client_id="tests", deadline_ms=10_000, backoff_first_ms=1, backoff_most_ms=20)
SETTINGS = {
    "listeners": "PLAINTEXT://127.0.0.1:0",
    "group.initial.rebalance.delay.ms": "0",
    "group.streams.initial.rebalance.delay.ms": "0",
}

Test = Callable[[Cluster], Awaitable[Any]]


@pytest.fixture
def against_a_broker(tmp_path: Path) -> Callable[[Test], Any]:
    """Runs a coroutine function with a cluster of one broker that lives as long as it."""

    async def within(test: Test) -> Any:
        async with asyncio.timeout(DEADLINE_S), Group() as tasks:
            options = BrokerOptions(data=str(tmp_path), settings=SETTINGS, admin_port=0)
            broker = Broker(options, real_world())
            await broker.start(tasks)
            try:
                (listener,) = broker.network.listeners
                bootstrap = (Address("127.0.0.1", listener.port),)
                async with Cluster(bootstrap, randomness=SystemRandomness(), options=OPTIONS) as cluster:
                    return await test(cluster)
            finally:
                await broker.stop()

    def run(test: Test) -> Any:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(within(test))

    return run
