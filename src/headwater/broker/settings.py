"""What the network side of the broker is told."""

from typing import Final

from headwater.broker.client_patterns import patterns_of
from headwater.broker.limits import overrides_of
from headwater.kernel.catalogue import AnySetting
from headwater.kernel.kinds import INT_MAX, Boolean, Int, Long, Millis, Short, Text, TextList
from headwater.kernel.settings import Scope, Setting, Update
from headwater.kernel.units import DAY_MS, MINUTE_MS, SECOND_MS, KiB, MiB


def _patterns(texts: tuple[str, ...]) -> str | None:
    try:
        patterns_of(texts)
    except ValueError as error:
        return f"selector=pattern, separated by commas: {error}"
    return None


LISTENERS: Final = Setting(
    "listeners",
    TextList,
    default=("PLAINTEXT://:9092",),
    scope=Scope.BROKER,
    doc="Where to listen: name://host:port, separated by commas. No host is every address; port 0 is any free port.",
)
ADVERTISED_LISTENERS: Final = Setting(
    "advertised.listeners",
    TextList,
    default=None,
    scope=Scope.BROKER,
    doc="What clients are told to connect to, where that differs from listeners. Port 0 is the port of the listener.",
)
LISTENER_SECURITY_PROTOCOL_MAP: Final = Setting(
    "listener.security.protocol.map",
    Text,
    default="SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT",
    scope=Scope.BROKER,
    doc="Which security protocol each listener's name stands for.",
)
CONTROLLER_LISTENER_NAMES: Final = Setting(
    "controller.listener.names",
    TextList,
    default=(),
    scope=Scope.BROKER,
    doc="Listeners that Kafka's controllers use among themselves. There are none here: these are not opened.",
)
SOCKET_LISTEN_BACKLOG_SIZE: Final = Setting(
    "socket.listen.backlog.size",
    Int,
    default=50,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Connections that may wait to be accepted.",
)
SOCKET_REQUEST_MAX_BYTES: Final = Setting(
    "socket.request.max.bytes",
    Int,
    default=100 * MiB,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Largest request that is read. A client that sends a larger one is disconnected.",
)
QUEUED_MAX_REQUEST_BYTES: Final = Setting(
    "queued.max.request.bytes",
    Long,
    default=-1,
    scope=Scope.BROKER,
    doc="Bytes of requests that may be unanswered before no more are read; -1 for 1 GiB, as nothing here is without bound.",
)
MAX_CONNECTIONS: Final = Setting(
    "max.connections",
    Int,
    default=INT_MAX,
    bounds=(0, None),
    scope=Scope.BROKER,
    update=Update.CLUSTER_WIDE,
    doc="Connections allowed in all. One more is closed at once.",
)
MAX_CONNECTIONS_PER_IP: Final = Setting(
    "max.connections.per.ip",
    Int,
    default=INT_MAX,
    bounds=(0, None),
    scope=Scope.BROKER,
    update=Update.CLUSTER_WIDE,
    doc="Connections allowed from one address.",
)
MAX_CONNECTION_CREATION_RATE: Final = Setting(
    "max.connection.creation.rate",
    Int,
    default=INT_MAX,
    bounds=(1, None),
    scope=Scope.BROKER,
    update=Update.CLUSTER_WIDE,
    doc="New connections a second, of all listeners or, behind listener.name.<listener>., of one. More wait for their turn.",
)
CONNECTIONS_MAX_IDLE_MS: Final = Setting(
    "connections.max.idle.ms",
    Millis,
    default=10 * MINUTE_MS,
    bounds=(SECOND_MS, None),
    scope=Scope.BROKER,
    doc="A connection on which nothing came for so long, and nothing is unanswered, is closed.",
)
REQUEST_SLOW_LOG_MS: Final = Setting(
    "request.slow.log.ms",
    Millis,
    default=SECOND_MS,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="A request that takes longer than this is logged, unless it waits on purpose, as a fetch does.",
)

FETCH_MAX_BYTES: Final = Setting(
    "fetch.max.bytes",
    Int,
    default=55 * MiB,
    bounds=(KiB, None),
    scope=Scope.BROKER,
    doc="Bytes of records in one fetch response at most, but for its first batch, which comes whole.",
)
FETCH_MEMORY_BYTES: Final = Setting(
    "fetch.memory.bytes",
    Long,
    default=256 * MiB,
    bounds=(MiB, None),
    scope=Scope.BROKER,
    doc="Bytes of fetched records that may wait for slow readers before fetches are given little at a time.",
)
MAX_INCREMENTAL_FETCH_SESSION_CACHE_SLOTS: Final = Setting(
    "max.incremental.fetch.session.cache.slots",
    Int,
    default=1000,
    bounds=(0, None),
    scope=Scope.BROKER,
    doc="Incremental fetch sessions kept at most. Clients without one send all their partitions each time.",
)
OFFSETS_PARTITIONS: Final = Setting(
    "offsets.topic.num.partitions",
    Int,
    default=50,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Partitions of __consumer_offsets; fixed once it exists.",
)
OFFSETS_REPLICATION: Final = Setting(
    "offsets.topic.replication.factor",
    Short,
    default=3,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Replicas of __consumer_offsets, cut to the number of brokers.",
)
OFFSETS_SEGMENT_BYTES: Final = Setting(
    "offsets.topic.segment.bytes",
    Int,
    default=100 * MiB,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Segment size of __consumer_offsets.",
)

TRANSACTION_STATE_PARTITIONS: Final = Setting(
    "transaction.state.log.num.partitions",
    Int,
    default=50,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Partitions of __transaction_state; fixed once it exists.",
)
TRANSACTION_STATE_REPLICATION: Final = Setting(
    "transaction.state.log.replication.factor",
    Short,
    default=3,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Replicas of __transaction_state, cut to the number of brokers.",
)
TRANSACTION_STATE_MIN_ISR: Final = Setting(
    "transaction.state.log.min.isr",
    Int,
    default=2,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="min.insync.replicas of __transaction_state.",
)
TRANSACTION_STATE_SEGMENT_BYTES: Final = Setting(
    "transaction.state.log.segment.bytes",
    Int,
    default=100 * MiB,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Segment size of __transaction_state.",
)
TRANSACTION_VERIFICATION: Final = Setting(
    "transaction.partition.verification.enable",
    Boolean,
    default=True,
    scope=Scope.BROKER,
    update=Update.CLUSTER_WIDE,
    doc="Whether a partition is checked to be part of the transaction that writes to it.",
)
SHARE_STATE_PARTITIONS: Final = Setting(
    "share.coordinator.state.topic.num.partitions",
    Int,
    default=50,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Partitions of __share_group_state; fixed once it exists.",
)
SHARE_STATE_REPLICATION: Final = Setting(
    "share.coordinator.state.topic.replication.factor",
    Short,
    default=3,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Replicas of __share_group_state, cut to the number of brokers.",
)
SHARE_STATE_MIN_ISR: Final = Setting(
    "share.coordinator.state.topic.min.isr",
    Short,
    default=2,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="min.insync.replicas of __share_group_state.",
)
SHARE_STATE_SEGMENT_BYTES: Final = Setting(
    "share.coordinator.state.topic.segment.bytes",
    Int,
    default=100 * MiB,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Segment size of __share_group_state.",
)
MAX_SHARE_SESSIONS: Final = Setting(
    "group.share.max.share.sessions",
    Int,
    default=2_000,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Share sessions kept at most.",
)
RETENTION_CHECK_INTERVAL_MS: Final = Setting(
    "log.retention.check.interval.ms",
    Millis,
    default=5 * MINUTE_MS,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="How often logs are asked whether something of them is old enough to be deleted.",
)

PRODUCER_ID_EXPIRATION_MS: Final = Setting(
    "producer.id.expiration.ms",
    Int,
    default=DAY_MS,
    bounds=(1, None),
    scope=Scope.BROKER,
    update=Update.CLUSTER_WIDE,
    doc="How long a log remembers a producer that writes nothing, and so knows what it sends again.",
)

NUM_PARTITIONS: Final = Setting(
    "num.partitions",
    Int,
    default=1,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Partitions of a topic created without a number.",
)
DEFAULT_REPLICATION_FACTOR: Final = Setting(
    "default.replication.factor",
    Int,
    default=1,
    scope=Scope.BROKER,
    doc="Replicas of a topic created without a factor, cut to the number of brokers.",
)
AUTO_CREATE_TOPICS_ENABLE: Final = Setting(
    "auto.create.topics.enable",
    Boolean,
    default=True,
    scope=Scope.BROKER,
    doc="Whether asking for an unknown topic creates it.",
)
DELETE_TOPIC_ENABLE: Final = Setting(
    "delete.topic.enable",
    Boolean,
    default=True,
    scope=Scope.BROKER,
    doc="Whether topics can be deleted.",
)
MAX_REQUEST_PARTITION_SIZE_LIMIT: Final = Setting(
    "max.request.partition.size.limit",
    Int,
    default=2_000,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Partitions in one page of DescribeTopicPartitions at most.",
)
TELEMETRY_MAX_BYTES: Final = Setting(
    "telemetry.max.bytes",
    Int,
    default=1 * MiB,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="Largest telemetry push of a client, compressed as it is sent.",
)

CLIENT_METRICS_INTERVAL_MS: Final = Setting(
    "interval.ms",
    Int,
    default=5 * MINUTE_MS,
    bounds=(100, 60 * MINUTE_MS),
    scope=Scope.CLIENT_METRICS,
    doc="How often clients push the metrics they are asked for.",
)
CLIENT_METRICS_METRICS: Final = Setting(
    "metrics",
    TextList,
    default=(),
    scope=Scope.CLIENT_METRICS,
    doc="Prefixes of the metrics that clients are asked for; * for all.",
)
CLIENT_METRICS_MATCH: Final = Setting(
    "match",
    TextList,
    default=(),
    scope=Scope.CLIENT_METRICS,
    check=_patterns,
    doc="Which clients are asked: selector=pattern, separated by commas; all of them must match.",
)


def _overrides(text: str) -> str | None:
    try:
        overrides_of(text)
    except ValueError:
        return "address:count, separated by commas"
    return None


MAX_CONNECTIONS_PER_IP_OVERRIDES: Final = Setting(
    "max.connections.per.ip.overrides",
    Text,
    default="",
    scope=Scope.BROKER,
    update=Update.CLUSTER_WIDE,
    check=_overrides,
    doc="Exceptions to max.connections.per.ip: address:count, separated by commas.",
)

SETTINGS: Final[tuple[AnySetting, ...]] = (
    LISTENERS,
    ADVERTISED_LISTENERS,
    LISTENER_SECURITY_PROTOCOL_MAP,
    CONTROLLER_LISTENER_NAMES,
    SOCKET_LISTEN_BACKLOG_SIZE,
    SOCKET_REQUEST_MAX_BYTES,
    QUEUED_MAX_REQUEST_BYTES,
    MAX_CONNECTIONS,
    MAX_CONNECTIONS_PER_IP,
    MAX_CONNECTIONS_PER_IP_OVERRIDES,
    MAX_CONNECTION_CREATION_RATE,
    CONNECTIONS_MAX_IDLE_MS,
    REQUEST_SLOW_LOG_MS,
    FETCH_MAX_BYTES,
    FETCH_MEMORY_BYTES,
    MAX_INCREMENTAL_FETCH_SESSION_CACHE_SLOTS,
    OFFSETS_PARTITIONS,
    OFFSETS_REPLICATION,
    OFFSETS_SEGMENT_BYTES,
    TRANSACTION_STATE_PARTITIONS,
    TRANSACTION_STATE_REPLICATION,
    TRANSACTION_STATE_MIN_ISR,
    TRANSACTION_STATE_SEGMENT_BYTES,
    TRANSACTION_VERIFICATION,
    SHARE_STATE_PARTITIONS,
    SHARE_STATE_REPLICATION,
    SHARE_STATE_MIN_ISR,
    SHARE_STATE_SEGMENT_BYTES,
    MAX_SHARE_SESSIONS,
    RETENTION_CHECK_INTERVAL_MS,
    PRODUCER_ID_EXPIRATION_MS,
    NUM_PARTITIONS,
    DEFAULT_REPLICATION_FACTOR,
    AUTO_CREATE_TOPICS_ENABLE,
    DELETE_TOPIC_ENABLE,
    MAX_REQUEST_PARTITION_SIZE_LIMIT,
    TELEMETRY_MAX_BYTES,
    CLIENT_METRICS_INTERVAL_MS,
    CLIENT_METRICS_METRICS,
    CLIENT_METRICS_MATCH,
)
