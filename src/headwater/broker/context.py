"""What a handler knows besides its request: who asks, on which connection, and whom it can ask itself."""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import Struct

from headwater.broker.client_metrics import ClientMetrics
from headwater.broker.coordinators import Coordinators
from headwater.broker.expressions import TopicExpressions
from headwater.broker.features import Features
from headwater.broker.fetch.memory import FetchMemory
from headwater.broker.fetch.sessions import FetchSessions
from headwater.broker.log_directory import LogDirectory
from headwater.broker.markers import Markers
from headwater.broker.partitions import Partitions
from headwater.broker.producer_ids import ProducerIds
from headwater.broker.quorum import Quorum
from headwater.broker.schemas.validation import SchemaValidation
from headwater.broker.share.sharing import Sharing
from headwater.broker.telemetry import Telemetry
from headwater.broker.transactional_appends import TransactionalAppends
from headwater.control.cluster.machine import Cluster
from headwater.control.groups.machine import Groups
from headwater.control.share.machine import ShareStates
from headwater.control.transactions.machine import Transactions
from headwater.kernel.layers import LiveSettings
from headwater.kernel.world import Clock, Randomness
from headwater.log.port import Logs
from headwater.machine.runtime import Runtime
from headwater.security.access import ANONYMOUS, Operation, Principal, Resource
from headwater.security.authorizer import Authorizer
from headwater.security.quotas.client_quotas import ClientQuotas
from headwater.wire.types import NodeId


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """A listener as clients know it."""

    listener: str
    """Kafka's listener name, such as PLAINTEXT or INTERNAL."""
    host: str
    port: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedApi:
    """A row of ApiVersions."""

    key: int
    first: int
    last: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """What all handlers share, made once by assembly: the rooms below, by their ports."""

    node_id: NodeId
    cluster_id: str
    clock: Clock
    randomness: Randomness
    authorizer: Authorizer
    quotas: ClientQuotas
    """How much each client may have."""
    features: Callable[[], Features]
    """The feature levels in force now."""
    listed_apis: tuple[ListedApi, ...]
    cluster: Runtime[Cluster]
    """Brokers, topics, settings, features: decided and read here."""
    settings: LiveSettings
    """The values in force."""
    logs: Logs
    partitions: Partitions
    """The logs that this broker serves, by topic and partition."""
    fetch_sessions: FetchSessions
    fetch_memory: FetchMemory
    coordinators: Coordinators[Groups]
    """The machines of the groups that this broker coordinates."""
    topic_expressions: TopicExpressions
    """What clients' regular expressions match of the topics."""
    transactions: Coordinators[Transactions]
    """The machines of the transactional ids that this broker coordinates."""
    share_states: Coordinators[ShareStates]
    """The machines that remember share partitions, found by `str` of their key."""
    sharing: Sharing
    """Share groups: sessions, and the share partitions that are led here."""
    transactional_appends: TransactionalAppends
    schema_validation: SchemaValidation
    """What topics ask of the schemas of their records."""
    markers: Markers
    producer_ids: ProducerIds
    quorum: Callable[[], Quorum]
    """Of the cluster's metadata log, now."""
    log_directory: Callable[[], LogDirectory]
    """Where records are kept, and how much room is there now."""
    telemetry: Telemetry
    """Who may tell of itself, and when."""
    client_metrics: ClientMetrics
    """What clients tell of themselves."""


class Session:
    """One connection, as its handlers see it; what the client tells of itself is filled in when it does."""

    __slots__ = (
        "advertised",
        "client_software",
        "client_software_version",
        "connection_id",
        "host",
        "port",
        "principal",
        "unsent_bytes",
        "when_closed",
    )

    def __init__(
        self, *, connection_id: int, host: str, advertised: Endpoint, principal: Principal = ANONYMOUS
    ) -> None:
        self.connection_id = connection_id
        self.host = host
        self.advertised = advertised
        """The address under which the client's listener is known, which is what Metadata answers it with."""
        self.principal = principal
        self.port = 0
        """The client's own; the connection says it."""
        self.client_software = ""
        self.client_software_version = ""
        self.unsent_bytes: Callable[[], int] = lambda: 0
        """Of answers that its client has not taken yet; the connection says how to know."""
        self.when_closed: dict[str, Callable[[], None]] = {}
        """What is to be done when the client is gone, by who wants it."""


class Context(Struct, frozen=True, kw_only=True):
    """One request's surroundings."""

    services: Services
    session: Session
    request_id: int
    """Unique in this process; every log line that belongs to the request carries it."""
    api_key: int
    api_version: int
    correlation_id: int
    client_id: str

    @property
    def principal(self) -> Principal:
        return self.session.principal

    @property
    def host(self) -> str:
        """The client's address."""
        return self.session.host

    def allows(self, operation: Operation, resource: Resource) -> bool:
        return self.services.authorizer.allows(self.session.principal, self.session.host, operation, resource)
