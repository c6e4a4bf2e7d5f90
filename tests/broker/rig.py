"""A broker without sockets: the real machines, settings and partitions over logs in memory, on a loop whose time is a number.

`ask` sends a request through the dispatcher, both ways as bytes, so a test sees what a client of that version would.
"""

from asyncio import Future, get_running_loop
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

from tests.broker.known_schemas import KnownSchemas
from tests.broker.serving import services, unlimited
from tests.machine.toy import Store, ToyJournal, clock
from tests.simulation.world.randomness import SimulatedRandomness
from tests.simulation.world.workers import SimulatedWorkers

from headwater.broker.client_metrics import ClientMetrics
from headwater.broker.configurations import CatalogueRules, DurableConfigs
from headwater.broker.context import Endpoint, Services, Session
from headwater.broker.coordinators import Coordinators
from headwater.broker.deleted_topics import DeletedTopics
from headwater.broker.dispatch import Dispatcher
from headwater.broker.expressions import TopicExpressions
from headwater.broker.log_directory import LogDirectory
from headwater.broker.markers import Markers
from headwater.broker.partitions import Partitions
from headwater.broker.producer_ids import ProducerIds
from headwater.broker.quorum import Quorum
from headwater.broker.quota_changes import DurableQuotas
from headwater.broker.requests import Requests
from headwater.broker.schemas.validation import SchemaValidation
from headwater.broker.settings import SETTINGS as BROKER_SETTINGS
from headwater.broker.share.deleted_topics import DeletedSharedTopics
from headwater.broker.share.state_intents import ShareStateIntents
from headwater.broker.telemetry import Telemetry
from headwater.broker.transaction_ends import TransactionEnds
from headwater.broker.transactional_appends import TransactionalAppends
from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.names import GROUP_OFFSETS, SHARE_STATE, TRANSACTION_STATE
from headwater.control.cluster.requests import Bootstrap, Endpoint as Registered, RegisterBroker
from headwater.control.groups.codec import GroupCodec
from headwater.control.groups.consumer.settings import SETTINGS as CONSUMER_SETTINGS, LiveConsumerGroupSettings
from headwater.control.groups.machine import Groups
from headwater.control.groups.records import GroupRecord
from headwater.control.groups.settings import SETTINGS as GROUP_SETTINGS, group_settings
from headwater.control.groups.share.settings import SETTINGS as SHARE_GROUP_SETTINGS, LiveShareGroupSettings
from headwater.control.groups.streams.settings import SETTINGS as STREAMS_GROUP_SETTINGS, streams_settings
from headwater.control.share.codec import ShareCodec
from headwater.control.share.machine import ShareStates
from headwater.control.share.pruning import whole_of
from headwater.control.share.settings import PRUNE_INTERVAL_MS, SETTINGS as SHARE_SETTINGS, coordinator_settings
from headwater.control.transactions.codec import TransactionCodec
from headwater.control.transactions.machine import Transactions
from headwater.control.transactions.settings import SETTINGS as TRANSACTION_SETTINGS, transaction_settings
from headwater.kernel.catalogue import Catalogue
from headwater.kernel.counters import Counters
from headwater.kernel.layers import LiveSettings
from headwater.kernel.tasks import Ward
from headwater.kernel.world import Clock
from headwater.log.journals.coordinator import CoordinatorJournal
from headwater.log.journals.pruned import PrunedJournal
from headwater.log.memory.logs import MemoryLogs
from headwater.log.memory.storage import MemoryStorage
from headwater.log.port import Log
from headwater.log.settings import SETTINGS as LOG_SETTINGS
from headwater.machine.journal import Journal
from headwater.machine.runtime import Runtime
from headwater.security.access import Operation, Principal, Resource
from headwater.security.authorizer import AllowAll, Authorizer
from headwater.security.settings import SETTINGS as SECURITY_SETTINGS
from headwater.wire.apis import APIS
from headwater.wire.frames import decode_response, encode_request
from headwater.wire.records.feature_level_record import FeatureLevelRecord
from headwater.wire.schema import Buffer, Message
from headwater.wire.types import LeaderEpoch, NodeId, Offset, Uuid

ADVERTISED = Endpoint(listener="PLAINTEXT", host="we.example", port=19092)
DIRECTORY = Uuid(bytes([7]) * 16)
NEWEST = FeatureLevelRecord(name="metadata.version", feature_level=33)


ROOMS = (
    SECURITY_SETTINGS,
    BROKER_SETTINGS,
    LOG_SETTINGS,
    GROUP_SETTINGS,
    CONSUMER_SETTINGS,
    SHARE_GROUP_SETTINGS,
    STREAMS_GROUP_SETTINGS,
    TRANSACTION_SETTINGS,
    SHARE_SETTINGS,
)
"""Whose settings there are."""


class Forbid:
    """Everything is allowed but these."""

    def __init__(self, *refused: tuple[Operation, Resource]) -> None:
        self._refused = refused

    def allows(self, principal: Principal, host: str, operation: Operation, resource: Resource) -> bool:
        return (operation, resource) not in self._refused


class Answer:
    """A `Reply` that keeps what came."""

    def __init__(self) -> None:
        self.came: Future[Sequence[Buffer]] = get_running_loop().create_future()

    def answered(self, buffers: Sequence[Buffer], *, mute_ms: int) -> None:
        self.came.set_result(buffers)

    def failed(self, problem: Exception) -> None:
        self.came.set_exception(problem)


class Rig:
    """`session` is the connection that all requests come on."""

    def __init__(self, made: Services, counters: Counters, live: LiveSettings) -> None:
        self.services = made
        self.counters = counters
        self.live = live
        self.session = Session(connection_id=1, host="192.0.2.1", advertised=ADVERTISED)
        self._requests = Requests(Counters(), slow_ms=60_000)

    def replace(self, **services: Any) -> None:
        """Give the broker other services."""
        self.services = replace(self.services, **services)

    def come_on(self, listener: str) -> None:
        """Connect anew, by another listener."""
        advertised = Endpoint(listener=listener, host="we.example", port=19093)
        self.session = Session(connection_id=2, host="192.0.2.1", advertised=advertised)

    async def ask(self, handler: Any, request: Message, version: int, *, client_id: str = "tests") -> Any:
        """The response as a client of this version reads it. Raises where the connection would be closed."""
        dispatcher = Dispatcher([handler], self.services, requests=self._requests)
        frame = b"".join(encode_request(request, version, correlation_id=1, client_id=client_id))
        answer = Answer()
        call = dispatcher.start(self.session, memoryview(bytearray(frame))[4:], answer)
        buffers = await answer.came
        del call
        response = APIS[handler.API.key].response
        return decode_response(response, version, b"".join(buffers)[4:])[1] if buffers else None

    async def decide(self, request: object) -> Any:
        """Ask the cluster machine itself."""
        return await self.services.cluster.ask(request)


@asynccontextmanager
async def rig(
    *,
    brokers: Sequence[int] = (1,),
    settings: Mapping[str, str] | None = None,
    authorizer: Authorizer | None = None,
    committed: Sequence[GroupRecord] = (),
) -> AsyncIterator[Rig]:
    """A broker with the node id 1 in a cluster of these brokers. `settings` is its file; `committed` is what every group
    coordinator finds in its log."""
    now = clock()
    counters = Counters()
    randomness = SimulatedRandomness(Random(0))
    ward = Ward("rig", children_max=99, randomness=randomness)
    catalogue = Catalogue(*ROOMS)
    live = LiveSettings(catalogue, node_id=1, static=settings or {})
    logs = MemoryLogs(MemoryStorage(), clock=now)
    partitions = Partitions(logs=logs, settings=live)

    count = partitions.partition_count
    share_states = _share_states(live, now, ward, partitions)
    journal = partial(_group_journal, committed)
    grouping = partial(_grouping, journal=journal, live=live, partitions=partitions, states=share_states, ward=ward)
    coordinators = Coordinators(GROUP_OFFSETS, make=grouping, partition_count=count, ward=ward)
    transacting = partial(_transacting, live=live, now=now, ward=ward, markers=lambda: markers)
    transactions = Coordinators(TRANSACTION_STATE, make=transacting, partition_count=count, ward=ward)
    markers: Markers = Markers(partitions, coordinators, clock=now)
    for each in (coordinators, transactions, share_states):
        partitions.on_opened(each.log_opened)
        partitions.on_forgotten(each.log_forgotten)
    deleted = DeletedTopics(coordinators, topic_id=partitions.id_of, ward=ward)
    shared = DeletedSharedTopics(share_states, is_known=lambda each: bool(partitions.name_of(each)), ward=ward)
    cluster = Runtime(
        "cluster", lambda: Cluster(rules=CatalogueRules(catalogue, live)), ToyJournal(Store()), clock=now, ward=ward
    )
    quotas = unlimited(counters)
    _subscribe(cluster, DurableConfigs(live), DurableQuotas(quotas), partitions, deleted, shared)
    ward.start("partitions", partitions.run)
    await cluster.start()
    await cluster.submit([Bootstrap(records=(NEWEST,)), *map(_registration, brokers)])
    made = services(
        clock=now,
        randomness=randomness,
        authorizer=authorizer or AllowAll(),
        quotas=quotas,
        cluster=cluster,
        settings=live,
        logs=logs,
        partitions=partitions,
        coordinators=coordinators,
        topic_expressions=TopicExpressions(partitions),
        transactions=transactions,
        share_states=share_states,
        transactional_appends=TransactionalAppends(transactions),
        schema_validation=SchemaValidation(live, KnownSchemas(), ward=ward),
        markers=markers,
        producer_ids=ProducerIds(cluster, node_id=NodeId(1)),
        quorum=lambda: Quorum(leader_epoch=LeaderEpoch(3), high_watermark=Offset(42), directory=DIRECTORY),
        log_directory=lambda: LogDirectory(path="/data", total_bytes=1_000, usable_bytes=400),
        telemetry=Telemetry(counters),
        client_metrics=ClientMetrics(counters, SimulatedWorkers(Random(0))),
    )
    try:
        yield Rig(made, counters, live)
    finally:
        await cluster.close(1)
        await ward.close(deadline_s=1)


def _subscribe(cluster: Runtime[Cluster], *subscribers: Any) -> None:
    for each in subscribers:
        cluster.subscribe(each.durable, reloaded=each.reloaded)


def _group_journal(committed: Sequence[GroupRecord], log: Log) -> Journal:
    return ToyJournal(Store(records=list(committed))) if committed else CoordinatorJournal(log, GroupCodec())


def _grouping(
    log: Log,
    *,
    journal: Callable[[Log], Journal],
    live: LiveSettings,
    partitions: Partitions,
    states: Coordinators[ShareStates],
    ward: Ward,
) -> Runtime[Groups]:
    consumer_settings = LiveConsumerGroupSettings(live)
    runtime = Runtime(
        str(log.partition),
        lambda: Groups(
            settings=lambda: live.broker.resolved(group_settings),
            topics=partitions,
            consumer_settings=consumer_settings,
            share_settings=LiveShareGroupSettings(live),
            streams_settings=lambda group_id: streams_settings(live.group(group_id), live.broker),
        ),
        journal(log),
        clock=clock(),
        ward=ward,
    )
    intents = ShareStateIntents(runtime, states, partitions, ward=ward)
    runtime.subscribe(intents.durable, reloaded=intents.reloaded)
    return runtime


def _transacting(
    log: Log, *, live: LiveSettings, now: Clock, ward: Ward, markers: Callable[[], Markers]
) -> Runtime[Transactions]:
    runtime = Runtime(
        str(log.partition),
        lambda: Transactions(settings=lambda: live.broker.resolved(transaction_settings)),
        CoordinatorJournal(log, TransactionCodec(transaction_version=lambda: 2)),
        clock=now,
        ward=ward,
    )
    ends = TransactionEnds(runtime, markers(), coordinator_epoch=lambda: log.bounds.epoch)
    runtime.subscribe(ends.durable, reloaded=ends.reloaded)
    return runtime


def _share_states(live: LiveSettings, now: Clock, ward: Ward, partitions: Partitions) -> Coordinators[ShareStates]:
    def make(log: Log) -> Runtime[ShareStates]:
        return Runtime(
            str(log.partition),
            lambda: ShareStates(
                settings=lambda: live.broker.resolved(coordinator_settings), has_partition=partitions.has_id
            ),
            PrunedJournal(log, ShareCodec(), whole=whole_of, interval_ms=lambda: live.broker[PRUNE_INTERVAL_MS]),
            clock=now,
            ward=ward,
        )

    return Coordinators(SHARE_STATE, make=make, partition_count=partitions.partition_count, ward=ward)


def _registration(node: int) -> RegisterBroker:
    endpoint = Registered(name="PLAINTEXT", host=f"broker-{node}.example", port=9092, security_protocol=0)
    return RegisterBroker(
        node_id=NodeId(node), incarnation=DIRECTORY, endpoints=(endpoint,), directory=DIRECTORY, rack=f"rack-{node}"
    )
