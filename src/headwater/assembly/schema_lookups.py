"""Where a broker looks up the schemas of records: put together when the first one is asked for, because most brokers never are."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Final

from headwater.broker.context import Endpoint
from headwater.kernel.counters import Counters
from headwater.kernel.tasks import Ward
from headwater.kernel.world import World
from headwater.machine.errors import Reloading

if TYPE_CHECKING:
    from headwater.registry.validation.names import Names
    from headwater.registry.validation.verdicts import Look, Verdicts

TOPIC: Final = "_schemas"
_CLIENT_ID: Final = "headwater-schema-validation"
_LOAD_S: Final = 4.0
"""What a first record waits for a topic to be read; later ones wait for the rest."""


class SchemaLookups:
    """Fills the port `Schemas`. `own` is where this broker itself is reached, `urls` are registries elsewhere."""

    def __init__(
        self,
        *,
        own: Callable[[], Endpoint],
        urls: Callable[[], tuple[str, ...]],
        world: World,
        ward: Ward,
        counters: Counters,
    ) -> None:
        self._own = own
        self._urls = urls
        self._world = world
        self._ward = ward
        self._counters = counters
        self._verdicts: Verdicts | None = None
        self._making = asyncio.Lock()
        self._on_close = AsyncExitStack()

    def knows(self, mark: bytes, subject: str, *, by_record: bool) -> bool | None:
        return self._verdicts.knows(mark, subject, by_record=by_record) if self._verdicts is not None else None

    async def find(self, mark: bytes, subject: str, *, by_record: bool) -> bool | None:
        async with self._making:
            if self._verdicts is None:
                self._verdicts = await self._make()
        return await self._verdicts.find(mark, subject, by_record=by_record)

    async def close(self) -> None:
        await self._on_close.aclose()

    async def _make(self) -> "Verdicts":
        from headwater.kernel.real.companions import RealCompanions
        from headwater.registry.formats.worker import Worker
        from headwater.registry.validation.names import Names
        from headwater.registry.validation.verdicts import Verdicts

        worker = Worker(RealCompanions(), counters=self._counters)
        self._on_close.push_async_callback(worker.close)
        names = Names(worker)
        urls = self._urls()
        return Verdicts(await self._elsewhere(urls, names) if urls else await self._here(names), ward=self._ward)

    async def _elsewhere(self, urls: tuple[str, ...], names: "Names") -> "Look":
        from headwater.registry.remote import RemoteRegistry
        from headwater.registry.validation.elsewhere import RemoteLook

        return RemoteLook(await self._on_close.enter_async_context(RemoteRegistry(urls)), names)

    async def _here(self, names: "Names") -> "Look":
        """A replica that follows and never writes."""
        from headwater.client.address import Address
        from headwater.client.cluster import Cluster
        from headwater.client.journal import TopicJournal
        from headwater.client.options import ClientOptions
        from headwater.client.replica import Replica
        from headwater.registry.store.machine import Registry
        from headwater.registry.store.topic_codec import schemas_codec
        from headwater.registry.validation.own import OwnLook

        world = self._world
        options = ClientOptions(client_id=_CLIENT_ID)
        own = self._own()
        addresses = (Address(own.host, own.port),)
        cluster = await self._on_close.enter_async_context(
            Cluster(addresses, randomness=world.randomness, options=options)
        )

        def journal() -> TopicJournal:
            return TopicJournal(
                cluster, TOPIC, schemas_codec(), transactional_id=_CLIENT_ID, barrier=b"", clock=world.clock
            )

        replica = Replica(Registry, journal, clock=world.clock, ward=self._ward)
        self._on_close.push_async_callback(replica.close)
        with suppress(TimeoutError, Reloading):
            async with asyncio.timeout(_LOAD_S):
                await replica.start()
        return OwnLook(replica, names)
