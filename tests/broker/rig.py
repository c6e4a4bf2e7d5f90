"""A broker without sockets: the real machines, settings and partitions over logs in memory, on a loop whose time is a number.

`ask` sends a request through the dispatcher, both ways as bytes, so a test sees what a client of that version would.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Any, cast

from tests.broker.serving import services
from tests.machine.toy import Store, ToyJournal, clock, run
from tests.simulation.world.randomness import SimulatedRandomness

from headwater.broker.api import Handler
from headwater.broker.configurations import CatalogueRules, DurableConfigs
from headwater.broker.context import Endpoint, Services, Session
from headwater.broker.coordinators import Coordinators
from headwater.broker.dispatch import Dispatcher
from headwater.broker.partitions import Partitions
from headwater.broker.requests import Requests
from headwater.broker.settings import SETTINGS as BROKER_SETTINGS
from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.requests import Bootstrap, Endpoint as Registered, RegisterBroker
from headwater.control.groups.machine import Groups
from headwater.control.groups.settings import SETTINGS as GROUP_SETTINGS, group_settings
from headwater.kernel.catalogue import Catalogue
from headwater.kernel.counters import Counters
from headwater.kernel.layers import LiveSettings
from headwater.kernel.tasks import Ward
from headwater.log.memory.logs import MemoryLogs
from headwater.log.memory.storage import MemoryStorage
from headwater.log.port import Log
from headwater.log.settings import SETTINGS as LOG_SETTINGS
from headwater.machine.runtime import Runtime
from headwater.security.access import Operation, Principal, Resource
from headwater.security.authorizer import AllowAll, Authorizer
from headwater.security.quotas import Unlimited
from headwater.wire.frames import decode_response, encode_request
from headwater.wire.schema import Buffer, Message
from headwater.wire.types import NodeId, Uuid

__all__ = ["Forbid", "Rig", "rig", "run"]

ADVERTISED = Endpoint(listener="PLAINTEXT", host="we.example", port=19092)
DIRECTORY = Uuid(bytes([7]) * 16)


class Forbid:
    """Everything is allowed but these."""

    def __init__(self, *refused: tuple[Operation, Resource]) -> None:
        self._refused = refused

    def allows(self, principal: Principal, host: str, operation: Operation, resource: Resource) -> bool:
        return (operation, resource) not in self._refused


class Answer:
    """A `Reply` that keeps what came."""

    def __init__(self) -> None:
        self.buffers: Sequence[Buffer] | None = None
        self.problem: Exception | None = None

    def answered(self, buffers: Sequence[Buffer], *, mute_ms: int) -> None:
        self.buffers = buffers

    def failed(self, problem: Exception) -> None:
        self.problem = problem


class Rig:
    def __init__(self, made: Services, counters: Counters, live: LiveSettings) -> None:
        self.services = made
        self.counters = counters
        self.live = live
        self.session = Session(connection_id=1, host="192.0.2.1", advertised=ADVERTISED)
        self._requests = Requests(Counters(), slow_ms=60_000)

    async def ask(self, handler: Any, request: Message, version: int, *, client_id: str = "tests") -> Any:
        """The response, read as a client of this version reads it. Raises where the connection would be closed."""
        dispatcher = Dispatcher(
            [cast("Handler", handler)], self.services, quotas=Unlimited(), requests=self._requests
        )
        frame = b"".join(encode_request(request, version, correlation_id=1, client_id=client_id))[4:]
        answer = Answer()
        call = dispatcher.start(self.session, memoryview(bytearray(frame)), answer)
        if call is not None:
            await self._ended(call, answer)
        if answer.problem is not None:
            raise answer.problem
        assert answer.buffers is not None
        if not answer.buffers:
            return None
        kind = type(handler.API.refuse(request, 0))
        _, response = decode_response(kind, version, b"".join(answer.buffers)[4:])
        return response

    async def _ended(self, call: Any, answer: Answer) -> None:
        import asyncio

        while answer.buffers is None and answer.problem is None:
            await asyncio.sleep(0.001)
