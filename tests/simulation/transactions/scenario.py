"""A broker and those who use its transactions, under faults, to the end.

Once enough was asked faults end, the broker's machine loses power once more, and pipes that do nothing wrong pass on what is
left. Nothing hinders them now: whatever was left open is aborted by its successor or its timeout. So in the end every
record of the input must have come through, once.
"""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Final

from tests.simulation.broker.alarm import unforeseen_errors_end
from tests.simulation.broker.history import TopicPartition
from tests.simulation.broker.life import Part, Step, live, make_topic
from tests.simulation.broker.members import find_committed
from tests.simulation.broker.patience import OPTIONS
from tests.simulation.broker.producers import IdempotentProducer, RecordMaker
from tests.simulation.broker.server import ADDRESS, Server
from tests.simulation.simulate import Simulation
from tests.simulation.transactions.checks import check_transactions, places
from tests.simulation.transactions.keyed import (
    TABLE,
    Table,
    TableReader,
    TableWriter,
    assert_last_values_survive,
    view,
)
from tests.simulation.transactions.ledger import BY_MEMBERSHIP, BY_NAME, FLOWS, SOURCES, STATE, Flow, Ledger
from tests.simulation.transactions.ownerships import (
    SESSION_MS,
    Ownership,
    OwnsByAssignment,
    OwnsByMembership,
    OwnsByName,
)
from tests.simulation.transactions.pipes import Pipe
from tests.simulation.transactions.readers import CommittedReader, read_all, stable
from tests.simulation.world.randomness import stream

from headwater.client.admin.topics import NewTopic
from headwater.client.cluster import Cluster
from headwater.kernel.world import World

MEMBERS: Final = ("feeder-1", "member-1", "member-2", "reader-1")
EVERYONE: Final = (*MEMBERS, "named-1", "named-2", "named-3", "reader-2", "writer-1", "looker-1")
SETTINGS: Final = {
    "transaction.state.log.num.partitions": "2",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
    "group.consumer.min.session.timeout.ms": str(SESSION_MS),
    "group.consumer.session.timeout.ms": str(SESSION_MS),
    "group.consumer.min.heartbeat.interval.ms": "100",
    "group.consumer.heartbeat.interval.ms": "100",
    "group.consumer.assignment.interval.ms": "100",
    "transactional.id.expiration.ms": "10000",
    "transaction.remove.expired.transaction.cleanup.interval.ms": "1000",
    "log.roll.ms": "3000",
    "log.cleaner.backoff.ms": "500",
    "log.cleaner.min.cleanable.ratio": "0.01",
    "log.cleaner.delete.retention.ms": "2000",
    "log.segment.delete.delay.ms": "500",
}
"""So that transactions and members time out, ids expire, logs roll, and all that is compacted, is so all the time: also the
coordinators' own logs."""
DRAINED_WITHIN_S: Final = 120.0
REST_S: Final = 6.0


class TransactionScenario:
    """`clients` are named by what they do and a number. Whether the group of the members is classic, chance says."""

    def __init__(
        self,
        simulation: Simulation,
        *,
        requests: int,
        clients: Sequence[str] = EVERYONE,
        is_classic: bool | None = None,
    ) -> None:
        self.ledger = Ledger()
        self.table = Table()
        self.readers: list[CommittedReader] = []
        self.server = Server(simulation, self.ledger.history, SETTINGS)
        self._simulation = simulation
        self._requests = requests
        self._clients = clients
        by_chance = stream(simulation.seed, "protocol").random() < 0.5
        self._is_classic = by_chance if is_classic is None else is_classic

    async def run(self) -> None:
        with unforeseen_errors_end(self._simulation):
            await self._live_and_look()
        self.server.check_failures()

    async def _live_and_look(self) -> None:
        simulation = self._simulation
        self.server.start()
        async with Cluster((ADDRESS,), randomness=simulation.world.randomness, options=OPTIONS) as cluster:
            await self._make_topics(cluster)
            operator = asyncio.create_task(self.server.watch(stream(simulation.seed, "operator")))
            parts = self._parts()
            clients = {name: parts[name.partition("-")[0]] for name in self._clients}
            await live(simulation, self.ledger.history, clients, requests=self._requests)
            operator.cancel()
            await self.server.start_after_a_loss_of_power()
            await self._drain(cluster)
            await self._look(cluster)

    async def _make_topics(self, cluster: Cluster) -> None:
        for name in dict.fromkeys(topic for topic, _ in (*SOURCES, *places())):
            await make_topic(cluster, NewTopic(name=name, partitions=2))
        for name, _ in (STATE, TABLE):
            await make_topic(cluster, NewTopic(name=name, configs={"cleanup.policy": "compact"}))

    def _parts(self) -> dict[str, Part]:
        return {
            "feeder": Part(make=self._feeder),
            "named": Part(make=self._named),
            "member": Part(make=self._member),
            "reader": Part(make=self._reader),
            "writer": Part(make=self._writer),
            "looker": Part(make=self._looker),
        }

    # Who does what.

    def _feeder(self, name: str, cluster: Cluster, world: World, random: Random) -> Step:
        producer = IdempotentProducer(RecordMaker(name, random, world.clock), cluster, self.ledger.history)
        return lambda: producer.send(random.choice(SOURCES))

    def _named(self, name: str, cluster: Cluster, world: World, random: Random) -> Step:
        number = int(name.partition("-")[2])
        owner = OwnsByName(SOURCES[number % len(SOURCES)], random, rest_s=REST_S)
        return Pipe(name, cluster, self.ledger, random, world.clock, flow=BY_NAME, owner=owner).step

    def _member(self, name: str, cluster: Cluster, world: World, random: Random) -> Step:
        owner = self._membership(name, cluster, random)
        return Pipe(name, cluster, self.ledger, random, world.clock, flow=BY_MEMBERSHIP, owner=owner).step

    def _membership(self, name: str, cluster: Cluster, random: Random) -> Ownership:
        if self._is_classic:
            return OwnsByMembership(name, cluster, BY_MEMBERSHIP, SOURCES)
        return OwnsByAssignment(name, cluster, BY_MEMBERSHIP, SOURCES, random)

    def _reader(self, _: str, cluster: Cluster, __: World, random: Random) -> Step:
        reader = CommittedReader(cluster, self.ledger.history, random, places())
        self.readers.append(reader)
        return reader.step

    def _writer(self, _: str, cluster: Cluster, world: World, random: Random) -> Step:
        return TableWriter(cluster, self.ledger.history, random, self.table, world.clock).step

    def _looker(self, _: str, cluster: Cluster, __: World, random: Random) -> Step:
        return TableReader(cluster, self.ledger.history, random, self.table).step

    # The end.

    async def _drain(self, cluster: Cluster) -> None:
        random, history = stream(self._simulation.seed, "last"), self.ledger.history
        for source in SOURCES:
            self.ledger.inputs[source] = await read_all(cluster, history, random, source)
        ends = {source: left[-1].offset + 1 if left else 0 for source, left in self.ledger.inputs.items()}
        for pipe, sources in self._last_pipes(cluster, random):
            goal = {source: ends[source] for source in sources}
            try:
                async with asyncio.timeout(DRAINED_WITHIN_S):
                    while pipe.positions != goal:
                        await pipe.step()
            except TimeoutError:
                raise AssertionError(f"nothing hinders it, but a pipe stands still at {pipe.positions}") from None

    def _last_pipes(self, cluster: Cluster, random: Random) -> list[tuple[Pipe, Sequence[TopicPartition]]]:
        """That do nothing wrong."""

        def pipe(flow: Flow, owner: Ownership) -> Pipe:
            clock = self._simulation.world.clock
            return Pipe("last", cluster, self.ledger, random, clock, flow=flow, owner=owner, mischief=0)

        named = [(pipe(BY_NAME, OwnsByName(source, random, rest_s=0)), (source,)) for source in SOURCES]
        member = pipe(BY_MEMBERSHIP, self._membership("last", cluster, random))
        return [*named, (member, SOURCES)]

    async def _look(self, cluster: Cluster) -> None:
        ledger, random = self.ledger, stream(self._simulation.seed, "newcomer")
        newcomer = CommittedReader(cluster, ledger.history, random, places())
        await newcomer.catch_up()
        ledger.left = newcomer.seen
        await stable(cluster, STATE)
        ledger.state = {each.key: each for each in await read_all(cluster, ledger.history, random, STATE)}
        for flow in FLOWS:
            ledger.committed[flow] = await find_committed(cluster, flow.group, SOURCES, ledger.history)
        check_transactions(ledger, self.readers)
        assert_last_values_survive(self.table, await view(cluster, ledger.history, random))
