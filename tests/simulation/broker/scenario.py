"""A broker and those who use it, under faults, to the end: what every whole-broker simulation runs.

Each client lives on a machine of its own. Once enough was asked, faults end and the clients finish what they do; then the
broker's machine loses power once more, and what the next start finds is read from the first offset to the last. After a
clean stop and another start all of it must be there again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from tests.simulation.broker import consumers
from tests.simulation.broker.administrator import NAMES, Administrator, OneAttempt
from tests.simulation.broker.alarm import unforeseen_errors_end
from tests.simulation.broker.consumers import ConsumerMember
from tests.simulation.broker.history import History, TopicPartition
from tests.simulation.broker.life import Part, Step, live, make_topic
from tests.simulation.broker.members import MEMBERSHIP, GroupMember, find_committed
from tests.simulation.broker.patience import OPTIONS
from tests.simulation.broker.producers import IdempotentProducer, PipeliningProducer, PlainProducer, RecordMaker
from tests.simulation.broker.readers import Reader
from tests.simulation.broker.server import ADDRESS, Server
from tests.simulation.broker.sharers import Sharer, found_group
from tests.simulation.broker.topics import Beliefs
from tests.simulation.simulate import Simulation
from tests.simulation.world.randomness import stream

from headwater.client.admin.topics import NewTopic
from headwater.client.cluster import Cluster
from headwater.kernel.world import World
from headwater.log.tiering.object_store import ObjectStore

TOPIC: Final = "orders"
PLACES: Final[tuple[TopicPartition, ...]] = tuple((TOPIC, index) for index in range(3))
SEGMENT_MS: Final = 3_000
"""So that segments roll, for a simulation writes too little to fill one."""
SHARERS: Final = ("idempotent-1", "pipelining-1", "sharer-1", "sharer-2", "sharer-3")
WRITERS_AND_READERS: Final = ("plain-1", "idempotent-1", "pipelining-1", "pipelining-2", "reader-1", "reader-2")
EVERYONE: Final = (*WRITERS_AND_READERS, "member-1", "member-2", "member-3", "administrator")


CONSUMERS: Final = ("consumer-1", "consumer-2", "consumer-3", "administrator")


class Scenario:
    """`clients` are named by what they do and a number."""

    def __init__(
        self,
        simulation: Simulation,
        *,
        requests: int,
        clients: Sequence[str] = EVERYONE,
        settings: Mapping[str, str] | None = None,
        configs: Mapping[str, str] | None = None,
        object_store: ObjectStore | None = None,
    ) -> None:
        """`configs` are those of the topic."""
        self.history = History()
        self.server = Server(simulation, self.history, settings or {}, object_store=object_store)
        self.readers: list[Reader] = []
        self.sharers: list[Sharer] = []
        self._beliefs = Beliefs()
        self._simulation = simulation
        self._requests = requests
        self._clients = clients
        self._configs = {"segment.ms": str(SEGMENT_MS), **(configs or {})}

    async def run(self) -> History:
        with unforeseen_errors_end(self._simulation):
            await self._live_and_look()
        self.server.check_failures()
        return self.history

    async def _live_and_look(self) -> None:
        self.server.start()
        async with Cluster((ADDRESS,), randomness=self._simulation.world.randomness, options=OPTIONS) as cluster:
            await make_topic(cluster, NewTopic(name=TOPIC, partitions=len(PLACES), configs=self._configs))
            if any(each.startswith("sharer") for each in self._clients):
                await found_group(cluster, PLACES)
            operator = asyncio.create_task(self.server.watch(stream(self._simulation.seed, "operator")))
            parts = self._parts()
            clients = {name: parts[name.partition("-")[0]] for name in self._clients}
            await live(self._simulation, self.history, clients, requests=self._requests)
            operator.cancel()
            await self.server.start_after_a_loss_of_power()
            await self._look_at_what_is_left(cluster)
            await self.server.start_after_a_clean_stop()
            await self._look_at_what_is_left(cluster)
            for sharer in self.sharers[:1]:
                await sharer.drain(cluster)
        async with OneAttempt((ADDRESS,), randomness=self._simulation.world.randomness, options=OPTIONS) as cluster:
            await self._look_at_topics(cluster)

    def _parts(self) -> dict[str, Part]:
        return {
            "plain": Part(make=self._plain),
            "idempotent": Part(make=self._idempotent),
            "pipelining": Part(make=self._pipelining),
            "reader": Part(make=self._reader),
            "member": Part(make=self._member),
            "consumer": Part(make=self._consumer),
            "sharer": Part(make=self._sharer),
            "administrator": Part(make=self._administrator, over=OneAttempt),
        }

    # Who does what.

    def _plain(self, name: str, cluster: Cluster, world: World, random: Random) -> Step:
        maker = RecordMaker(name, random, world.clock)
        return _to_any(PlainProducer(maker, cluster, self.history, random), random)

    def _idempotent(self, name: str, cluster: Cluster, world: World, random: Random) -> Step:
        maker = RecordMaker(name, random, world.clock)
        return _to_any(IdempotentProducer(maker, cluster, self.history), random)

    def _pipelining(self, name: str, cluster: Cluster, world: World, random: Random) -> Step:
        maker = RecordMaker(name, random, world.clock)
        return _to_any(PipeliningProducer(maker, cluster, self.history, random), random)

    def _reader(self, _: str, cluster: Cluster, __: World, random: Random) -> Step:
        reader = Reader(cluster, self.history, random, PLACES, by_id=random.random() < 0.5)
        self.readers.append(reader)
        return reader.step

    def _member(self, _: str, cluster: Cluster, __: World, random: Random) -> Step:
        return GroupMember(cluster, self.history, random, PLACES).step

    def _consumer(self, name: str, cluster: Cluster, _: World, random: Random) -> Step:
        return ConsumerMember(name, cluster, self.history, random, TOPIC).step

    def _sharer(self, name: str, cluster: Cluster, _: World, random: Random) -> Step:
        sharer = Sharer(cluster, self.history, random, PLACES, name)
        self.sharers.append(sharer)
        return sharer.step

    def _administrator(self, _: str, cluster: Cluster, __: World, random: Random) -> Step:
        return Administrator(cluster, self.history, random, self._beliefs).step

    # The end.

    async def _look_at_what_is_left(self, cluster: Cluster) -> None:
        newcomer = Reader(cluster, self.history, stream(self._simulation.seed, "newcomer"), PLACES)
        for reader in (newcomer, *self.readers):
            await reader.catch_up(cluster)
        assert self.history.left in ({}, newcomer.seen), "a clean stop and start changed what lies in the logs"
        self.history.left = newcomer.seen
        for group in (MEMBERSHIP.group, consumers.GROUP):
            await find_committed(cluster, group, PLACES, self.history)

    async def _look_at_topics(self, cluster: OneAttempt) -> None:
        administrator = Administrator(cluster, self.history, stream(self._simulation.seed, "last look"), self._beliefs)
        for name in NAMES:
            assert await administrator.observe(name), f"{name} can't be described, and nothing is broken any more"


def _to_any(producer: PlainProducer | IdempotentProducer | PipeliningProducer, random: Random) -> Step:
    return lambda: producer.send(random.choice(PLACES))
