"""One broker process over the segments engine.

Start: take the folder, load the cluster from the metadata log, register (beginning new leader epochs if the last process
did not stop cleanly), open the logs, load the groups, and only then let clients in. Stop: answer what was taken, append
what is queued, and mark the folder clean.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final, TypeVar

from headwater.assembly import metrics
from headwater.assembly.errors import RefusedSetting
from headwater.assembly.machines import CoordinatedMachines
from headwater.assembly.options import (
    BrokerOptions,
    at_home,
    check_values,
    refuse_what_would_be_neglected,
    static_settings,
)
from headwater.assembly.schema_lookups import SchemaLookups
from headwater.assembly.survey import check_folder, read_bootstrap
from headwater.broker import group_metrics, settings as broker_settings, transaction_metrics
from headwater.broker.admin import Admin, Probes
from headwater.broker.apis import HANDLERS
from headwater.broker.client_metrics import ClientMetrics
from headwater.broker.compaction import Compactor
from headwater.broker.configurations import CatalogueRules, DurableConfigs
from headwater.broker.context import Services
from headwater.broker.coordinators import Coordinators
from headwater.broker.deleted_topics import DeletedTopics
from headwater.broker.dispatch import Dispatcher, listed
from headwater.broker.expressions import TopicExpressions
from headwater.broker.features import Features, FinalizedFeature, SupportedFeature
from headwater.broker.fetch.memory import FetchMemory
from headwater.broker.fetch.sessions import FetchSessions
from headwater.broker.log_directory import LogDirectory
from headwater.broker.markers import Markers
from headwater.broker.network import Network
from headwater.broker.partitions import Partitions
from headwater.broker.producer_ids import ProducerIds
from headwater.broker.quorum import Quorum
from headwater.broker.quota_changes import DurableQuotas
from headwater.broker.requests import Requests
from headwater.broker.retention import Retention
from headwater.broker.schemas import settings as schema_settings
from headwater.broker.schemas.validation import SchemaValidation
from headwater.broker.share.deleted_topics import DeletedSharedTopics
from headwater.broker.share.sharing import sharing
from headwater.broker.telemetry import Telemetry
from headwater.broker.transactional_appends import TransactionalAppends
from headwater.control.cluster.codec import MetadataCodec
from headwater.control.cluster.features import (
    GROUP_VERSION,
    KRAFT_VERSION,
    LATEST_GROUP,
    LATEST_METADATA,
    LATEST_SHARE,
    LATEST_STREAMS,
    LATEST_TRANSACTION,
    METADATA_VERSION,
    SHARE_VERSION,
    STREAMS_VERSION,
    SUPPORTED,
    TRANSACTION_VERSION,
)
from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.names import GROUP_OFFSETS, REMOTE_LOG_METADATA, SHARE_STATE, TRANSACTION_STATE
from headwater.control.cluster.requests import Bootstrap, Endpoint, RegisterBroker
from headwater.control.groups import settings as group_settings
from headwater.control.groups.consumer import settings as consumer_settings
from headwater.control.groups.share import settings as share_group_settings
from headwater.control.groups.streams import settings as streams_group_settings
from headwater.control.share import settings as share_settings
from headwater.control.transactions import settings as transaction_settings
from headwater.kernel.catalogue import Catalogue
from headwater.kernel.counters import Counters, Metric
from headwater.kernel.exposition import exposition
from headwater.kernel.layers import LiveSettings
from headwater.kernel.logging import get
from headwater.kernel.tasks import Group, Ward, stop
from headwater.kernel.watchdog import Watchdog
from headwater.kernel.world import World
from headwater.log import settings as log_settings
from headwater.log.compaction import settings as compaction_settings
from headwater.log.journals.checkpoints import CheckpointFiles
from headwater.log.journals.metadata import MetadataJournal
from headwater.log.journals.snapshot_file import write_bootstrap
from headwater.log.port import Log, Logs
from headwater.log.segments.folder import FolderIdentity, read_identity, write_identity
from headwater.log.segments.logs import SegmentLogs, open_logs
from headwater.log.segments.metadata_log import metadata_folder, open_metadata_log
from headwater.log.tiering import settings as tiering_settings
from headwater.log.tiering.object_store import ObjectStore
from headwater.machine.machine import Machine
from headwater.machine.runtime import Runtime
from headwater.security import settings as security_settings
from headwater.security.authorizer import AllowAll
from headwater.security.quotas.client_quotas import ClientQuotas
from headwater.security.quotas.connections import ConnectionRates
from headwater.wire.records.feature_level_record import FeatureLevelRecord
from headwater.wire.types import NodeId, TopicName, Uuid, uuid_text

if TYPE_CHECKING:
    from headwater.assembly.tiering import Tiering

M = TypeVar("M", bound=Machine)

log = get("broker")

STOP_DEADLINE_S: Final = 10.0
CLOSE_DEADLINE_S: Final = 120.0
"""Ten thousand logs that were all written to are synced in a part of it; a disk that hangs must not keep the process."""
FIRST_RECORDS: Final = (
    FeatureLevelRecord(name=METADATA_VERSION, feature_level=LATEST_METADATA),
    FeatureLevelRecord(name=TRANSACTION_VERSION, feature_level=LATEST_TRANSACTION),
    FeatureLevelRecord(name=GROUP_VERSION, feature_level=LATEST_GROUP),
    FeatureLevelRecord(name=STREAMS_VERSION, feature_level=LATEST_STREAMS),
    FeatureLevelRecord(name=SHARE_VERSION, feature_level=LATEST_SHARE),
)
"""The feature levels of a new cluster."""
_PLAINTEXT: Final = 0


def catalogue() -> Catalogue:
    """Every setting of a broker process."""
    rooms = (
        security_settings,
        log_settings,
        compaction_settings,
        tiering_settings,
        group_settings,
        consumer_settings,
        share_group_settings,
        streams_group_settings,
        transaction_settings,
        share_settings,
        broker_settings,
        schema_settings,
    )
    return Catalogue(*(room.SETTINGS for room in rooms))


class Broker:
    """`start`, and `stop` whatever became of it."""

    def __init__(
        self,
        options: BrokerOptions,
        world: World,
        *,
        of_process: Iterable[Metric] = (),
        object_store: ObjectStore | None = None,
    ) -> None:
        """`of_process` is shown with the broker's own metrics; `object_store` stands for the one that the settings name."""
        refuse_what_would_be_neglected(options.settings)
        self._options = options = at_home(options, world.disk)
        self._world = world
        self._catalogue = catalogue()
        check_values(self._catalogue, options.settings)
        self._node_id = NodeId(options.node_id)
        self._live = LiveSettings(self._catalogue, node_id=options.node_id, static=static_settings(options))
        self._counters = Counters()
        windows = security_settings.client_windows(self._live.broker)
        self._quotas = ClientQuotas(
            windows=windows,
            mutation_windows=security_settings.mutation_windows(self._live.broker),
            counters=self._counters,
        )
        self._connection_rates = ConnectionRates(windows)
        self._client_metrics = ClientMetrics(self._counters, world.workers)
        self._of_process = of_process
        self._object_store = object_store
        self._ward = Ward("machines", children_max=10_000, randomness=world.randomness)
        self._ready = False
        self._has_been_ready = False
        self._started = AsyncExitStack()
        """How to stop what has been started, last things first."""
        self.network: Network
        self.admin: Admin

    async def start(self, group: Group) -> None:
        """Until clients are served. Raises what keeps that from being; what fails later fails `group`."""
        world, options, on_stop = self._world, self._options, self._started
        watchdog = Watchdog()
        watchdog.start()
        on_stop.callback(watchdog.stop)
        check = partial(check_folder, world.disk, options.data, self._node_id)
        reserve_bytes = self._live.broker[log_settings.DISK_RESERVE_BYTES]
        self._logs = await open_logs(world, options.data, reserve_bytes=reserve_bytes, check=check)
        on_stop.push_async_callback(self._close_logs)
        identity = await self._identity()
        self._tiering = self._make_tiering()
        self._served: Logs = self._tiering.over(self._logs) if self._tiering is not None else self._logs
        self._partitions = Partitions(logs=self._served, settings=self._live)
        metrics.watch(self._counters, watchdog=watchdog, ward=self._ward, partitions=self._partitions)
        machines = CoordinatedMachines(live=self._live, partitions=self._partitions, clock=world.clock, ward=self._ward)
        self._coordinators = self._coordinate(GROUP_OFFSETS, lambda log: machines.groups(log, self._share_states))
        group_metrics.watch(self._counters, self._coordinators)
        self._transactions = self._coordinate(
            TRANSACTION_STATE, lambda log: machines.transactions(log, self._markers, self._cluster)
        )
        transaction_metrics.watch(self._counters, self._transactions)
        self._markers = Markers(self._partitions, self._coordinators, clock=world.clock)
        self._share_states = self._coordinate(SHARE_STATE, machines.share_states)
        if self._tiering is not None:
            self._tiering.use(self._coordinate(REMOTE_LOG_METADATA, self._tiering.make_list))
        deleted = DeletedTopics(self._coordinators, topic_id=self._partitions.id_of, ward=self._ward)
        deleted_shared = DeletedSharedTopics(
            self._share_states, is_known=lambda each: self._partitions.name_of(each) is not None, ward=self._ward
        )
        quotas = DurableQuotas(self._quotas, self._connection_rates)
        self._cluster = await self._make_cluster()
        for subscriber in (DurableConfigs(self._live), quotas, self._partitions, deleted, deleted_shared):
            self._cluster.subscribe(subscriber.durable, reloaded=subscriber.reloaded)
        on_stop.push_async_callback(self._ward.close, deadline_s=STOP_DEADLINE_S)
        await self._cluster.start()
        on_stop.push_async_callback(self._cluster.close, STOP_DEADLINE_S)
        if self._tiering is not None:
            on_stop.push_async_callback(self._tiering.close)
        on_stop.push_async_callback(self._coordinators.close, STOP_DEADLINE_S)
        on_stop.push_async_callback(self._transactions.close, STOP_DEADLINE_S)
        on_stop.push_async_callback(self._share_states.close, STOP_DEADLINE_S)
        self._refuse_half_of_a_log()
        self._report_strays()
        await self._open_ports(identity)
        await self._register(identity)
        on_stop.push_async_callback(stop, self._start_loops(group), deadline_s=STOP_DEADLINE_S)
        await self._partitions.settled()
        await self._coordinators.settled()
        await self._transactions.settled()
        await self._share_states.settled()
        await self.network.serve()
        on_stop.push_async_callback(self.network.stop, deadline_s=STOP_DEADLINE_S)
        self._ready = self._has_been_ready = True
        log.info("ready", node=self._node_id, cluster=identity.cluster_id, folder=options.data)

    async def stop(self) -> None:
        """Every step has a deadline; what was acknowledged is safe whether they hold or not."""
        self._ready = False
        await self._started.aclose()

    async def _close_logs(self) -> None:
        """What was unclean stays so until a start comes to its end: before that, new leader epochs may not have begun."""
        try:
            async with asyncio.timeout(CLOSE_DEADLINE_S):
                if self._logs.clean or self._has_been_ready:
                    await self._logs.close()
                else:
                    await self._logs.fail("the start after an unclean end was not completed")
        except TimeoutError:
            log.error(
                "the logs could not be closed in time; the next start will recover them", deadline_s=CLOSE_DEADLINE_S
            )

    # --- parts

    async def _identity(self) -> FolderIdentity:
        """Whose folder it is; a new one becomes ours."""
        return read_identity(self._world.disk, self._options.data) or await self._format()

    async def _format(self) -> FolderIdentity:
        """What Kafka's `kafka-storage format` leaves in a new folder; its identity comes last, for it says that all is there."""
        world, root = self._world, self._options.data
        identity = FolderIdentity(
            cluster_id=self._options.settings.get("cluster.id") or uuid_text(Uuid(world.randomness.uuid())),
            node_id=self._node_id,
            directory_id=Uuid(world.randomness.uuid()),
        )
        codec = MetadataCodec(metadata_level=lambda: LATEST_METADATA)
        await write_bootstrap(world.disk, root, FIRST_RECORDS, codec, now=world.clock.now())
        await write_identity(world.disk, root, identity)
        return identity

    def _make_tiering(self) -> "Tiering | None":
        if not self._live.broker[tiering_settings.SYSTEM_ENABLE]:
            return None
        from headwater.assembly.tiering import Tiering

        return Tiering(self._live, self._world, node_id=self._node_id, machines=self._ward, store=self._object_store)

    async def _make_cluster(self) -> Runtime[Cluster]:
        world, root = self._world, self._options.data
        rules = CatalogueRules(self._catalogue, self._live)
        self._metadata_log = await open_metadata_log(self._logs, world, root, node=self._node_id)
        journal = MetadataJournal(
            self._metadata_log,
            MetadataCodec(metadata_level=lambda: runtime.head.features.metadata_level),
            CheckpointFiles(world.disk, metadata_folder(root)),
            node_id=self._node_id,
            clock=world.clock,
        )
        self._quorum = journal.quorum
        runtime = Runtime("cluster", lambda: Cluster(rules=rules), journal, clock=world.clock, ward=self._ward)
        return runtime

    def _refuse_half_of_a_log(self) -> None:
        """Raises RefusedSetting where a topic's older records lie in remote storage, which this process would not ask."""
        if self._tiering is None:
            for each in self._cluster.head.topics:
                if self._live.topic(each.name)[log_settings.REMOTE_STORAGE_ENABLE]:
                    reason = f"topic {each.name} has {log_settings.REMOTE_STORAGE_ENABLE.name}=true; delete it or disable that first"
                    raise RefusedSetting(tiering_settings.SYSTEM_ENABLE.name, "false", reason)

    def _report_strays(self) -> None:
        """Partitions of no topic: a deletion that a crash cut short, or metadata of another day. They are kept, for it can't be
        told which."""
        cluster, stored = self._cluster.head, self._logs.stored()
        for each in stored:
            if cluster.topics.by_id(each.partition.topic_id) is None:
                log.warn(
                    "this partition belongs to no topic; delete its folder if its topic was", partition=each.partition
                )

    def _coordinate(self, topic: TopicName, make: Callable[[Log], Runtime[M]]) -> Coordinators[M]:
        """A machine for each partition of this topic, for as long as its log is open."""
        made = Coordinators(topic, make=make, partition_count=self._partitions.partition_count, ward=self._ward)
        self._partitions.on_opened(made.log_opened)
        self._partitions.on_forgotten(made.log_forgotten)
        return made

    def _services(self, identity: FolderIdentity) -> Services:
        fetch_sessions = FetchSessions(
            slots_max=self._live.broker[broker_settings.MAX_INCREMENTAL_FETCH_SESSION_CACHE_SLOTS],
            randomness=self._world.randomness,
        )
        fetch_memory = FetchMemory(bytes_max=self._live.broker[broker_settings.FETCH_MEMORY_BYTES])
        fetch_sessions.watch(self._counters)
        fetch_memory.watch(self._counters)
        shared = sharing(
            self._partitions,
            self._share_states,
            self._cluster,
            settings=self._live,
            clock=self._world.clock,
            randomness=self._world.randomness,
            ward=self._ward,
        )
        shared.watch(self._counters)
        self._started.callback(shared.close)
        return Services(
            node_id=self._node_id,
            cluster_id=identity.cluster_id,
            clock=self._world.clock,
            randomness=self._world.randomness,
            authorizer=AllowAll(),
            quotas=self._quotas,
            features=self._features,
            listed_apis=listed(HANDLERS),
            cluster=self._cluster,
            settings=self._live,
            logs=self._served,
            partitions=self._partitions,
            coordinators=self._coordinators,
            topic_expressions=TopicExpressions(self._partitions),
            transactions=self._transactions,
            share_states=self._share_states,
            sharing=shared,
            transactional_appends=TransactionalAppends(self._transactions),
            schema_validation=SchemaValidation(self._live, self._make_lookups(), ward=self._ward),
            markers=self._markers,
            producer_ids=ProducerIds(self._cluster, node_id=self._node_id),
            quorum=lambda: _quorum(self._metadata_log, identity, self._quorum.kraft_version),
            log_directory=lambda: _log_directory(self._world, self._options.data),
            telemetry=Telemetry(self._counters),
            client_metrics=self._client_metrics,
            fetch_sessions=fetch_sessions,
            fetch_memory=fetch_memory,
        )

    def _make_lookups(self) -> SchemaLookups:
        lookups = SchemaLookups(
            own=lambda: self.network.listeners[0].advertised,
            urls=lambda: self._live.broker[schema_settings.REGISTRY_URL],
            world=self._world,
            ward=self._ward,
            counters=self._counters,
        )
        self._started.push_async_callback(lookups.close)
        return lookups

    def _features(self) -> Features:
        features, kraft_version = self._cluster.head.features, self._quorum.kraft_version
        finalized = {**features.offered(), **({KRAFT_VERSION: kraft_version} if kraft_version else {})}
        return Features(
            supported=tuple(
                SupportedFeature(name=name, least=low, most=high) for name, (low, high) in SUPPORTED.items()
            ),
            finalized=tuple(FinalizedFeature(name=name, level=level) for name, level in finalized.items()),
            epoch=features.epoch,
        )

    async def _register(self, identity: FolderIdentity) -> None:
        """This process begins: a new cluster gets its feature levels, and everyone learns where to find us."""
        endpoints = tuple(
            Endpoint(
                name=each.advertised.listener,
                host=each.advertised.host,
                port=each.advertised.port,
                security_protocol=_PLAINTEXT,
            )
            for each in self.network.listeners
        )
        await self._cluster.submit(
            [
                Bootstrap(records=read_bootstrap(self._world.disk, self._options.data) or FIRST_RECORDS),
                RegisterBroker(
                    node_id=self._node_id,
                    incarnation=Uuid(self._world.randomness.uuid()),
                    endpoints=endpoints,
                    directory=identity.directory_id,
                    rack=self._options.settings.get("broker.rack"),
                    unclean=not self._logs.clean,
                ),
            ]
        )

    async def _open_ports(self, identity: FolderIdentity) -> None:
        """Taken, so that their numbers can be registered; clients are let in later."""
        requests = Requests(self._counters, slow_ms=self._live.broker[broker_settings.REQUEST_SLOW_LOG_MS])
        dispatcher = Dispatcher(HANDLERS, self._services(identity), requests=requests)
        self.network = Network(
            dispatcher, lambda: self._live.broker, rates=self._connection_rates, hostname=self._options.hostname
        )
        self.network.watch(self._counters)
        await self.network.open()
        self._started.callback(self.network.close)
        self.admin = Admin(self._probes(), host=self._options.admin_host, port=self._options.admin_port)
        await self.admin.open()
        self._started.callback(self.admin.close)

    def _probes(self) -> Probes:
        return Probes(
            metrics=lambda: exposition(chain(self._counters, self._of_process)) + self._client_metrics.exposition(),
            unhealthy=lambda: "the storage failed" if self._logs.failed.done() else None,
            unready=lambda: None if self._ready else "starting or stopping",
        )

    def _start_loops(self, group: Group) -> tuple[asyncio.Task[None], ...]:
        world = self._world
        retention = Retention(self._partitions, lambda: self._live.broker, clock=world.clock)
        compactor = Compactor(self._partitions, lambda: self._live.broker, clock=world.clock, workers=world.workers)
        compactor.watch(self._counters)
        self._partitions.on_forgotten(compactor.forget)
        tiering = self._tiering
        more = (tiering.run(self._cluster, self._partitions, self._counters),) if tiering is not None else ()
        return (
            *(group.start("tiering", each) for each in more),
            group.start("partitions", self._partitions.run()),
            group.start("idle connections", self.network.sweep()),
            group.start("retention", retention.run()),
            group.start("compaction", compactor.run()),
            group.start("storage", _raise_when_failed(self._logs)),
        )


def _quorum(metadata_log: Log, identity: FolderIdentity, kraft_version: int) -> Quorum:
    bounds = metadata_log.bounds
    return Quorum(
        leader_epoch=bounds.epoch,
        high_watermark=bounds.high_watermark,
        directory=identity.directory_id,
        kraft_version=kraft_version,
    )


def _log_directory(world: World, root: str) -> LogDirectory:
    space = world.disk.space(root)
    return LogDirectory(path=root, total_bytes=space.total, usable_bytes=space.usable)


async def _raise_when_failed(logs: SegmentLogs) -> None:
    await asyncio.shield(logs.failed)
