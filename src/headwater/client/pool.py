"""A few connections to each broker, opened when it is first needed, and again after they broke."""

import asyncio

from headwater.client.address import Address
from headwater.client.connecting import connect
from headwater.client.connection import Connection
from headwater.client.options import ClientOptions


class Pool:
    """A connection is named by address and *lane*: a broker answers the requests of one connection in order, so what may
    be held for long, a join or a fetch, goes beside the others and not before them."""

    def __init__(self, options: ClientOptions) -> None:
        self._options = options
        self._connections: dict[tuple[Address, str], Connection] = {}
        self._retired: list[Connection] = []
        self._opening: dict[tuple[Address, str], asyncio.Lock] = {}

    async def to(self, address: Address, lane: str = "") -> Connection:
        """Whoever comes while it is being opened waits for that one. Raises `Unreachable`, NotTrusted, NotAuthenticated."""
        async with self._opening.setdefault((address, lane), asyncio.Lock()):
            connection = self._connections.get((address, lane))
            if connection is None or connection.is_closed or _is_over(connection):
                self._connections[address, lane] = await connect(address, self._options)
                self._retire(connection)
            return self._connections[address, lane]

    def _retire(self, connection: Connection | None) -> None:
        """It ends by itself, at the latest when the last request on it is overdue."""
        self._retired = [each for each in self._retired if not each.is_closed]
        if connection is not None and not connection.is_closed:
            self._retired.append(connection)
            connection.retire()

    async def close(self) -> None:
        for connection in (*self._connections.values(), *self._retired):
            await connection.close()
        self._connections.clear()


def _is_over(connection: Connection) -> bool:
    ends = connection.session_ends
    return ends is not None and asyncio.get_running_loop().time() >= ends
