"""Starts of a broker on what its last life left, one fault at a time."""

import asyncio

import pytest
from tests.simulation.broker.history import History
from tests.simulation.broker.patience import OPTIONS
from tests.simulation.broker.server import ADDRESS, DATA, Server
from tests.simulation.simulate import Simulation, simulate

from headwater.client.admin.topics import NewTopic, create_topic
from headwater.client.cluster import Cluster
from headwater.client.errors import ClientError
from headwater.kernel.errors import DiskFull
from headwater.log.errors import StorageFailed
from headwater.machine.errors import OutcomeUnknown

MARK = f"{DATA}/.kafka_cleanshutdown"
ROOM_FOR_A_LITTLE = 600
"""Enough to open the folder, too little to register."""


def test_a_start_that_fails_leaves_a_folder_unclean_that_it_found_unclean() -> None:
    """Or the next one would take it for clean: no new leader epochs, and the ends of logs from old checkpoints."""

    async def scenario(simulation: Simulation) -> None:
        server = Server(simulation, History(), {})
        storage = server.host.storage
        server.start()
        await server.ready.wait()
        server.host.kill()
        storage.bytes_max = storage.used + ROOM_FOR_A_LITTLE
        server.start()
        await server.host.ended()
        assert isinstance(server.host.failures[-1], DiskFull | OutcomeUnknown)
        assert storage.find(MARK) is None

    with simulate(1) as simulation:
        simulation.run(scenario(simulation))


def test_a_failed_sync_ends_the_process() -> None:
    async def scenario(simulation: Simulation) -> None:
        server = Server(simulation, History(), {})
        server.start()
        await server.ready.wait()
        server.host.habits.failing_syncs = 1.0
        async with Cluster((ADDRESS,), randomness=simulation.world.randomness, options=OPTIONS) as cluster:
            with pytest.raises(ClientError):
                await create_topic(cluster, NewTopic(name="orders"))
        async with asyncio.timeout(5):
            await server.host.ended()
        assert isinstance(server.host.failures[-1], StorageFailed)

    with simulate(1) as simulation:
        simulation.run(scenario(simulation))
