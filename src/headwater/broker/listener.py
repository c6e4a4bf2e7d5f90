"""Opens a listener's port and makes a connection of whatever connects, which is told the listener's own address."""

import asyncio
from dataclasses import dataclass
from typing import Final

from headwater.broker.addresses import ListenerPlan
from headwater.broker.backpressure import QueuedBytes
from headwater.broker.connection import Connection
from headwater.broker.connections import Connections
from headwater.broker.context import Endpoint, Session
from headwater.broker.dispatch import Dispatcher
from headwater.broker.errors import CannotListen
from headwater.broker.receiver import Receiver
from headwater.broker.slabs import SlabPool
from headwater.kernel.logging import get

log = get("broker.listener")

_ANY_IPV4: Final = "0.0.0.0"  # noqa: S104 - a listener without a host is meant for everybody
"""IPv4 and IPv6 are two sockets, which would each get another free port."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shared:
    """What all listeners of a broker have in common."""

    dispatcher: Dispatcher
    connections: Connections
    queued: QueuedBytes
    pool: SlabPool
    frame_bytes_max: int
    backlog: int


class Listener:
    """`open` before anything else."""

    def __init__(self, plan: ListenerPlan, shared: Shared) -> None:
        self._plan = plan
        self._shared = shared
        self._server: asyncio.Server | None = None
        self.advertised: Endpoint
        self.port: int
        """The one it got, where the plan said 0."""

    async def open(self) -> None:
        """Take the port, without letting anybody in yet. Raises CannotListen where it can't be had."""
        bind, advertised = self._plan.bind, self._plan.advertised
        loop = asyncio.get_running_loop()
        host = bind.host or (None if bind.port else _ANY_IPV4)
        try:
            self._server = await loop.create_server(
                self.connection, host, bind.port, backlog=self._shared.backlog, start_serving=False
            )
        except OSError as problem:
            raise CannotListen(bind.host, bind.port, problem) from problem
        self.port = self._server.sockets[0].getsockname()[1]
        self.advertised = Endpoint(listener=bind.name, host=advertised.host, port=advertised.port or self.port)

    async def serve(self) -> None:
        """Let clients in."""
        assert self._server is not None, "open comes first"
        await self._server.start_serving()
        bind = self._plan.bind
        log.info("listening", listener=bind.name, host=bind.host or "*", port=self.port, advertised=self.advertised)

    def close(self) -> None:
        """No more connections come; those there are stay."""
        if self._server is not None:
            self._server.close()

    def connection(self) -> Connection:
        """The protocol of one more client."""
        shared = self._shared
        return Connection(
            connected=self,
            dispatcher=shared.dispatcher,
            queued=shared.queued,
            receiver=Receiver(shared.pool, frame_bytes_max=shared.frame_bytes_max),
        )

    def opened(self, connection: Connection, host: str) -> Session:
        return self._shared.connections.open(connection, host, self.advertised)

    def closed(self, connection: Connection) -> None:
        self._shared.connections.close(connection)

    def ended(self, connection: Connection) -> None:
        self._shared.connections.end(connection)
