"""What a broker is told about remote storage. Kafka's plugins have names for what they are; ours has an address."""

from typing import Any, Final

from msgspec import Struct

from headwater.kernel.kinds import LONG_MAX, Boolean, Bytes, Int, Kind, Millis, Password, Secret, Text
from headwater.kernel.layers import Settings
from headwater.kernel.settings import Scope, Setting, Update
from headwater.kernel.units import SECOND_MS, MiB

_INT_MAX: Final = 2**31 - 1


class FetchLimits(Struct, frozen=True, kw_only=True):
    """What reading may take, in bytes."""

    cache_bytes: int
    read_ahead_bytes: int
    bytes_per_second: int


class Patience(Struct, frozen=True, kw_only=True):
    """How long the store is waited for."""

    fetch_ms: int
    search_ms: int


def _options_of(text: str) -> dict[str, str]:
    """Raises ValueError."""
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    if any(not name.strip() or not separator for name, separator, _ in pairs):
        raise ValueError(text)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _wrong_options(value: Secret) -> str | None:
    try:
        _options_of(value.reveal())
    except ValueError:
        return "name=value, separated by commas"
    return None


def _dynamic(name: str, kind: Kind[int], *, default: int, doc: str, most: int | None = None) -> Setting[int]:
    return Setting(
        name, kind, default=default, scope=Scope.BROKER, bounds=(1, most), update=Update.CLUSTER_WIDE, doc=doc
    )


SYSTEM_ENABLE: Final = Setting(
    "remote.log.storage.system.enable",
    Boolean,
    default=False,
    scope=Scope.BROKER,
    doc="Whether topics may have remote.storage.enable; remote.storage.url must be set too.",
)
URL: Final = Setting(
    "remote.storage.url",
    Text,
    default=None,
    scope=Scope.BROKER,
    doc="Where remote storage is: s3://bucket/path, gs://bucket/path, az://account/container/path, file:///folder.",
)
OPTIONS: Final = Setting(
    "remote.storage.options",
    Password,
    default=None,
    scope=Scope.BROKER,
    check=_wrong_options,
    doc="How to reach it: name=value, separated by commas, such as region=eu-west-1; allow_http=true for a store without TLS. "
    "What is not set comes from the environment, as AWS_ACCESS_KEY_ID.",
)
TIMEOUT_MS: Final = Setting(
    "remote.storage.timeout.ms",
    Millis,
    default=30 * SECOND_MS,
    bounds=(1, _INT_MAX),
    scope=Scope.BROKER,
    doc="Longest a request to remote storage may take, its repetitions included; a large copy gets more by its size.",
)
CACHE_BYTES: Final = _dynamic(
    "remote.fetch.cache.bytes",
    Bytes,
    default=64 * MiB,
    doc="Memory for what was fetched from remote storage.",
)
READ_AHEAD_BYTES: Final = _dynamic(
    "remote.fetch.read.ahead.bytes",
    Bytes,
    default=4 * MiB,
    doc="How much is fetched ahead of a consumer that reads on in remote storage.",
)
FETCH_MAX_WAIT_MS: Final = _dynamic(
    "remote.fetch.max.wait.ms",
    Int,
    default=500,
    most=_INT_MAX,
    doc="Longest wait for remote storage before a fetch is answered without its records.",
)
LIST_OFFSETS_TIMEOUT_MS: Final = _dynamic(
    "remote.list.offsets.request.timeout.ms",
    Millis,
    default=30 * SECOND_MS,
    doc="Longest wait for remote storage before a search for a time is given up.",
)
COPIES_AT_ONCE: Final = _dynamic(
    "remote.log.manager.copier.thread.pool.size",
    Int,
    default=10,
    most=_INT_MAX,
    doc="Partitions whose segments are copied, and deleted, at the same time.",
)
COPY_BYTES_PER_SECOND: Final = _dynamic(
    "remote.log.manager.copy.max.bytes.per.second",
    Bytes,
    default=LONG_MAX,
    doc="Upper bound on the speed of copying to remote storage.",
)
FETCH_BYTES_PER_SECOND: Final = _dynamic(
    "remote.log.manager.fetch.max.bytes.per.second",
    Bytes,
    default=LONG_MAX,
    doc="Upper bound on the speed of reading from remote storage.",
)
TASK_INTERVAL_MS: Final = Setting(
    "remote.log.manager.task.interval.ms",
    Millis,
    default=30 * SECOND_MS,
    bounds=(1, None),
    scope=Scope.BROKER,
    doc="How often each partition is looked at: what is to be copied, what is to go.",
)
RETRY_BACKOFF_MS: Final = Setting(
    "remote.log.manager.task.retry.backoff.ms",
    Millis,
    default=500,
    bounds=(1, None),
    scope=Scope.BROKER,
    internal=True,
    doc="Pause after a first failure in a partition.",
)
RETRY_BACKOFF_MAX_MS: Final = Setting(
    "remote.log.manager.task.retry.backoff.max.ms",
    Millis,
    default=30 * SECOND_MS,
    bounds=(1, None),
    scope=Scope.BROKER,
    internal=True,
    doc="Longest pause after failures in a partition.",
)
METADATA_PARTITIONS: Final = Setting(
    "rlmm.config.remote.log.metadata.topic.num.partitions",
    Int,
    default=50,
    bounds=(1, _INT_MAX),
    scope=Scope.BROKER,
    doc="Partitions of __remote_log_metadata when it is made; they can't be changed afterwards.",
)
METADATA_REPLICATION: Final = Setting(
    "rlmm.config.remote.log.metadata.topic.replication.factor",
    Int,
    default=3,
    bounds=(1, _INT_MAX),
    scope=Scope.BROKER,
    doc="Replicas of __remote_log_metadata when it is made, as far as there are brokers.",
)
METADATA_RETENTION_MS: Final = Setting(
    "rlmm.config.remote.log.metadata.topic.retention.ms",
    Millis,
    default=-1,
    bounds=(-1, None),
    scope=Scope.BROKER,
    doc="How long __remote_log_metadata keeps records; what is forgotten there is lost.",
)
SETTINGS: Final[tuple[Setting[Any], ...]] = (
    SYSTEM_ENABLE,
    URL,
    OPTIONS,
    TIMEOUT_MS,
    CACHE_BYTES,
    READ_AHEAD_BYTES,
    FETCH_MAX_WAIT_MS,
    LIST_OFFSETS_TIMEOUT_MS,
    COPIES_AT_ONCE,
    COPY_BYTES_PER_SECOND,
    FETCH_BYTES_PER_SECOND,
    TASK_INTERVAL_MS,
    RETRY_BACKOFF_MS,
    RETRY_BACKOFF_MAX_MS,
    METADATA_PARTITIONS,
    METADATA_REPLICATION,
    METADATA_RETENTION_MS,
)


def store_options(broker: Settings) -> dict[str, str]:
    options = broker[OPTIONS]
    return _options_of(options.reveal()) if options is not None else {}


def fetch_limits(broker: Settings) -> FetchLimits:
    return FetchLimits(
        cache_bytes=broker[CACHE_BYTES],
        read_ahead_bytes=broker[READ_AHEAD_BYTES],
        bytes_per_second=broker[FETCH_BYTES_PER_SECOND],
    )


def patience(broker: Settings) -> Patience:
    return Patience(fetch_ms=broker[FETCH_MAX_WAIT_MS], search_ms=broker[LIST_OFFSETS_TIMEOUT_MS])
