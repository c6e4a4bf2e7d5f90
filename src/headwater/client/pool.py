"""A few connections to each broker, opened when it is first needed, and again after they broke."""

import asyncio

from headwater.client.address import Address
from headwater.client.connection import Connection, connect
from headwater.client.options import ClientOptions


class Pool:
    """A connection is named by address and *lane*: a broker answers the requests of one connection in order, so what may
    be held for long, a join or a fetch, goes beside the others and not before them."""

    def __init__(self, options: ClientOptions) -> None:
        self._options = options
        self._connections: dict[tuple[Address, str], Connection] = {}
        self._opening: dict[tuple[Address, str], asyncio.Lock] = {}

    async def to(self, address: Address, lane: str = "") -> Connection:
        """Whoever comes while it is being opened waits for that one. Raises `Unreachable`."""
        async with self._opening.setdefault((address, lane), asyncio.Lock()):
            connection = self._connections.get((address, lane))
            if connection is None or connection.is_closed:
                connection = self._connections[address, lane] = await connect(address, self._options)
            return connection

    async def close(self) -> None:
        for connection in tuple(self._connections.values()):
            await connection.close()
        self._connections.clear()
