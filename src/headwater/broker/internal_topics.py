"""Internal topics are made when they are first needed, with the settings that Kafka gives them."""

from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.settings import OFFSETS_PARTITIONS, OFFSETS_REPLICATION, OFFSETS_SEGMENT_BYTES
from headwater.control.cluster.names import GROUP_OFFSETS
from headwater.control.cluster.requests import CreateTopic
from headwater.control.errors import ControlError, TopicExists
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import Uuid


async def ensure_group_offsets(context: Context) -> None:
    """Until `__consumer_offsets` is there and its logs are open. Raises Refused."""
    services = context.services
    topic_id = services.partitions.id_of(GROUP_OFFSETS)
    if topic_id is None:
        broker = services.settings.broker
        brokers = len(services.cluster.head.brokers.active())
        answer = await services.cluster.ask(
            CreateTopic(
                name=GROUP_OFFSETS,
                topic_id=Uuid(services.randomness.uuid()),
                partitions=broker[OFFSETS_PARTITIONS],
                replication_factor=min(broker[OFFSETS_REPLICATION], brokers),
                settings={
                    "cleanup.policy": "compact",
                    "compression.type": "producer",
                    "segment.bytes": str(broker[OFFSETS_SEGMENT_BYTES]),
                },
            )
        )
        if isinstance(answer, ControlError) and not isinstance(answer, TopicExists):
            raise Refused(ErrorCode.COORDINATOR_NOT_AVAILABLE, str(answer))
        topic_id = services.partitions.id_of(GROUP_OFFSETS)
    if topic_id is not None:
        await services.partitions.opened(topic_id)
