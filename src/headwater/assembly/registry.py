"""One registry: its replicas of the topics, its place in the group, and its API over all that."""

import asyncio
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

from headwater.assembly.registry_linking import Links, new_linking
from headwater.assembly.registry_options import Listener, RegistryOptions
from headwater.assembly.registry_security import registry_security
from headwater.client.cluster import Cluster
from headwater.client.journal import TopicJournal
from headwater.client.options import ClientOptions
from headwater.client.replica import Patience, Replica
from headwater.client.topic_reader import TopicCodec, TopicReader
from headwater.http.basic import BasicAuthentication
from headwater.http.endpoints import Endpoints, Guard
from headwater.http.refusals import Refusals
from headwater.http.server import HttpServer
from headwater.kernel.counters import Counters
from headwater.kernel.logging import get
from headwater.kernel.real.companions import RealCompanions
from headwater.kernel.real.workers import WorkerThreads
from headwater.kernel.settings import Setting
from headwater.kernel.tasks import Backoff, Ward, stop
from headwater.kernel.units import SECOND_MS
from headwater.kernel.world import World
from headwater.machine.machine import Machine
from headwater.registry import security_settings, settings as of
from headwater.registry.api.app import registry_app
from headwater.registry.api.forwarding import on_writer
from headwater.registry.api.root import About
from headwater.registry.api.surface import MEDIA_TYPES
from headwater.registry.api.to_writer import ForwardingLimits, ToWriter
from headwater.registry.election.elector import Candidacy, Elector
from headwater.registry.election.protocol import Identity
from headwater.registry.encryption.api.deks import deks_api
from headwater.registry.encryption.api.keks import keks_api
from headwater.registry.encryption.api.limits import SearchLimit
from headwater.registry.encryption.drivers import ConfluentKms
from headwater.registry.encryption.machine import DekRegistry
from headwater.registry.encryption.service import DekRegistryService
from headwater.registry.errors import NotTheWriter
from headwater.registry.formats.worker import Limits, Worker
from headwater.registry.linking.exporters import Exporters
from headwater.registry.linking.records import Exporter, Progress
from headwater.registry.linking.states import ExporterStates
from headwater.registry.node import Node
from headwater.registry.sensitive.encoders import Encoders
from headwater.registry.sensitive.keeping import KeysetKeeper, Secrets
from headwater.registry.sensitive.sealing import Sealing
from headwater.registry.sensitive.watching import KeysetWatch
from headwater.registry.service import Service
from headwater.registry.store.machine import Registry as SchemaRegistry
from headwater.registry.store.replicated import Replicated
from headwater.registry.store.topic_codec import (
    EXPORTERS_BARRIER,
    NOOP,
    encoders_codec,
    encryption_codec,
    exporters_codec,
    schemas_codec,
)
from headwater.registry.store.topics import RECORD_BYTES_MAX, TopicPlan, create_or_check

if TYPE_CHECKING:
    import httpx

M = TypeVar("M", bound=Machine)

log = get("registry")

_CHILDREN_MAX: Final = 64
_CLOSE_S: Final = 5.0
_BACKOFF: Final = Backoff(first_ms=100, most_ms=2 * SECOND_MS)


class Door:
    """Requests that come before there is an app wait for it: a port is taken early, so that one that is taken already is told early."""

    def __init__(self) -> None:
        self._app: ASGIApp | None = None
        self._opened = asyncio.Event()

    def open(self, app: ASGIApp) -> None:
        self._app = app
        self._opened.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._opened.wait()
        assert self._app is not None
        await self._app(scope, receive, send)


class Registry:
    """`start` it once, `stop` it once."""

    def __init__(self, options: RegistryOptions, world: World) -> None:
        self._options = options
        self._settings = options.settings
        self._world = world
        self._ward = Ward("registry", children_max=_CHILDREN_MAX, randomness=world.randomness)
        self._counters = Counters()
        self._worker = Worker(
            RealCompanions(), counters=self._counters, limits=Limits(deadline_ms=self._settings[of.SCHEMA_DEADLINE_MS])
        )
        self._door = Door()
        self._security = registry_security(options.settings, world, https=options.https)
        self._servers = [self._server(each) for each in options.listeners]
        self._cluster = Cluster(options.bootstrap, randomness=world.randomness, options=self._client_options())
        self._replicas: list[Replica[Any]] = []
        self._record_bytes_max: dict[str, int] = {}
        """By topic, where it was looked at."""
        self._sealing = Sealing(world.randomness)
        self._codec = schemas_codec(self._sealing)
        self._electing: asyncio.Task[None] | None = None
        self._linking: asyncio.Task[None] | None = None
        self._forwarder: ToWriter | None = None

    @property
    def urls(self) -> tuple[str, ...]:
        """Under which it can be reached from this machine."""
        return tuple(
            f"{each.scheme}://{each.shown_host}:{server.port}"
            for each, server in zip(self._options.listeners, self._servers, strict=True)
        )

    async def start(self) -> None:
        """Until it answers, and has heard who writes. Raises what keeps it from that."""
        for server in self._servers:
            await server.start()
        settings = self._settings
        log.info(
            "reading what the cluster keeps",
            bootstrap=",".join(map(str, self._options.bootstrap)),
            topic=settings[of.TOPIC],
            group=settings[of.GROUP_ID],
        )
        keeper = await self._keyset_keeper()
        schemas = Replicated(await self._replica(settings[of.TOPIC], SchemaRegistry, self._codec, NOOP))
        keys = Replicated(await self._replica(settings[of.KEYS_TOPIC], self._new_keys, encryption_codec(), None))
        links = await self._links()
        if keeper is not None:
            self._ward.start("keyset", KeysetWatch(keeper, schemas).run, restart=_BACKOFF)
        prepare = None if keeper is None else keeper.keep
        node = Node(self._identity(), self._replicas, randomness=self._world.randomness, prepare=prepare)
        self._forwarder = ToWriter(node, self._http_client, self._forwarding())
        cluster_id = (await self._cluster.metadata(())).cluster_id
        about = About(cluster_id=cluster_id or "", group_id=settings[of.GROUP_ID], version=version("headwater"))
        linking = new_linking(
            links,
            schemas,
            lambda: TopicReader(self._cluster, settings[of.TOPIC], self._codec),
            ward=self._ward,
            world=self._world,
            counters=self._counters,
            settings=settings,
            own_name=f"{about.cluster_id}/{about.group_id}",
            writes=lambda: node.writes,
        )
        self._door.open(self._guarded(self._app(schemas, keys, about, linking.api)))
        self._linking = self._ward.start("linking", linking.run, restart=_BACKOFF)
        elector = Elector(self._cluster, node.identity, self._candidacy(), node)
        self._watch(node, elector)
        self._electing = self._ward.start("election", elector.run, restart=_BACKOFF)
        try:
            await node.writer(timeout_s=settings[of.INIT_TIMEOUT_MS] / SECOND_MS)
        except NotTheWriter:
            log.warn("nobody is known to write yet")

    async def stop(self) -> None:
        """Requests that are under way are answered, then the group is left, so that another registry writes at once."""
        for server in self._servers:
            await server.close()
        running = tuple(each for each in (self._linking, self._electing) if each is not None)
        await stop(running, deadline_s=_CLOSE_S)
        for replica in self._replicas:
            await replica.close()
        if self._forwarder is not None:
            await self._forwarder.close()
        await self._worker.close()
        await self._ward.close(deadline_s=_CLOSE_S)
        await self._cluster.__aexit__(None, None, None)

    def _server(self, listener: Listener) -> HttpServer:
        tls = self._security.listener if listener.scheme == "https" else None
        return HttpServer(self._door, ward=self._ward, host=listener.host, port=listener.port, tls=tls)

    def _client_options(self) -> ClientOptions:
        security = self._security
        return ClientOptions(
            client_id="schema-registry", backoff_first_ms=10, tls=security.cluster, login=security.login
        )

    async def _replica(self, topic: str, make: Callable[[], M], codec: TopicCodec, barrier: bytes | None) -> Replica[M]:
        settings = self._settings
        if not settings[of.SKIP_VALIDATION]:
            plan = TopicPlan(name=topic, replication_factor=settings[of.REPLICATION_FACTOR], configs=settings.of_topics)
            self._record_bytes_max[topic] = await create_or_check(self._cluster, plan)

        def journal() -> TopicJournal:
            return TopicJournal(
                self._cluster,
                topic,
                codec,
                transactional_id=f"{settings[of.GROUP_ID]}-{topic}",
                barrier=barrier,
                clock=self._world.clock,
            )

        patience = Patience(load_timeout_s=settings[of.INIT_TIMEOUT_MS] / SECOND_MS)
        replica = Replica(make, journal, clock=self._world.clock, ward=self._ward, patience=patience)
        self._replicas.append(replica)
        await replica.start()
        return replica

    def _new_keys(self) -> DekRegistry:
        return DekRegistry(keys_max=self._settings[of.KEYS_MAX])

    async def _links(self) -> Links:
        settings = self._settings
        exporters = await self._replica(
            settings[of.EXPORTER_CONFIGS_TOPIC], Exporters, exporters_codec(Exporter), EXPORTERS_BARRIER
        )
        states = await self._replica(
            settings[of.EXPORTER_STATES_TOPIC], ExporterStates, exporters_codec(Progress), EXPORTERS_BARRIER
        )
        return Links(Replicated(exporters), Replicated(states))

    def _app(
        self,
        schemas: Replicated[SchemaRegistry],
        keys: Replicated[DekRegistry],
        about: About,
        exporters: Callable[[Guard], Endpoints],
    ) -> ASGIApp:
        forwarder = self._forwarder
        assert forwarder is not None, "it has been started"
        kms = ConfluentKms(WorkerThreads(), counters=self._counters)
        deks = DekRegistryService(keys, schemas, kms=kms, randomness=self._world.randomness)
        return registry_app(
            Service(
                schemas,
                self._worker,
                defaults=self._options.defaults,
                schema_bytes_max=self._settings[of.SCHEMA_BYTES_MAX],
                record_bytes_max=self._record_bytes_max.get(self._settings[of.TOPIC], RECORD_BYTES_MAX),
            ),
            counters=self._counters,
            about=lambda: about,
            forwarder=forwarder,
            more=(
                keks_api(deks, forwarder, self._limit(of.KEK_LIMITS)),
                deks_api(
                    deks,
                    forwarder,
                    most_subjects=self._limit(of.DEK_SUBJECT_LIMITS),
                    most_versions=self._limit(of.DEK_VERSION_LIMITS),
                ),
                exporters(on_writer(forwarder)),
            ),
        )

    def _guarded(self, app: ASGIApp) -> ASGIApp:
        """By who may ask, where that is asked at all."""
        users, settings = self._security.users, self._settings
        if users is None:
            return app
        return BasicAuthentication(
            app,
            users,
            realm=settings[security_settings.AUTHENTICATION_REALM],
            roles=settings[security_settings.AUTHENTICATION_ROLES],
            skip=settings[security_settings.AUTHENTICATION_SKIP_PATHS],
            refusals=Refusals(MEDIA_TYPES),
            counters=self._counters,
        )

    def _limit(self, limits: tuple[Setting[int], Setting[int]]) -> SearchLimit:
        usual, most = limits
        return SearchLimit(default=self._settings[usual], most=self._settings[most])

    async def _keyset_keeper(self) -> KeysetKeeper | None:
        """Where a secret is given, sensitive metadata is sealed. Raises UnreadableKeyset where it is the wrong one."""
        secret, old = self._settings[of.ENCODER_SECRET], self._settings[of.ENCODER_OLD_SECRET]
        if secret is None:
            return None
        topic = self._settings[of.ENCODER_TOPIC]
        encoders = Replicated(await self._replica(topic, Encoders, encoders_codec(), None))
        secrets = Secrets(secret=secret.reveal(), old=None if old is None else old.reveal())
        keeper = KeysetKeeper(encoders, secrets, self._sealing, self._world.randomness)
        await keeper.follow()
        return keeper

    def _identity(self) -> Identity:
        """The last listener of the wanted kind is how the others reach this one, as in Confluent's."""
        scheme = self._settings[of.INTER_INSTANCE_PROTOCOL]
        port = [
            server.port
            for each, server in zip(self._options.listeners, self._servers, strict=True)
            if each.scheme == scheme
        ][-1]
        return Identity(
            host=self._options.host_name,
            port=port,
            scheme=scheme,
            master_eligibility=self._settings[of.LEADER_ELIGIBILITY],
        )

    def _candidacy(self) -> Candidacy:
        settings = self._settings
        return Candidacy(
            group=settings[of.GROUP_ID],
            session_timeout_ms=settings[of.SESSION_TIMEOUT_MS],
            heartbeat_interval_ms=settings[of.HEARTBEAT_INTERVAL_MS],
            rebalance_timeout_ms=settings[of.REBALANCE_TIMEOUT_MS],
            sticky=settings[of.LEADER_STICKY],
        )

    def _forwarding(self) -> ForwardingLimits:
        return ForwardingLimits(
            catch_up_timeout_s=self._settings[of.STORE_TIMEOUT_MS] / SECOND_MS,
            headers=self._settings[of.INTER_INSTANCE_HEADERS],
        )

    def _http_client(self) -> "httpx.AsyncClient":
        import httpx

        connect_s = self._settings[of.LEADER_CONNECT_TIMEOUT_MS] / SECOND_MS
        read_s = self._settings[of.LEADER_READ_TIMEOUT_MS] / SECOND_MS
        timeout = httpx.Timeout(read_s, connect=connect_s)
        return httpx.AsyncClient(timeout=timeout, trust_env=False, verify=self._security.forwarding or True)

    def _watch(self, node: Node, elector: Elector) -> None:
        counters = self._counters
        counters.watch(
            "registry_writes", "1 where this registry writes, 0 where it forwards.", lambda: int(node.writes)
        )
        counters.watch(
            "registry_members", "Registries of the group, where this one was asked to choose.", lambda: elector.members
        )
        counters.watch(
            "registry_records_skipped",
            "Records of the topics that nobody here can read.",
            lambda: sum(each.skipped for each in self._replicas),
        )
