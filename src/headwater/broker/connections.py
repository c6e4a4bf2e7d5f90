"""All connections of a broker: how many there may be, whose they are, and which have been idle for too long.

One sweep looks at all of them from time to time. A timer for each would cost every request two calls to move it.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from headwater.broker.connection import Connection
from headwater.broker.context import Endpoint, Session
from headwater.broker.errors import BrokerStops, Idle, TooManyConnections, TooManyNewConnections
from headwater.broker.limits import Limits
from headwater.kernel.units import MINUTE_MS, SECOND_MS
from headwater.security.quotas.connections import ConnectionRates

_SWEEP_MAX_MS: Final = MINUTE_MS
_SWEEPS_PER_IDLE_TIME: Final = 10
"""A connection is closed at most a tenth of its time late."""
_TURN_MAX_MS: Final = 30 * SECOND_MS
"""Nobody waits longer than that for being listened to: clients give up by then, and would only fill the broker."""


class Connections:
    """`limits` is asked each time, for they may change while connections live."""

    def __init__(self, limits: Callable[[], Limits], rates: ConnectionRates) -> None:
        self._limits = limits
        self._rates = rates
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
        self.delayed = 0

    def __len__(self) -> int:
        return len(self._by_connection)

    @property
    def opened(self) -> int:
        """Since the start."""
        return self._number

    def open(self, connection: Connection, host: str, advertised: Endpoint) -> Session:
        """Raises TooManyConnections or TooManyNewConnections."""
        from_host = self._by_host.get(host, 0)
        try:
            self._admit(host, from_host)
            delay_ms = self._turn(host, advertised.listener)
        except (TooManyConnections, TooManyNewConnections):
            self.refused += 1
            raise
        self._number += 1
        session = Session(connection_id=self._number, host=host, advertised=advertised)
        self._by_connection[connection] = session
        self._by_host[host] = from_host + 1
        self._is_empty.clear()
        if delay_ms:
            self.delayed += 1
            connection.mute(delay_ms)
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
        for hook in session.when_closed.values():
            hook()
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

    def _turn(self, host: str, listener: str) -> int:
        """For how long this one is not listened to, so that the others of its listener are."""
        now = self._loop.time() * SECOND_MS
        if refused_ms := self._rates.refused_ms(host, now=now):
            raise TooManyNewConnections(host, "its quota connection_creation_rate", refused_ms)
        rates = self._limits().rates_of(listener)
        delay_ms = self._rates.delay_ms(rates, now=now) if rates else 0
        if delay_ms > _TURN_MAX_MS:
            self._rates.give_back(rates, now=now)
            raise TooManyNewConnections(host, "max.connection.creation.rate", SECOND_MS)
        return delay_ms

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
