"""Our own client against a real broker on the simulated network. It knows nothing of the outside but the loop, so it goes
through here what it must go through everywhere: connections that break, packets that stall, a broker that is killed."""

import asyncio

import pytest
from tests.simulation.simulate import simulate
from tests.simulation.world.faults import cut_network, kill, reset_connections

from headwater.assembly.broker import Broker
from headwater.assembly.options import BrokerOptions
from headwater.client.address import Address
from headwater.client.admin.offsets import At, find_offset
from headwater.client.admin.topics import NewTopic, create_topic
from headwater.client.cluster import Cluster
from headwater.client.consumer import Consumer, records
from headwater.client.errors import Refused
from headwater.client.options import ClientOptions
from headwater.client.producer import Producer
from headwater.kernel.tasks import Group
from headwater.kernel.world import World
from headwater.wire.batch.builder import NewRecord
from headwater.wire.error_codes import ErrorCode

PORT = 9092
RECORDS = 60
OPTIONS = ClientOptions(connect_timeout_ms=1_000, request_timeout_ms=2_000, deadline_ms=600_000, backoff_most_ms=100)
SETTINGS = {"listeners": f"PLAINTEXT://broker:{PORT}", "offsets.topic.num.partitions": "1"}


async def run_broker(world: World) -> None:
    async with Group() as tasks:
        await Broker(BrokerOptions(data="data", settings=SETTINGS, admin_host="broker", admin_port=0), world).start(
            tasks
        )
        await asyncio.get_running_loop().create_future()


async def make_topic(cluster: Cluster) -> None:
    """A repetition after a lost answer finds the topic there."""
    try:
        await create_topic(cluster, NewTopic(name="orders", partitions=1))
    except Refused as refused:
        if refused.code != ErrorCode.TOPIC_ALREADY_EXISTS:
            raise


async def read_all(cluster: Cluster) -> list[bytes | None]:
    end = (await find_offset(cluster, "orders", 0, At.LATEST)).offset
    consumer = Consumer(cluster)
    consumer.assign({("orders", 0): 0})
    values: list[bytes | None] = []
    while len(values) < end:
        values += [each.value for fetched in await consumer.poll() for each in records(fetched)]
    return values


@pytest.mark.parametrize("seed", range(10))
def test_an_idempotent_producer_writes_each_record_once_and_in_order_whatever_breaks(seed: int):
    async def client() -> None:
        simulation.host("broker").start(run_broker)
        there = (Address("broker", PORT),)
        async with Cluster(there, randomness=simulation.world.randomness, options=OPTIONS) as cluster:
            await make_topic(cluster)
            producer = Producer(cluster)
            sent = [b"%d" % number for number in range(RECORDS)]
            for value in sent:
                await producer.send("orders", 0, [NewRecord(value=value)])
            simulation.calm()
            simulation.host("broker").start_again()
            assert await read_all(cluster) == sent

    with simulate(seed, faults=[kill, cut_network, reset_connections], pace=0.3) as simulation:
        simulation.run(client())
