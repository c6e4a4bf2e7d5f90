"""Several processes share a machine in a topic, as registries do: one writes, and any of them, the broker and the network may fail.

Every item that was acknowledged has the place in the list that its writer said, in whatever order writers came and went: none is
lost, and no place is given twice. Who is cut off for longer than its session, and comes back, is the writer that was
stopped and woken.
"""

import asyncio
import json
from dataclasses import dataclass, field
from random import Random

import pytest
from tests.machine.toy import Add, Register
from tests.simulation.simulate import Simulation, simulate
from tests.simulation.world.faults import crash, kill, reset_connections, slow_disk
from tests.simulation.world.host import Program

from headwater.assembly.broker import Broker
from headwater.assembly.options import BrokerOptions
from headwater.client.address import Address
from headwater.client.admin.topics import NewTopic, create_topic
from headwater.client.cluster import Cluster
from headwater.client.errors import ClientError, Refused
from headwater.client.journal import TopicJournal
from headwater.client.options import ClientOptions
from headwater.client.replica import Patience, Replica
from headwater.kernel.tasks import Backoff, Group, Ward
from headwater.kernel.units import Timestamp
from headwater.kernel.world import World
from headwater.machine.decision import Record
from headwater.machine.errors import MachineError
from headwater.registry.election.elector import Candidacy, Elector
from headwater.registry.election.protocol import Identity
from headwater.registry.node import Node
from headwater.wire.error_codes import ErrorCode

PORT = 9092
DATA = "/data"
TOPIC = "_states"
NODES = ("node-1", "node-2", "node-3")
ACKNOWLEDGED = 150
WITHIN_S = 1_800.0
OPTIONS = ClientOptions(connect_timeout_ms=1_000, request_timeout_ms=2_000, deadline_ms=30_000, backoff_most_ms=100)
SETTINGS = {
    "listeners": f"PLAINTEXT://broker:{PORT}",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
}
BACKOFF = Backoff(first_ms=100, most_ms=1_000)


class Codec:
    def encode(self, record: Record) -> tuple[bytes | None, bytes | None]:
        return json.dumps(record[1]).encode(), record[0].encode()

    def decode(self, key: bytes | None, value: bytes | None, timestamp: Timestamp) -> Record | None:
        return None if value is None else (value.decode(), json.loads(key or b""))


@dataclass
class History:
    acknowledged: dict[str, int] = field(default_factory=dict)
    writers: dict[str, None] = field(default_factory=dict)
    asked: int = 0


async def run_broker(world: World) -> None:
    world.disk.make_folder(DATA)
    await world.disk.sync_folder("/")
    async with Group() as tasks:
        options = BrokerOptions(data=DATA, settings=SETTINGS, admin_host="broker", admin_port=0)
        await Broker(options, world).start(tasks)
        await asyncio.get_running_loop().create_future()


def replica_of(cluster: Cluster, world: World, ward: Ward) -> Replica[Register]:
    def journal() -> TopicJournal:
        return TopicJournal(cluster, TOPIC, Codec(), transactional_id="writer", barrier=b"noop", clock=world.clock)

    return Replica(Register, journal, clock=world.clock, ward=ward, patience=Patience(load_timeout_s=20))


def node_program(name: str, history: History) -> Program:
    """A node that adds items whenever it writes, one after the other."""

    async def run(world: World) -> None:
        ward = Ward(name, children_max=10, randomness=world.randomness)
        async with Cluster((Address("broker", PORT),), randomness=world.randomness, options=OPTIONS) as cluster:
            replica = replica_of(cluster, world, ward)
            node = Node(Identity(host=name, port=1), (replica,), randomness=world.randomness)
            elector = Elector(cluster, node.identity, Candidacy(group="nodes"), node)
            ward.start("follow", lambda: started(replica), restart=BACKOFF)
            ward.start("election", elector.run, restart=BACKOFF)
            while True:
                await add(node, replica, name, history)

    return run


async def started(replica: Replica[Register]) -> None:
    await replica.start()


async def add(node: Node, replica: Replica[Register], name: str, history: History) -> None:
    if not node.writes:
        await asyncio.sleep(0.2)
        return
    history.asked += 1
    item = f"{name} {history.asked}"
    try:
        place = await replica.submit(Add(item=item))
    except (MachineError, ClientError):
        await asyncio.sleep(0.2)
    else:
        history.acknowledged[item] = place
        history.writers[name] = None
        await asyncio.sleep(0.1)


async def make_topic(cluster: Cluster) -> None:
    try:
        await create_topic(cluster, NewTopic(name=TOPIC, partitions=1, configs={"cleanup.policy": "compact"}))
    except Refused as refused:
        if refused.code != ErrorCode.TOPIC_ALREADY_EXISTS:
            raise


async def until(history: History, count: int) -> None:
    async with asyncio.timeout(WITHIN_S):
        while len(history.acknowledged) < count:  # noqa: ASYNC110 - simulated time is free
            await asyncio.sleep(1.0)


async def live(simulation: Simulation, history: History) -> None:
    simulation.host("broker").start(run_broker)
    patient = ClientOptions(connect_timeout_ms=1_000, request_timeout_ms=2_000, deadline_ms=600_000)
    there = (Address("broker", PORT),)
    async with Cluster(there, randomness=simulation.world.randomness, options=patient) as cluster:
        await make_topic(cluster)
        for name in NODES:
            simulation.host(name).start(node_program(name, history))
        await until(history, ACKNOWLEDGED)
        simulation.calm()
        for host in simulation.hosts.values():
            host.start_again()
        await until(history, len(history.acknowledged) + 3)
        for name in NODES:
            simulation.host(name).kill()
        register = Register()
        journal = TopicJournal(
            cluster, TOPIC, Codec(), transactional_id="writer", barrier=b"noop", clock=simulation.world.clock
        )
        await journal.load(register.replay)
        found = register.items
        wrong = {
            item: (place, found.get(item)) for item, place in history.acknowledged.items() if found.get(item) != place
        }
        assert not wrong


async def isolate(simulation: Simulation, random: Random) -> None:
    """A node does not reach the broker for longer than its session, and then goes on with what it was about to do."""
    names = simulation.network.names
    while True:
        await asyncio.sleep(random.uniform(1, 10))
        node = names[random.choice(NODES[:2])]
        simulation.network.cut(node, names["broker"])
        await asyncio.sleep(random.uniform(6, 15))
        simulation.network.heal()


@pytest.mark.one_seed_in(25)
def test_no_place_is_given_twice_and_none_is_lost_whoever_fails(seed: int):
    history = History()
    with simulate(seed, faults=[isolate, kill, reset_connections, crash, slow_disk], pace=6.0) as simulation:
        simulation.run(live(simulation, history))
    assert len({*history.acknowledged.values()}) == len(history.acknowledged)
