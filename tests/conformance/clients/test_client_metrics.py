"""librdkafka's metrics, pushed where they are asked for, as `/metrics` shows them."""

import asyncio
import re
from collections.abc import Iterator
from urllib.request import urlopen

import pytest
from confluent_kafka import Producer
from tests.conformance.clients.confluent import QUIET
from tests.conformance.clients.port import DEADLINE_S
from tests.e2e.process import QUICK, Process, start

from headwater.client.address import addresses_of
from headwater.client.admin.configs import Resource, ResourceType, alter_configs, sets
from headwater.client.cluster import Cluster
from headwater.kernel.real.randomness import SystemRandomness

PUSHED = re.compile(r'^kafka_client_producer_connection_creation_total\{.*client_id="watched".*"\} [1-9]', re.MULTILINE)
LOOKS_MAX = 400


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    process = start(tmp_path_factory.mktemp("metrics") / "data", QUICK)
    yield process
    assert process.stop() == 0, process.log_tail()


def subscribe(bootstrap: str, **settings: str) -> None:
    async def work() -> None:
        async with Cluster(addresses_of(bootstrap), randomness=SystemRandomness()) as cluster:
            changes = sets({name.replace("_", "."): value for name, value in settings.items()})
            await alter_configs(cluster, Resource(ResourceType.CLIENT_METRICS, "all"), changes)

    asyncio.run(work())


def shown(broker: Process) -> str:
    with urlopen(f"http://127.0.0.1:{broker.admin_port}/metrics", timeout=DEADLINE_S) as page:
        text: str = page.read().decode()
    return text


def test_what_librdkafka_pushes_is_shown_with_its_client(broker: Process) -> None:
    subscribe(broker.bootstrap, metrics="*", interval_ms="100", match="client_id=watch.*")
    watched = Producer({**QUIET, "bootstrap.servers": broker.bootstrap, "client.id": "watched"})
    unwatched = Producer({**QUIET, "bootstrap.servers": broker.bootstrap, "client.id": "unwatched"})
    for each in (watched, unwatched):
        each.produce("orders", b"value")
        assert each.flush(DEADLINE_S) == 0
    looks = 0
    while not PUSHED.search(shown(broker)):
        watched.poll(0.05)
        looks += 1
        assert looks < LOOKS_MAX, "nothing was pushed"
    assert 'client_id="unwatched"' not in shown(broker)
