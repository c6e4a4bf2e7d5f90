"""Journals over a topic of a real broker, which lives in the test's own loop for as long as that runs."""

import asyncio
from pathlib import Path

from headwater.assembly.broker import Broker
from headwater.assembly.options import BrokerOptions
from headwater.client.address import Address
from headwater.client.admin.topics import NewTopic, create_topic
from headwater.client.cluster import Cluster
from headwater.client.journal import TopicJournal
from headwater.client.options import ClientOptions
from headwater.client.topic_reader import TopicCodec
from headwater.kernel.real.clock import SystemClock
from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.real.world import real_world
from headwater.kernel.tasks import Group, stop

TOPIC = "_states"
BARRIER = b"?"
OPTIONS = ClientOptions(client_id="tests", deadline_ms=10_000, backoff_first_ms=1, backoff_most_ms=20)
SETTINGS = {"listeners": "PLAINTEXT://127.0.0.1:0", "transaction.state.log.num.partitions": "1"}


class OverTopic:
    def __init__(self, folder: Path, codec: TopicCodec) -> None:
        self._folder = folder
        self._codec = codec
        self._serving: asyncio.Task[None] | None = None
        self._cluster: asyncio.Future[Cluster] | None = None

    async def open(self) -> TopicJournal:
        cluster = await self.cluster()
        return TopicJournal(
            cluster, TOPIC, self._codec, transactional_id=f"{TOPIC}-writer", barrier=BARRIER, clock=SystemClock()
        )

    async def cluster(self) -> Cluster:
        if self._cluster is None:
            self._cluster = asyncio.get_running_loop().create_future()
            self._serving = asyncio.create_task(self._serve(self._cluster))
        return await self._cluster

    async def close_on_loop(self) -> None:
        if self._serving is not None:
            await stop((self._serving,), deadline_s=10.0)

    async def _serve(self, ready: asyncio.Future[Cluster]) -> None:
        async with Group() as tasks:
            broker = Broker(BrokerOptions(data=str(self._folder), settings=SETTINGS, admin_port=0), real_world())
            await broker.start(tasks)
            try:
                (listener,) = broker.network.listeners
                bootstrap = (Address("127.0.0.1", listener.port),)
                async with Cluster(bootstrap, randomness=SystemRandomness(), options=OPTIONS) as cluster:
                    await create_topic(
                        cluster, NewTopic(name=TOPIC, partitions=1, configs={"cleanup.policy": "compact"})
                    )
                    ready.set_result(cluster)
                    await asyncio.get_running_loop().create_future()
            finally:
                await broker.stop()
