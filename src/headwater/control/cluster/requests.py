"""What the cluster machine can be asked. Ids, times and defaults come inside: the machine draws and looks up nothing."""

from collections.abc import Mapping
from enum import IntEnum

from msgspec import Struct

from headwater.machine.decision import Record
from headwater.security.quotas.entities import Entity
from headwater.wire.types import NodeId, TopicName, Uuid


class ResourceType(IntEnum):
    """Kafka's config resource types (`ConfigResource.Type`)."""

    TOPIC = 2
    BROKER = 4
    BROKER_LOGGER = 8
    CLIENT_METRICS = 16
    GROUP = 32


class Resource(Struct, frozen=True, kw_only=True):
    """What a setting belongs to. The cluster-wide default of brokers has the empty name."""

    type: ResourceType
    name: str


class CreateTopic(Struct, frozen=True, kw_only=True):
    """Answered by a `Topic`, also when only validated. Without `assignments`, replicas are placed in turns."""

    name: TopicName
    topic_id: Uuid
    partitions: int
    replication_factor: int
    assignments: tuple[tuple[NodeId, ...], ...] = ()
    settings: Mapping[str, str] = {}
    validate_only: bool = False


class DeleteTopic(Struct, frozen=True, kw_only=True):
    """By name or, where the name is empty, by id. Answered by the `Topic` that is gone."""

    name: TopicName = TopicName("")
    topic_id: Uuid | None = None


class AddPartitions(Struct, frozen=True, kw_only=True):
    """Grow a topic to `count` partitions. Answered by the `Topic` as it is then."""

    name: TopicName
    count: int
    assignments: tuple[tuple[NodeId, ...], ...] | None = None
    validate_only: bool = False


class ElectLeader(Struct, frozen=True, kw_only=True):
    """Have a partition led by its first replica or, with `unclean`, by any that lives where nobody leads. Answered by None."""

    topic: TopicName
    partition: int
    unclean: bool = False


class ReassignPartition(Struct, frozen=True, kw_only=True):
    """Give a partition to these replicas, at once: no engine here has to move bytes for it. None calls off a reassignment
    that another program began and left. Answered by None."""

    topic: TopicName
    partition: int
    replicas: tuple[NodeId, ...] | None
    may_change_factor: bool = True


class ConfigOperation(IntEnum):
    """KIP-339's operations on one setting."""

    SET = 0
    DELETE = 1
    APPEND = 2
    SUBTRACT = 3


class ConfigChange(Struct, frozen=True, kw_only=True):
    name: str
    operation: ConfigOperation
    value: str | None = None


class ChangeConfigs(Struct, frozen=True, kw_only=True):
    """Answered by None. With `replace`, settings that are not named go back to their defaults (AlterConfigs)."""

    resource: Resource
    changes: tuple[ConfigChange, ...]
    replace: bool = False
    validate_only: bool = False


class ChangeQuotas(Struct, frozen=True, kw_only=True):
    """Client quotas of one entity, by key; None takes one away. All of them or none. Answered by None."""

    entity: Entity
    changes: Mapping[str, float | None]
    validate_only: bool = False


class Endpoint(Struct, frozen=True, kw_only=True):
    """Where clients reach a broker through one listener; `security_protocol` is Kafka's number (0 is PLAINTEXT)."""

    name: str
    host: str
    port: int
    security_protocol: int


class RegisterBroker(Struct, frozen=True, kw_only=True):
    """A broker process begins. Answered by its `Broker`.

    After an unclean end every partition it leads begins a new leader epoch, so that clients find a lost tail (KIP-101).
    """

    node_id: NodeId
    incarnation: Uuid
    endpoints: tuple[Endpoint, ...]
    directory: Uuid
    rack: str | None = None
    unclean: bool = False


class UnregisterBroker(Struct, frozen=True, kw_only=True):
    """Forget a broker. Answered by None."""

    node_id: NodeId


class UnregisterController(Struct, frozen=True, kw_only=True):
    """Forget a controller. Answered by None."""

    node_id: NodeId


class AllocateProducerIds(Struct, frozen=True, kw_only=True):
    """Answered by the first id of a block that nobody else has or will have."""

    node_id: NodeId
    broker_epoch: int
    count: int = 1000


class FeatureChange(Struct, frozen=True, kw_only=True):
    """`level` 0 takes the feature away. The flags are UpdateFeatures' upgrade types, from version 1 on."""

    name: str
    level: int
    downgrade: bool = False
    unsafe: bool = False


class UpdateFeatures(Struct, frozen=True, kw_only=True):
    """All changes or none. Answered by None, or by the first refusal, or by a refusal for each name."""

    changes: tuple[FeatureChange, ...]
    validate_only: bool = False


class Bootstrap(Struct, frozen=True, kw_only=True):
    """The first records of a new cluster, with its feature levels. A cluster that has some is left as it is."""

    records: tuple[Record, ...]
