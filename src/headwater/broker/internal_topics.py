"""Internal topics are made when they are first needed, with the settings that Kafka gives them."""

from collections.abc import Mapping

from headwater.broker import settings as told
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.control.cluster.names import GROUP_OFFSETS, SHARE_STATE, TRANSACTION_STATE
from headwater.control.cluster.requests import CreateTopic
from headwater.control.errors import ControlError, TopicExists
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import TopicName, Uuid


async def ensure_group_offsets(context: Context) -> None:
    """Until `__consumer_offsets` is there and its logs are open. Raises Refused."""
    broker = context.services.settings.broker
    await _ensure(
        context,
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
        context,
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
        context,
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


async def _ensure(
    context: Context, name: TopicName, *, partitions: int, replication: int, settings: Mapping[str, str]
) -> None:
    services = context.services
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
