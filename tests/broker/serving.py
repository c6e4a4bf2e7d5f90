"""A small broker on loopback for tests: real sockets, a real loop, and handlers that the test gives."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import fields
from types import SimpleNamespace
from typing import Any, cast

import uvloop

from headwater.broker.api import Api, Handler, between
from headwater.broker.apis import HANDLERS
from headwater.broker.context import Context, Services
from headwater.broker.dispatch import Dispatcher, listed
from headwater.broker.features import Features
from headwater.broker.network import Network
from headwater.broker.requests import Requests
from headwater.broker.settings import SETTINGS
from headwater.kernel.catalogue import Catalogue
from headwater.kernel.counters import Counters
from headwater.kernel.layers import LiveSettings
from headwater.kernel.real.clock import SystemClock
from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.settings import Scope
from headwater.security.authorizer import AllowAll, Authorizer
from headwater.security.quotas.client_quotas import ClientQuotas
from headwater.security.quotas.connections import ConnectionRates
from headwater.security.quotas.windows import Windows
from headwater.wire.error_codes import ErrorCode
from headwater.wire.frames import decode_response, encode_request
from headwater.wire.messages.heartbeat_request import HeartbeatRequest
from headwater.wire.messages.heartbeat_response import HeartbeatResponse
from headwater.wire.schema import Message
from headwater.wire.types import NodeId

DEADLINE_S = 10.0
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


WINDOWS = Windows(count=11, size_ms=1_000)


def unlimited(counters: Counters) -> ClientQuotas:
    """Until a test sets quotas."""
    return ClientQuotas(windows=WINDOWS, mutation_windows=WINDOWS, counters=counters)


def run(test: Callable[[], Awaitable[Any]], loop: str = "uvloop") -> Any:
    """Runs a test's coroutine, and fails it where it would hang."""

    async def within() -> Any:
        async with asyncio.timeout(DEADLINE_S):
            return await test()

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        return runner.run(within())


def services(**changed: Any) -> Services:
    """What a test does not give and this broker can do without is None."""
    given: dict[str, Any] = {
        **{each.name: None for each in fields(Services)},
        "node_id": NodeId(1),
        "cluster_id": "a-cluster",
        "clock": SystemClock(),
        "randomness": SystemRandomness(),
        "authorizer": AllowAll(),
        "quotas": unlimited(Counters()),
        "features": Features,
        "listed_apis": listed(HANDLERS),
        **dict.fromkeys(("cluster", "settings", "logs", "partitions", "coordinators")),
    }
    return Services(**{**given, **changed})


class Broker:
    """`port` is the first listener's."""

    def __init__(
        self,
        network: Network,
        counters: Counters,
        live: LiveSettings,
        quotas: ClientQuotas,
        rates: ConnectionRates,
    ) -> None:
        self.network = network
        self.quotas = quotas
        self.rates = rates
        self.counters = counters
        self._live = live
        self._clients: list[Client] = []

    @property
    def port(self) -> int:
        return self.network.listeners[0].port

    def change(self, name: str, text: str) -> None:
        self._live.change(Scope.BROKER, "", name, text)

    async def connect(self, port: int | None = None) -> "Client":
        client = Client(*await asyncio.open_connection("127.0.0.1", port or self.port))
        self._clients.append(client)
        return client

    async def close_clients(self) -> None:
        for client in self._clients:
            client.writer.close()
            with suppress(ConnectionError):
                await client.writer.wait_closed()


@asynccontextmanager
async def serving(
    *handlers: Handler,
    authorizer: Authorizer | None = None,
    slow_ms: float = 1_000,
    settings: dict[str, str] | None = None,
    **of_services: Any,
) -> AsyncIterator[Broker]:
    served = handlers or HANDLERS
    static = {"listeners": "PLAINTEXT://127.0.0.1:0", **(settings or {})}
    live = LiveSettings(Catalogue(SETTINGS), node_id=1, static=static)
    counters = Counters()
    quotas, rates = unlimited(counters), ConnectionRates(WINDOWS)
    own = {
        "quotas": quotas,
        "authorizer": authorizer or AllowAll(),
        "listed_apis": listed(served),
        "settings": live,
    }
    made = services(**{**own, **of_services})
    dispatcher = Dispatcher(served, made, requests=Requests(counters, slow_ms=slow_ms))
    network = Network(dispatcher, lambda: live.broker, rates=rates, hostname="localhost")
    network.watch(counters)
    await network.open()
    await network.serve()
    broker = Broker(network, counters, live, quotas, rates)
    try:
        yield broker
    finally:
        await broker.close_clients()
        await network.stop(deadline_s=1)


class Client:
    """A client that reads and writes frames, with nothing between it and the socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *frames: bytes) -> None:
        self.writer.write(b"".join(frames))

    async def frame(self) -> bytes:
        size = int.from_bytes(await self.reader.readexactly(4), "big")
        return await self.reader.readexactly(size)

    async def answer(self, kind: type[Message], version: int) -> tuple[int, Any]:
        header, message = decode_response(kind, version, await self.frame())
        return header.correlation_id, message

    async def is_closed(self) -> bool:
        """Waits until the broker closes: nothing more is to come."""
        try:
            return await self.reader.read() == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self.writer.close()


def framed(request: Message, version: int, *, correlation_id: int = 1, client_id: str | None = "tests") -> bytes:
    return b"".join(encode_request(request, version, correlation_id=correlation_id, client_id=client_id))


def beat(correlation_id: int, group: str = "", member: str = "") -> bytes:
    """A small request that tests give a meaning of their own."""
    request = HeartbeatRequest(group_id=group, generation_id=correlation_id, member_id=member)
    return framed(request, 4, correlation_id=correlation_id)


def refuse_beat(request: Any, code: ErrorCode) -> HeartbeatResponse | None:
    return None if request.member_id == "acks=0" else HeartbeatResponse(error_code=code)


def beats(handle: Callable[[Context, HeartbeatRequest], Awaitable[HeartbeatResponse | None]], **api: Any) -> Handler:
    """A handler module made of one function."""
    declared = Api(HeartbeatRequest, versions=between(0, 4), **{"refuse": refuse_beat, **api})
    return cast("Handler", SimpleNamespace(API=declared, handle=handle))


async def correlation_ids(client: Client, count: int) -> Sequence[int]:
    return [(await client.answer(HeartbeatResponse, 4))[0] for _ in range(count)]
