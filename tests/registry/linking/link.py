"""Two registries in one process, and an exporter from one to the other: no socket, no topic."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from tests.registry.encryption.keys import Kept
from tests.registry.memory_store import MemoryStore
from tests.registry.registry_client import service_over

from headwater.kernel.counters import Counters
from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.tasks import Backoff, Ward
from headwater.registry.api.app import registry_app
from headwater.registry.api.forwarding import Alone, on_writer
from headwater.registry.linking.api import exporters_api
from headwater.registry.linking.exporters import Exporters
from headwater.registry.linking.feed import Slice
from headwater.registry.linking.linking import Linking
from headwater.registry.linking.records import Progress, RunState
from headwater.registry.linking.secrets import Seal
from headwater.registry.linking.service import LinkingService
from headwater.registry.linking.states import ExporterStates

WHERE = {"schema.registry.url": "http://there"}
_AT_ONCE = Backoff(first_ms=1, most_ms=1)
_NOTHING_COMES_S = 0.005


class TopicInMemory:
    """What `_schemas` holds, as an exporter reads it. `asked` has the offsets that were asked for."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.asked: list[int] = []

    async def read(self, offset: int) -> Slice:
        self.asked.append(offset)
        records = self._store.written[offset:]
        if not records:
            await asyncio.sleep(_NOTHING_COMES_S)
        return Slice(records=records, next=offset + len(records))

    async def end(self) -> int:
        return len(self._store.written)


class WatchedStates(Kept):
    """Tells whoever waits of everything that an exporter says."""

    def __init__(self) -> None:
        super().__init__(ExporterStates())
        self._said = asyncio.Event()

    async def submit(self, request: object) -> Any:
        answer = await super().submit(request)
        self._said.set()
        return answer

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._said.clear()
            await self._said.wait()


class Side:
    """One registry. `away` stands for a network that is cut."""

    def __init__(self, **more: Any) -> None:
        self.store = MemoryStore()
        self.app = registry_app(service_over(self.store), counters=Counters(), **more)
        self.away = False
        self.asked: list[tuple[str, str]] = []
        self.authorizations: set[str] = set()
        self._inner = httpx.ASGITransport(self.app)
        self._http = httpx.AsyncClient(transport=self._inner, base_url="http://here")

    @property
    def state(self) -> Any:
        return self.store.registry.state

    async def ask(self, method: str, path: str, body: Any = None, *, ok: bool = True) -> Any:
        answer = await self._http.request(method, path, json=body)
        assert answer.is_success or not ok, answer.text
        return answer.json() if answer.content else None

    def network(self) -> httpx.AsyncBaseTransport:
        side = self

        class Network(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                side.authorizations.add(request.headers.get("authorization", ""))
                if side.away:
                    raise httpx.ConnectError("nobody is there")
                side.asked.append((request.method, request.url.path))
                return await side._inner.handle_async_request(request)

        return Network()


class Link:
    def __init__(self) -> None:
        self.there, self.writes = Side(), True
        self.exporters, self.states = Kept(Exporters()), WatchedStates()
        seal = Seal("ours", SystemRandomness())
        service = LinkingService(self.exporters, self.states, seal=seal, changed=self._changed)
        self.here = Side(more=(exporters_api(service, on_writer(Alone())),))
        self.topic = TopicInMemory(self.here.store)
        self.ward = Ward("link", children_max=20, randomness=SystemRandomness())
        self.linking = Linking(
            self.exporters,
            self.states,
            self.here.store,
            lambda: self.topic,
            ward=self.ward,
            seal=seal,
            own_name="here",
            writes=lambda: self.writes,
            randomness=SystemRandomness(),
            counters=Counters(),
            backoff=_AT_ONCE,
            transport=self.there.network(),
        )

    def _changed(self) -> None:
        self.linking.wake()

    async def export(self, name: str = "e", **more: Any) -> None:
        await self.here.ask("POST", "/exporters", {"name": name, "config": WHERE, "contextType": "NONE", **more})

    def progress(self, name: str = "e") -> Progress:
        progress: Progress = self.states.machine.by_name.get(name, Progress())
        return progress

    async def until(self, state: RunState, name: str = "e") -> None:
        await self.states.until(lambda: self.progress(name).state is state)

    async def settled(self, name: str = "e") -> None:
        """All that has been written here is there."""
        await self.states.until(
            lambda: (
                self.progress(name).state is RunState.RUNNING
                and self.progress(name).offset == len(self.here.store.written)
            )
        )

    async def ward_is_quiet(self) -> None:
        """No exporter runs; only whoever starts them."""
        self.linking.wake()
        while len(self.ward) > 1:  # noqa: ASYNC110 - a task that was cancelled takes a few steps to end
            await asyncio.sleep(0)

    async def register(self, subject: str, schema: str = '"int"', **more: Any) -> Any:
        return await self.here.ask("POST", f"/subjects/{subject}/versions", {"schema": schema, **more})


@asynccontextmanager
async def linked() -> AsyncIterator[Link]:
    link = Link()
    link.ward.start("linking", link.linking.run)
    try:
        yield link
    finally:
        await link.ward.close(deadline_s=5)
