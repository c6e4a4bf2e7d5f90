"""All connections of a broker: how many there may be, whose they are, and which have been idle for too long.

One sweep looks at all of them from time to time. A timer for each would cost every request two calls to move it.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from headwater.broker.connection import Connection
from headwater.broker.context import Endpoint, Session
from headwater.broker.errors import BrokerStops, Idle, TooManyConnections
from headwater.broker.limits import Limits
from headwater.kernel.units import MINUTE_MS, SECOND_MS

_SWEEP_MAX_MS: Final = MINUTE_MS
_SWEEPS_PER_IDLE_TIME: Final = 10
"""A connection is closed at most a tenth of its time late."""


class Connections:
    """`limits` is asked each time, for they may change while connections live."""

    def __init__(self, limits: Callable[[], Limits]) -> None:
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._by_connection: dict[Connection, Session] = {}
        self._by_host: dict[str, int] = {}
        self._without_client: dict[Connection, None] = {}
        """Those whose requests go on, though nobody waits for the answers."""
        self._number = 0
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self.refused = 0
        self.expired = 0

    def __len__(self) -> int:
        return len(self._by_connection)

    @property
    def opened(self) -> int:
        """Since the start."""
        return self._number

    def open(self, connection: Connection, host: str, advertised: Endpoint) -> Session:
        """Raises TooManyConnections."""
        from_host = self._by_host.get(host, 0)
        try:
            self._admit(host, from_host)
        except TooManyConnections:
            self.refused += 1
            raise
        self._number += 1
        session = Session(connection_id=self._number, host=host, advertised=advertised)
        self._by_connection[connection] = session
        self._by_host[host] = from_host + 1
        self._is_empty.clear()
        return session

    def close(self, connection: Connection) -> None:
        """Of one that was refused, nothing is known."""
        session = self._by_connection.pop(connection, None)
        if session is None:
            return
        self._by_host[session.host] -= 1
        if not self._by_host[session.host]:
            del self._by_host[session.host]
        if connection.in_flight:
            self._without_client[connection] = None
        self._look_whether_empty()

    def end(self, connection: Connection) -> None:
        """Its last request is over."""
        self._without_client.pop(connection, None)
        self._look_whether_empty()

    def _admit(self, host: str, from_host: int) -> None:
        limits = self._limits()
        if len(self) >= limits.total:
            raise TooManyConnections(host, limits.total, "max.connections")
        per_host = limits.overrides.get(host, limits.per_host)
        if from_host >= per_host:
            raise TooManyConnections(host, per_host, "max.connections.per.ip")

    async def sweep(self) -> None:
        """Close idle connections, for ever."""
        while True:
            await asyncio.sleep(min(self._limits().idle_ms / _SWEEPS_PER_IDLE_TIME, _SWEEP_MAX_MS) / SECOND_MS)
            self.close_idle(self._loop.time())

    def close_idle(self, now: float) -> None:
        """`now` is the loop's time."""
        idle_ms = self._limits().idle_ms
        oldest = now - idle_ms / SECOND_MS
        for connection in tuple(self._by_connection):
            if connection.last_active <= oldest and not connection.in_flight:
                self.expired += 1
                connection.abort(Idle(connection.host, idle_ms))

    async def stop(self, *, deadline_s: float) -> None:
        """Let each connection answer what it has taken, and end those that need longer than the deadline."""
        for connection in tuple(self._by_connection):
            connection.stop()
        try:
            await asyncio.wait_for(self._is_empty.wait(), deadline_s)
        except TimeoutError:
            for connection in (*self._by_connection, *self._without_client):
                connection.abort(BrokerStops())

    def _look_whether_empty(self) -> None:
        if not self._by_connection and not self._without_client:
            self._is_empty.set()
