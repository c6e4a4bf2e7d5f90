"""The network side of a broker, put together from its settings: what all listeners share, and the listeners."""

from collections.abc import Callable
from typing import Final

from headwater.broker.addresses import plans
from headwater.broker.backpressure import QueuedBytes
from headwater.broker.connections import Connections
from headwater.broker.dispatch import Dispatcher
from headwater.broker.errors import CannotListen
from headwater.broker.limits import Limits, overrides_of
from headwater.broker.listener import Listener, Shared
from headwater.broker.settings import (
    CONNECTIONS_MAX_IDLE_MS,
    LISTENERS,
    MAX_CONNECTION_CREATION_RATE,
    MAX_CONNECTIONS,
    MAX_CONNECTIONS_PER_IP,
    MAX_CONNECTIONS_PER_IP_OVERRIDES,
    QUEUED_MAX_REQUEST_BYTES,
    SOCKET_LISTEN_BACKLOG_SIZE,
    SOCKET_REQUEST_MAX_BYTES,
)
from headwater.broker.slabs import SlabPool
from headwater.kernel.counters import Counter, Counters
from headwater.kernel.kinds import INT_MAX
from headwater.kernel.layers import Settings
from headwater.kernel.units import GiB
from headwater.security.quotas.connections import ConnectionRates

_NO_BOUND_IS: Final = 1 * GiB
"""What -1 means for `queued.max.request.bytes`: nothing here is without bound."""

_BACKLOG_LEAST: Final = 1_024
"""Kafka has a thread that only accepts. Here the loop does it between other work, so more clients may come meanwhile, and one
that finds no room tries again a second later: 2,000 took 22 seconds to connect at Kafka's default of 50."""


def limits(settings: Settings) -> Limits:
    return Limits(
        total=settings[MAX_CONNECTIONS],
        per_host=settings[MAX_CONNECTIONS_PER_IP],
        overrides=overrides_of(settings[MAX_CONNECTIONS_PER_IP_OVERRIDES]),
        idle_ms=settings[CONNECTIONS_MAX_IDLE_MS],
        rates=_rates(settings),
    )


def _rates(settings: Settings) -> dict[str, int]:
    """Kafka's default, the largest number there is, is no limit."""
    listeners = [each.strip().partition("://")[0].upper() for each in settings[LISTENERS]]
    of_listeners = ((each, settings.of_listener(each, MAX_CONNECTION_CREATION_RATE)) for each in listeners)
    rates = {"": settings[MAX_CONNECTION_CREATION_RATE], **dict(of_listeners)}
    return {name: rate for name, rate in rates.items() if rate is not None and rate < INT_MAX}


class Network:
    """`settings` gives the view in force; what may change while the broker runs is looked up each time."""

    def __init__(
        self, dispatcher: Dispatcher, settings: Callable[[], Settings], *, rates: ConnectionRates, hostname: str
    ) -> None:
        now = settings()
        self.connections = Connections(lambda: settings().resolved(limits), rates)
        self.queued = QueuedBytes(_queued_bytes_max(now))
        self.pool = SlabPool()
        shared = Shared(
            dispatcher=dispatcher,
            connections=self.connections,
            queued=self.queued,
            pool=self.pool,
            frame_bytes_max=now[SOCKET_REQUEST_MAX_BYTES],
            backlog=max(now[SOCKET_LISTEN_BACKLOG_SIZE], _BACKLOG_LEAST),
        )
        self.listeners = tuple(Listener(plan, shared) for plan in plans(now, hostname=hostname))

    def watch(self, counters: Counters) -> None:
        """Register what can be seen of connections and of the memory behind them."""
        connections = self.connections
        counters.watch("connections", "Open connections of clients.", lambda: len(connections))
        counters.watch("connections_opened_total", "Connections let in.", lambda: connections.opened, meter=Counter)
        counters.watch(
            "connections_refused_total", "Connections past a limit.", lambda: connections.refused, meter=Counter
        )
        counters.watch(
            "connections_expired_total",
            "Connections closed for being idle.",
            lambda: connections.expired,
            meter=Counter,
        )
        counters.watch(
            "connections_delayed_total",
            "Connections not listened to at once, for too many came.",
            lambda: connections.delayed,
            meter=Counter,
        )
        counters.watch("request_queued_bytes", "Requests not answered yet.", lambda: self.queued.bytes_held)
        counters.watch("receive_slab_bytes", "Memory in use for receiving.", lambda: self.pool.bytes_taken)

    async def open(self) -> None:
        """Take every port or none, so that their numbers are known. Raises CannotListen where one can't be had."""
        try:
            for listener in self.listeners:
                await listener.open()
        except CannotListen:
            self.close()
            raise

    async def serve(self) -> None:
        """Let clients in, once there is something to answer them with."""
        for listener in self.listeners:
            await listener.serve()

    def close(self) -> None:
        for listener in self.listeners:
            listener.close()

    async def stop(self, *, deadline_s: float) -> None:
        """Take no more connections and no more requests, and answer those that were taken."""
        self.close()
        await self.connections.stop(deadline_s=deadline_s)

    async def sweep(self) -> None:
        """Close what is idle, for ever; whoever runs the broker owns this as a task."""
        await self.connections.sweep()


def _queued_bytes_max(settings: Settings) -> int:
    asked = settings[QUEUED_MAX_REQUEST_BYTES]
    return asked if asked > 0 else _NO_BOUND_IS
