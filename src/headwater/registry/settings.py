"""What a registry is told, by the names of Confluent's `schema-registry.properties`."""

from collections.abc import Mapping
from typing import Final, TypeVar

from headwater.http.parameters import INT_MAX
from headwater.kernel.catalogue import AnySetting
from headwater.kernel.kinds import Boolean, Bytes, Choice, Int, Millis, Password, Text, TextList
from headwater.kernel.logging import get
from headwater.kernel.settings import Scope, Setting
from headwater.kernel.units import MINUTE_MS, SECOND_MS, KiB, MiB
from headwater.registry import security_settings
from headwater.registry.levels import CompatibilityLevel

V = TypeVar("V")

_log = get("registry.settings")

LISTENERS: Final = Setting(
    "listeners",
    TextList,
    default=("http://0.0.0.0:8081",),
    scope=Scope.REGISTRY,
    doc="Where it listens: http:// or https://, a host (0.0.0.0 for every address) and a port (0 for any).",
)
HOST_NAME: Final = Setting(
    "host.name",
    Text,
    default=None,
    scope=Scope.REGISTRY,
    doc="Under which name the other registries of the group reach this one; without it the name of the machine.",
)
BOOTSTRAP_SERVERS: Final = Setting(
    "kafkastore.bootstrap.servers",
    TextList,
    default=(),
    scope=Scope.REGISTRY,
    doc="Brokers of the cluster that it keeps its schemas in, each with or without its protocol before it, such as SASL_SSL://.",
)
TOPIC: Final = Setting(
    "kafkastore.topic",
    Text,
    default="_schemas",
    scope=Scope.REGISTRY,
    doc="The topic with everything in it: one partition, compacted. It is made where it is missing.",
)
REPLICATION_FACTOR: Final = Setting(
    "kafkastore.topic.replication.factor",
    Int,
    default=3,
    bounds=(1, None),
    scope=Scope.REGISTRY,
    doc="Replicas of topics that it makes, or as many as there are brokers, if these are fewer.",
)
SKIP_VALIDATION: Final = Setting(
    "kafkastore.topic.skip.validation",
    Boolean,
    default=False,
    scope=Scope.REGISTRY,
    doc="Neither make topics nor look whether they are as they must be.",
)
STORE_TIMEOUT_MS: Final = Setting(
    "kafkastore.timeout.ms",
    Int,
    default=500,
    bounds=(0, None),
    scope=Scope.REGISTRY,
    doc="How long a registry that forwarded a change waits until it has read the change itself, before it answers.",
)
INIT_TIMEOUT_MS: Final = Setting(
    "kafkastore.init.timeout.ms",
    Int,
    default=MINUTE_MS,
    bounds=(0, None),
    scope=Scope.REGISTRY,
    doc="How long the topics may take to be made and read at the start.",
)
GROUP_ID: Final = Setting(
    "schema.registry.group.id",
    Text,
    default="schema-registry",
    scope=Scope.REGISTRY,
    doc="The group in which registries choose the one that writes; one for each set of them on a cluster.",
)
SESSION_TIMEOUT_MS: Final = Setting(
    "kafkagroup.session.timeout.ms",
    Int,
    default=6 * SECOND_MS,
    bounds=(1, None),
    scope=Scope.REGISTRY,
    doc="After how long a registry that is not heard of no longer counts (10000 in Confluent's).",
)
HEARTBEAT_INTERVAL_MS: Final = Setting(
    "kafkagroup.heartbeat.interval.ms",
    Int,
    default=2 * SECOND_MS,
    bounds=(1, None),
    scope=Scope.REGISTRY,
    doc="How often a registry is heard of (3000 in Confluent's).",
)
REBALANCE_TIMEOUT_MS: Final = Setting(
    "kafkagroup.rebalance.timeout.ms",
    Int,
    default=5 * MINUTE_MS,
    bounds=(1, None),
    scope=Scope.REGISTRY,
    doc="How long the others wait for a registry when they choose anew.",
)
LEADER_ELIGIBILITY: Final = Setting(
    "leader.eligibility",
    Boolean,
    default=True,
    scope=Scope.REGISTRY,
    doc="Whether this registry may be chosen to write.",
)
LEADER_STICKY: Final = Setting(
    "leader.election.sticky",
    Boolean,
    default=False,
    scope=Scope.REGISTRY,
    doc="Whether the registry that writes goes on writing when others come. The same for all of a group.",
)
LEADER_CONNECT_TIMEOUT_MS: Final = Setting(
    "leader.connect.timeout.ms",
    Int,
    default=MINUTE_MS,
    bounds=(1, None),
    scope=Scope.REGISTRY,
    doc="How long connecting to the registry that writes may take.",
)
LEADER_READ_TIMEOUT_MS: Final = Setting(
    "leader.read.timeout.ms",
    Int,
    default=MINUTE_MS,
    bounds=(1, None),
    scope=Scope.REGISTRY,
    doc="How long the answer of the registry that writes may take.",
)
INTER_INSTANCE_PROTOCOL: Final = Setting(
    "inter.instance.protocol",
    Choice("http", "https"),
    default="http",
    scope=Scope.REGISTRY,
    doc="On which kind of listener the other registries reach this one: the last such one.",
)
INTER_INSTANCE_HEADERS: Final = Setting(
    "inter.instance.headers.whitelist",
    TextList,
    default=(),
    scope=Scope.REGISTRY,
    doc="Headers that are forwarded besides Content-Type, Accept, Authorization and X-Request-ID.",
)
COMPATIBILITY_LEVEL: Final = Setting(
    "schema.compatibility.level",
    Text,
    default="backward",
    check=lambda text: None if text.upper() in CompatibilityLevel.__members__ else "a level of compatibility",
    scope=Scope.REGISTRY,
    doc="The compatibility where no config says anything.",
)
VALIDATE_FIELDS: Final = Setting(
    "schema.validate.fields",
    Boolean,
    default=False,
    scope=Scope.REGISTRY,
    doc="Whether fields with reserved names are refused where no config says anything.",
)
VALIDATE_NEW_SCHEMAS: Final = Setting(
    "schema.validate.new.schemas",
    Boolean,
    default=True,
    scope=Scope.REGISTRY,
    doc="Whether names and defaults of new Avro schemas are checked where no config says anything.",
)
SCHEMA_BYTES_MAX: Final = Setting(
    "schema.bytes.max",
    Bytes,
    default=1 * MiB,
    bounds=(1 * KiB, 8 * MiB),
    scope=Scope.REGISTRY,
    doc="The longest text of a schema that is looked at; a longer one is refused with 42209 (none in Confluent's).",
)
SCHEMA_DEADLINE_MS: Final = Setting(
    "schema.deadline.ms",
    Millis,
    default=5 * SECOND_MS,
    bounds=(10, 60 * SECOND_MS),
    scope=Scope.REGISTRY,
    doc="How long parsing or comparing a schema may take, before its worker is killed (no bound in Confluent's).",
)
MODE_MUTABILITY: Final = Setting(
    "mode.mutability",
    Boolean,
    default=True,
    scope=Scope.REGISTRY,
    doc="Whether anybody may change a mode.",
)
ENCODER_SECRET: Final = Setting(
    "metadata.encoder.secret",
    Password,
    default=None,
    scope=Scope.REGISTRY,
    doc="Under which sensitive metadata is sealed in the topic.",
)
ENCODER_OLD_SECRET: Final = Setting(
    "metadata.encoder.old.secret",
    Password,
    default=None,
    scope=Scope.REGISTRY,
    doc="Under which it was sealed until now: what it sealed is sealed anew.",
)
ENCODER_TOPIC: Final = Setting(
    "metadata.encoder.topic",
    Text,
    default="_schema_encoders",
    scope=Scope.REGISTRY,
    doc="The topic with the sealed keys that seal sensitive metadata.",
)
KEYS_TOPIC: Final = Setting(
    "dek.registry.topic",
    Text,
    default="_dek_registry_keys",
    scope=Scope.REGISTRY,
    doc="The topic with the keys that encrypt data, wrapped.",
)
KEYS_MAX: Final = Setting(
    "dek.registry.max.keys",
    Int,
    default=20_000,
    bounds=(0, None),
    scope=Scope.REGISTRY,
    doc="Key encryption keys, and as many data encryption keys.",
)


def _search_limits(of: str, what: str) -> tuple[Setting[int], Setting[int]]:
    """What an answer holds that is asked for without a limit, and what it may be asked to hold."""
    usual = Setting(
        f"{of}.search.default.limit",
        Int,
        default=INT_MAX,
        bounds=(1, INT_MAX),
        scope=Scope.REGISTRY,
        doc=f"As many {what} are told to whoever names no limit, or one past the largest.",
    )
    most = Setting(
        f"{of}.search.max.limit",
        Int,
        default=INT_MAX,
        bounds=(1, INT_MAX),
        scope=Scope.REGISTRY,
        doc=f"The largest limit of {what} that can be asked for.",
    )
    return usual, most


KEK_LIMITS: Final = _search_limits("kek", "key encryption keys")
DEK_SUBJECT_LIMITS: Final = _search_limits("dek.subject", "subjects of data encryption keys")
DEK_VERSION_LIMITS: Final = _search_limits("dek.version", "versions of a data encryption key")
EXPORTER_CONFIGS_TOPIC: Final = Setting(
    "exporter.config.topic",
    Text,
    default="_exporter_configs",
    scope=Scope.REGISTRY,
    doc="The topic with the exporters of schema linking.",
)
EXPORTER_STATES_TOPIC: Final = Setting(
    "exporter.state.topic",
    Text,
    default="_exporter_states",
    scope=Scope.REGISTRY,
    doc="The topic with how far each exporter is.",
)
PASSWORD_ENCODER_SECRET: Final = Setting(
    "password.encoder.secret",
    Password,
    default=None,
    scope=Scope.REGISTRY,
    doc="Under which the secrets of exporters are sealed in their topic. Without it exporters with secrets are refused.",
)

SETTINGS: Final[tuple[AnySetting, ...]] = (
    LISTENERS,
    HOST_NAME,
    BOOTSTRAP_SERVERS,
    TOPIC,
    REPLICATION_FACTOR,
    SKIP_VALIDATION,
    STORE_TIMEOUT_MS,
    INIT_TIMEOUT_MS,
    GROUP_ID,
    SESSION_TIMEOUT_MS,
    HEARTBEAT_INTERVAL_MS,
    REBALANCE_TIMEOUT_MS,
    LEADER_ELIGIBILITY,
    LEADER_STICKY,
    LEADER_CONNECT_TIMEOUT_MS,
    LEADER_READ_TIMEOUT_MS,
    INTER_INSTANCE_PROTOCOL,
    INTER_INSTANCE_HEADERS,
    COMPATIBILITY_LEVEL,
    VALIDATE_FIELDS,
    VALIDATE_NEW_SCHEMAS,
    SCHEMA_BYTES_MAX,
    SCHEMA_DEADLINE_MS,
    MODE_MUTABILITY,
    ENCODER_SECRET,
    ENCODER_OLD_SECRET,
    ENCODER_TOPIC,
    KEYS_TOPIC,
    KEYS_MAX,
    *KEK_LIMITS,
    *DEK_SUBJECT_LIMITS,
    *DEK_VERSION_LIMITS,
    EXPORTER_CONFIGS_TOPIC,
    EXPORTER_STATES_TOPIC,
    PASSWORD_ENCODER_SECRET,
    *security_settings.SETTINGS,
)

_OLD_NAMES: Final = {
    "schema.registry.inter.instance.protocol": INTER_INSTANCE_PROTOCOL.name,
    "avro.compatibility.level": COMPATIBILITY_LEVEL.name,
    "master.eligibility": LEADER_ELIGIBILITY.name,
}
_EMPTY_SAYS: Final = (
    security_settings.LISTENER_TLS.endpoint_identification.name,
    security_settings.CLUSTER.tls.endpoint_identification.name,
)
"""Settings to which an empty text is a value; to all others it is none."""
TOPIC_CONFIG: Final = "kafkastore.topic.config."
"""Before the name of any setting of the topics that are made."""


class RegistrySettings:
    """Values by setting. Made of texts, of which each is checked; names that nobody knows are warned about."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        said = {_OLD_NAMES.get(name, name): text for name, text in texts.items()}
        self._texts = {name: text for name, text in said.items() if text.strip() or name in _EMPTY_SAYS}
        known = {each.name: each for each in SETTINGS}
        for name, text in self._texts.items():
            if name in known:
                known[name].parse(text)
            elif not name.startswith(TOPIC_CONFIG):
                _log.warn("a setting that nobody knows", name=name)

    def __getitem__(self, setting: Setting[V]) -> V:
        text = self._texts.get(setting.name)
        return setting.default if text is None else setting.parse(text)

    @property
    def of_topics(self) -> dict[str, str]:
        """For topics that are made."""
        named = ((name, text) for name, text in self._texts.items() if name.startswith(TOPIC_CONFIG))
        return {name.removeprefix(TOPIC_CONFIG): text for name, text in named}
