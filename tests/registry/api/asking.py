"""The whole API in one process, and what it answers to the exchanges of a conversation."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
from tests.registry.api.conversation import NO_TYPE, Answer, Exchange
from tests.registry.encryption.keys import Kept
from tests.registry.memory_store import MemoryStore
from tests.registry.registry_client import service_over

from headwater.kernel.counters import Counters
from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.real.workers import WorkerThreads
from headwater.registry.api.app import registry_app
from headwater.registry.api.forwarding import Alone
from headwater.registry.encryption.api.deks import deks_api
from headwater.registry.encryption.api.keks import keks_api
from headwater.registry.encryption.drivers import ConfluentKms
from headwater.registry.encryption.machine import DekRegistry
from headwater.registry.encryption.service import DekRegistryService


@contextmanager
def a_registry(
    store: MemoryStore | None = None, *, keys: DekRegistry | None = None
) -> Iterator[Callable[[Exchange], Answer]]:
    """One that holds these schemas and keys, or nothing, as a function that asks it."""
    store = store or MemoryStore()
    kms = ConfluentKms(WorkerThreads(threads=1), counters=Counters())
    service = DekRegistryService(Kept(keys or DekRegistry()), store, kms=kms, randomness=SystemRandomness())
    more = (keks_api(service, Alone()), deks_api(service, Alone()))
    app = registry_app(service_over(store), counters=Counters(), more=more)
    with asyncio.Runner() as runner:
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://registry")

        def ask(exchange: Exchange) -> Answer:
            sent = http.request(exchange.method, exchange.path, content=exchange.sent, headers=exchange.sent_headers)
            response = runner.run(sent)
            content_type = response.headers.get("content-type", NO_TYPE)
            return Answer(status=response.status_code, content_type=content_type, body=response.text)

        yield ask
