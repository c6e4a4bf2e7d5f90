"""The data path without sockets or machines: real handlers and partitions over logs in memory, on a loop whose time is a number."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any

from tests.broker.known_schemas import KnownSchemas
from tests.broker.serving import services
from tests.contracts.log_store import NOON, SetClock
from tests.simulation.world.randomness import SimulatedRandomness

from headwater.broker.context import Context, Endpoint, Session
from headwater.broker.fetch.memory import FetchMemory
from headwater.broker.fetch.sessions import FetchSessions
from headwater.broker.partitions import Partitions
from headwater.broker.schemas.settings import SETTINGS as SCHEMA_SETTINGS
from headwater.broker.schemas.validation import SchemaValidation
from headwater.broker.settings import SETTINGS as BROKER_SETTINGS
from headwater.kernel.catalogue import Catalogue
from headwater.kernel.layers import LiveSettings
from headwater.kernel.settings import Scope
from headwater.kernel.tasks import Ward
from headwater.kernel.units import MiB
from headwater.log.compaction.settings import SETTINGS as COMPACTION_SETTINGS
from headwater.log.memory.faults import Faults
from headwater.log.memory.logs import MemoryLogs
from headwater.log.memory.storage import MemoryStorage
from headwater.log.port import Log
from headwater.log.settings import SETTINGS as LOG_SETTINGS
from headwater.security.access import Operation, Principal, Resource
from headwater.wire.codec import decode
from headwater.wire.error_codes import ErrorCode
from headwater.wire.frames import decode_response, encode_request, encode_response, open_request
from headwater.wire.records.partition_change_record import PartitionChangeRecord
from headwater.wire.records.partition_record import PartitionRecord
from headwater.wire.records.remove_topic_record import RemoveTopicRecord
from headwater.wire.records.topic_record import TopicRecord
from headwater.wire.schema import Message
from headwater.wire.types import NodeId, TopicName, Uuid

NODE = NodeId(1)
ADVERTISED = Endpoint(listener="PLAINTEXT", host="we.example", port=19092)


async def elapse(ms: float) -> None:
    """Simulated time passes."""
    await asyncio.sleep(ms / 1000)


class Refusing:
    """An authoriser that says no to some, and yes to all others."""

    def __init__(self) -> None:
        self.refused: list[tuple[Operation, str]] = []

    def allows(self, principal: Principal, host: str, operation: Operation, resource: Resource) -> bool:
        return (operation, resource.name) not in self.refused


class LogRig:
    def __init__(self, logs: MemoryLogs, live: LiveSettings, *, slots: int, memory: int) -> None:
        self.logs = logs
        self.live = live
        self.partitions = Partitions(logs=logs, settings=live)
        self.authorizer = Refusing()
        self.schemas = KnownSchemas()
        randomness = SimulatedRandomness(Random(1))
        self.ward = Ward("rig", children_max=99, randomness=randomness)
        self.services = services(
            clock=SetClock(),
            randomness=randomness,
            authorizer=self.authorizer,
            listed_apis=(),
            settings=live,
            logs=logs,
            partitions=self.partitions,
            fetch_sessions=FetchSessions(slots_max=slots, randomness=randomness),
            fetch_memory=FetchMemory(bytes_max=memory),
            schema_validation=SchemaValidation(live, self.schemas, ward=self.ward),
        )
        self.session = Session(connection_id=1, host="192.0.2.1", advertised=ADVERTISED)
        self._lives = 0

    async def create(self, name: str, partitions: int = 1, **settings: str) -> Uuid:
        """Make a topic; settings by Kafka's names with underscores for dots."""
        self._lives += 1
        topic_id = Uuid(bytes([self._lives]) * 16)
        for setting, text in settings.items():
            self.live.change(Scope.TOPIC, name, setting.replace("_", "."), text)
        made = [
            PartitionRecord(partition_id=each, topic_id=topic_id, leader=NODE, leader_epoch=0)
            for each in range(partitions)
        ]
        self.partitions.durable([TopicRecord(name=name, topic_id=topic_id), *made])
        await self.partitions.opened(topic_id)
        return topic_id

    async def delete(self, topic_id: Uuid) -> None:
        self.partitions.durable([RemoveTopicRecord(topic_id=topic_id)])
        await elapse(10)

    def lead(self, topic_id: Uuid, index: int = 0) -> None:
        """Begin the next leader epoch."""
        self.partitions.durable([PartitionChangeRecord(partition_id=index, topic_id=topic_id, leader=NODE)])

    def log(self, name: str, index: int = 0) -> Log:
        log = self.partitions.find(TopicName(name), index)
        assert not isinstance(log, ErrorCode), log.name
        return log

    async def ask(self, handler: Any, request: Message, version: int) -> Any:
        """The request as the handler reads it off the wire at this version, and the answer as its client does."""
        frame = bytearray(b"".join(encode_request(request, version, correlation_id=1, client_id="tests"))[4:])
        _, _, body = open_request(frame)
        asked = decode(type(request), version, memoryview(frame), body)
        response = await handler.handle(self._context(type(request).API_KEY or 0, version), asked)
        if response is None:
            return None
        answered = b"".join(encode_response(response, version, correlation_id=1))[4:]
        return decode_response(type(response), version, answered)[1]

    def _context(self, api_key: int, version: int) -> Context:
        return Context(
            services=self.services,
            session=self.session,
            request_id=1,
            api_key=api_key,
            api_version=version,
            correlation_id=1,
            client_id="tests",
        )


@asynccontextmanager
async def log_rig(
    *, slots: int = 10, memory: int = 100 * MiB, faults: Faults | None = None, **broker: str
) -> AsyncIterator[LogRig]:
    catalogue = Catalogue([*BROKER_SETTINGS, *SCHEMA_SETTINGS, *LOG_SETTINGS, *COMPACTION_SETTINGS])
    live = LiveSettings(catalogue, node_id=NODE, static={name.replace("_", "."): text for name, text in broker.items()})
    rig = LogRig(MemoryLogs(MemoryStorage(), clock=SetClock(NOON), faults=faults), live, slots=slots, memory=memory)
    opening = asyncio.ensure_future(rig.partitions.run())
    try:
        yield rig
    finally:
        opening.cancel()
        with suppress(asyncio.CancelledError):
            await opening
        await rig.ward.close(deadline_s=1)


def of_one(response: Any) -> Any:
    """The only partition of the only topic of a response."""
    (topic,) = next(value for value in (getattr(response, name, None) for name in ("responses", "topics")) if value)
    parts: Sequence[Any] = getattr(topic, "partition_responses", None) or topic.partitions
    (part,) = parts
    return part
