"""What stands where asyncio shows a socket: names to ask for, and options that change nothing."""

import asyncio
import socket
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Self

from tests.simulation.world.process import Process

if TYPE_CHECKING:
    from tests.simulation.world.network import Network

Address = tuple[str, int]


class SimulatedSocket:
    """As far as a server or protocol may look: `get_extra_info("socket")` and `Server.sockets`."""

    family = socket.AF_INET
    type = socket.SOCK_STREAM

    def __init__(self, local: Address, remote: Address | None = None) -> None:
        self._local = local
        self._remote = remote

    def getsockname(self) -> Address:
        return self._local

    def getpeername(self) -> Address:
        if self._remote is None:
            raise OSError("this socket is not connected")
        return self._remote

    def setsockopt(self, *_: object) -> None:
        """Options change nothing here."""

    def fileno(self) -> int:
        return -1


class SimulatedServer(asyncio.AbstractServer):
    """A listening port of one process. `wait_closed` waits for its connections too, as it does since Python 3.12."""

    def __init__(
        self,
        network: "Network",
        process: Process,
        context: Context,
        factory: Callable[[], asyncio.BaseProtocol],
        address: Address,
    ) -> None:
        self.process = process
        self.context = context
        self.factory = factory
        self.address = address
        self._network = network
        self._connections = 0
        self._serving = False
        self._closed = False
        self._idle = network.loop.create_future()

    @property
    def sockets(self) -> tuple[SimulatedSocket, ...]:
        """Bound from the beginning, also before it serves."""
        return () if self._closed else (SimulatedSocket(self.address),)

    def is_serving(self) -> bool:
        return self._serving

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._network.loop

    async def start_serving(self) -> None:
        self.listen()

    def listen(self) -> None:
        self._network.listeners[self.address] = self
        self._serving = True

    async def serve_forever(self) -> None:
        self.listen()
        try:
            await self._network.loop.create_future()
        finally:
            self.close()
            await self.wait_closed()

    def close(self) -> None:
        if self._serving and self._network.listeners.get(self.address) is self:
            del self._network.listeners[self.address]
        self._serving = False
        self._closed = True
        self._wake()

    def close_clients(self) -> None:
        for each in self._network.accepted_by(self):
            each.close()

    def abort_clients(self) -> None:
        for each in self._network.accepted_by(self):
            each.abort()

    async def wait_closed(self) -> None:
        if not self._idle.done():
            await asyncio.shield(self._idle)

    def attach(self) -> None:
        self._connections += 1

    def detach(self) -> None:
        self._connections -= 1
        self._wake()

    def _wake(self) -> None:
        if not self._serving and self._connections == 0 and not self._idle.done():
            self._idle.set_result(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()
        await self.wait_closed()
