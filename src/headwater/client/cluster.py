"""A cluster as a client sees it: whom to ask for what, and asking again where that has changed.

Everything is learned when it is needed and forgotten when an answer shows that it is wrong: metadata, who coordinates a
group, which connections live.

    async with Cluster(addresses_of("localhost:9092"), randomness=randomness) as cluster:
        metadata = await cluster.metadata(["orders"])
        answer = await cluster.ask(Controller(), request, CreateTopicsResponse)
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Final, Self, TypeVar

from headwater.client.address import Address
from headwater.client.connection import Connection
from headwater.client.errors import ClientError, Unreachable, check
from headwater.client.metadata import Metadata, metadata_of
from headwater.client.options import DEFAULTS, ClientOptions
from headwater.client.pool import Pool
from headwater.client.retry import Retries
from headwater.client.roles import AnyBroker, Controller, Coordinator, Leader, Node, Role, TransactionCoordinator
from headwater.kernel.units import SECOND_MS
from headwater.kernel.world import Randomness
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.find_coordinator_request import FindCoordinatorRequest
from headwater.wire.messages.find_coordinator_response import FindCoordinatorResponse
from headwater.wire.messages.metadata_request import MetadataRequest, MetadataRequestTopic
from headwater.wire.messages.metadata_response import MetadataResponse
from headwater.wire.schema import Message, Versions

M = TypeVar("M", bound=Message)
Result = TypeVar("Result")

METADATA_VERSIONS: Final = Versions(4, 12)
FIND_COORDINATOR_VERSIONS: Final = Versions(4, 6)
"""From 4 on it asks for several keys at once (Kafka 3.0)."""
_GROUP_KEY: Final = 0
_TRANSACTION_KEY: Final = 1
_TOPICS_MAX: Final = 10_000
"""Topics remembered at once. Who needs more asks for all of them and gets all, but they are not kept."""


class Cluster:
    def __init__(
        self, bootstrap: Sequence[Address], *, randomness: Randomness, options: ClientOptions = DEFAULTS
    ) -> None:
        self.options: Final = options
        self._bootstrap = tuple(bootstrap)
        self._pool = Pool(options)
        self._retries = Retries(options, randomness)
        self._known: Metadata | None = None
        self._known_until = 0.0
        self._coordinators: dict[tuple[int, str], int] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.close()

    async def reach(self) -> Metadata:
        """One round through the bootstrap list and no retries, for programs that say at once that nobody is there."""
        return await self._learn(())

    async def metadata(self, topics: Sequence[str] | None = None, *, create: bool = False) -> Metadata:
        """Of these topics, or of all. A topic that is not there has its error code; `create` lets the broker make it."""
        return await self.retried("Metadata", lambda: self._learn(topics, create=create))

    async def ask(
        self,
        role: Role,
        request: Message,
        kind: type[M],
        *,
        accept: Callable[[M], None] | None = None,
        versions: Versions | None = None,
        timeout_ms: int | None = None,
        deadline_ms: int | None = None,
    ) -> M:
        """The answer of whoever plays `role`. `accept` raises `Refused` where it says no; if that is retriable, whoever
        plays the role then is asked again."""

        async def attempt() -> M:
            answer = await self.ask_once(role, request, kind, versions=versions, timeout_ms=timeout_ms)
            if accept is not None:
                accept(answer)
            return answer

        return await self.retried(type(request).__name__, attempt, deadline_ms=deadline_ms)

    async def ask_once(
        self,
        role: Role,
        request: Message,
        kind: type[M],
        *,
        versions: Versions | None = None,
        timeout_ms: int | None = None,
    ) -> M:
        """One attempt, for a step of something that is `retried` as a whole."""
        connection = await self._connection_to(role)
        return await connection.ask(request, kind, versions=versions, timeout_ms=timeout_ms)

    async def connected(self, *roles: Role, deadline_ms: int) -> None:
        """Comes back at once where there are connections to all of them, and else when there are. Raises `DeadlinePassed`."""

        async def attempt() -> None:
            for role in roles:
                await self._connection_to(role)

        await self.retried("connecting", attempt, deadline_ms=deadline_ms)

    async def retried(
        self, what: str, attempt: Callable[[], Awaitable[Result]], *, deadline_ms: int | None = None
    ) -> Result:
        """`attempt`, again and again while it fails with what is retriable. Before each repetition all that is known of
        the cluster is forgotten."""
        return await self._retries.run(what, attempt, forget=self._forget, deadline_ms=deadline_ms)

    async def leader_of(self, topic: str, partition: int) -> int:
        """The leader's node id, or `Refused` with the topic's or partition's error."""
        known = self._fresh()
        if known is None or topic not in known.topics:
            known = await self._learn((topic,))
        found = known.topics[topic]
        check(found.error_code, subject=f"topic {topic}")
        if not 0 <= partition < len(found.partitions):
            check(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, subject=f"partition {partition} of topic {topic}")
        leader = found.partitions[partition].leader
        if leader < 0:
            check(ErrorCode.LEADER_NOT_AVAILABLE, subject=f"partition {partition} of topic {topic}")
        return leader

    async def coordinator_of(self, group: str) -> int:
        """The node id of whoever coordinates the group."""
        return await self._coordinator_of(_GROUP_KEY, group, subject=f"group {group}")

    async def _coordinator_of(self, key_type: int, key: str, *, subject: str) -> int:
        if (key_type, key) not in self._coordinators:
            connection = await self._any_connection()
            request = FindCoordinatorRequest(key_type=key_type, coordinator_keys=(key,))
            answer = await connection.ask(request, FindCoordinatorResponse, versions=FIND_COORDINATOR_VERSIONS)
            (found,) = answer.coordinators
            check(found.error_code, subject=subject, message=found.error_message)
            self._coordinators[key_type, key] = found.node_id
        return self._coordinators[key_type, key]

    async def _connection_to(self, role: Role) -> Connection:
        match role:
            case AnyBroker():
                return await self._any_connection()
            case Controller():
                known = self._fresh() or await self._learn(())
                return await self._connection_to_node(known.controller)
            case Leader(topic, partition):
                return await self._connection_to_node(await self.leader_of(topic, partition))
            case Coordinator(group):
                return await self._connection_to_node(await self.coordinator_of(group), lane=f"group {group}")
            case TransactionCoordinator(name):
                found = await self._coordinator_of(_TRANSACTION_KEY, name, subject=f"transactional id {name}")
                return await self._connection_to_node(found)
            case Node(id, lane):
                return await self._connection_to_node(id, lane)

    async def _connection_to_node(self, node: int, lane: str = "") -> Connection:
        known = self._fresh() or await self._learn(())
        if node not in known.brokers:
            check(ErrorCode.LEADER_NOT_AVAILABLE, subject=f"broker {node}")
        return await self._pool.to(known.brokers[node].address, lane)

    async def _any_connection(self) -> Connection:
        """To the first that can be reached: brokers that are known, then the bootstrap list."""
        failure: Unreachable | None = None
        for address in self._addresses():
            try:
                return await self._pool.to(address)
            except Unreachable as unreachable:
                failure = unreachable
        raise failure or Unreachable("the cluster", "the bootstrap list is empty")

    def _addresses(self) -> Iterator[Address]:
        known = [broker.address for broker in self._known.brokers.values()] if self._known else []
        yield from dict.fromkeys((*known, *self._bootstrap))

    async def _learn(self, topics: Sequence[str] | None, *, create: bool = False) -> Metadata:
        connection = await self._any_connection()
        wanted = None if topics is None else tuple(MetadataRequestTopic(name=name) for name in topics)
        request = MetadataRequest(topics=wanted, allow_auto_topic_creation=create)
        learned = metadata_of(await connection.ask(request, MetadataResponse, versions=METADATA_VERSIONS))
        self._keep(learned)
        return learned

    def _keep(self, learned: Metadata) -> None:
        fresh = self._fresh()
        topics = {**(fresh.topics if fresh else {}), **learned.topics}
        self._known = replace(learned, topics=topics if len(topics) <= _TOPICS_MAX else {})
        now = asyncio.get_running_loop().time()
        self._known_until = now + self.options.metadata_max_age_ms / SECOND_MS

    def _fresh(self) -> Metadata | None:
        return self._known if asyncio.get_running_loop().time() < self._known_until else None

    def _forget(self, _: ClientError) -> None:
        """Addresses stay known: they are where to begin when all else is asked anew."""
        self._known_until = 0.0
        self._coordinators.clear()
