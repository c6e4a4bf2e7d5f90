"""Internal topics are made when they are first needed, with the settings that Kafka gives them."""

from collections.abc import Mapping
from typing import Protocol

from headwater.broker import settings as told
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.partitions import Partitions
from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.names import GROUP_OFFSETS, REMOTE_LOG_METADATA, SHARE_STATE, TRANSACTION_STATE
from headwater.control.cluster.requests import CreateTopic
from headwater.control.errors import ControlError, TopicExists
from headwater.kernel.layers import LiveSettings
from headwater.kernel.world import Randomness
from headwater.log.tiering import settings as remote
from headwater.machine.runtime import Runtime
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import TopicName, Uuid


class Founders(Protocol):
    """Who is needed to make a topic."""

    @property
    def cluster(self) -> Runtime[Cluster]: ...

    @property
    def partitions(self) -> Partitions: ...

    @property
    def settings(self) -> LiveSettings: ...

    @property
    def randomness(self) -> Randomness: ...


async def ensure_group_offsets(context: Context) -> None:
    """Until `__consumer_offsets` is there and its logs are open. Raises Refused."""
    broker = context.services.settings.broker
    await _ensure(
        context.services,
        GROUP_OFFSETS,
        partitions=broker[told.OFFSETS_PARTITIONS],
        replication=broker[told.OFFSETS_REPLICATION],
        settings={
            "cleanup.policy": "compact",
            "compression.type": "producer",
            "segment.bytes": str(broker[told.OFFSETS_SEGMENT_BYTES]),
        },
    )


async def ensure_transaction_state(context: Context) -> None:
    """Until `__transaction_state` is there and its logs are open. Raises Refused."""
    broker = context.services.settings.broker
    await _ensure(
        context.services,
        TRANSACTION_STATE,
        partitions=broker[told.TRANSACTION_STATE_PARTITIONS],
        replication=broker[told.TRANSACTION_STATE_REPLICATION],
        settings={
            "cleanup.policy": "compact",
            "compression.type": "uncompressed",
            "min.insync.replicas": str(broker[told.TRANSACTION_STATE_MIN_ISR]),
            "segment.bytes": str(broker[told.TRANSACTION_STATE_SEGMENT_BYTES]),
            "unclean.leader.election.enable": "false",
        },
    )


async def ensure_share_state(context: Context) -> None:
    """Until `__share_group_state` is there and its logs are open. Raises Refused."""
    broker = context.services.settings.broker
    await _ensure(
        context.services,
        SHARE_STATE,
        partitions=broker[told.SHARE_STATE_PARTITIONS],
        replication=broker[told.SHARE_STATE_REPLICATION],
        settings={
            "cleanup.policy": "delete",
            "compression.type": "producer",
            "min.insync.replicas": str(broker[told.SHARE_STATE_MIN_ISR]),
            "retention.ms": "-1",
            "segment.bytes": str(broker[told.SHARE_STATE_SEGMENT_BYTES]),
        },
    )


async def ensure_remote_log_metadata(services: Founders) -> None:
    """Until `__remote_log_metadata` is there and its logs are open. Raises Refused."""
    broker = services.settings.broker
    await _ensure(
        services,
        REMOTE_LOG_METADATA,
        partitions=broker[remote.METADATA_PARTITIONS],
        replication=broker[remote.METADATA_REPLICATION],
        settings={"cleanup.policy": "delete", "retention.ms": str(broker[remote.METADATA_RETENTION_MS])},
    )


async def _ensure(
    services: Founders, name: TopicName, *, partitions: int, replication: int, settings: Mapping[str, str]
) -> None:
    topic_id = services.partitions.id_of(name)
    if topic_id is None:
        brokers = len(services.cluster.head.brokers.active())
        answer = await services.cluster.ask(
            CreateTopic(
                name=name,
                topic_id=Uuid(services.randomness.uuid()),
                partitions=partitions,
                replication_factor=min(replication, brokers),
                settings=dict(settings),
            )
        )
        if isinstance(answer, ControlError) and not isinstance(answer, TopicExists):
            raise Refused(ErrorCode.COORDINATOR_NOT_AVAILABLE, str(answer))
        topic_id = services.partitions.id_of(name)
    if topic_id is not None:
        await services.partitions.opened(topic_id)
