"""DescribeProducers: what partitions remember of their producers, to find those that hang (KIP-664)."""

from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import Each
from headwater.control.cluster.names import check_name
from headwater.log.port import ProducerState as State
from headwater.security.access import Operation, topic as the_topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.describe_producers_request import DescribeProducersRequest, TopicRequest
from headwater.wire.messages.describe_producers_response import (
    DescribeProducersResponse,
    PartitionResponse,
    ProducerState,
    TopicResponse,
)
from headwater.wire.types import TopicName

_NONE: Final = -1


def _refused_topic(topic: TopicRequest, code: ErrorCode, why: str | None = None) -> TopicResponse:
    return TopicResponse(
        name=topic.name,
        partitions=tuple(
            PartitionResponse(partition_index=index, error_code=code, error_message=why)
            for index in topic.partition_indexes
        ),
    )


def refuse(request: DescribeProducersRequest, code: ErrorCode) -> DescribeProducersResponse:
    return DescribeProducersResponse(topics=tuple(_refused_topic(topic, code) for topic in request.topics))


API: Final = Api(
    DescribeProducersRequest,
    versions=between(0, 0),
    refuse=refuse,
    needs=(
        Each(
            operation=Operation.READ,
            items="topics",
            of=lambda topic: the_topic(topic.name),
            refused=_refused_topic,
            into="topics",
        ),
    ),
)


async def handle(context: Context, request: DescribeProducersRequest) -> DescribeProducersResponse:
    return DescribeProducersResponse(topics=tuple(_described(context, topic) for topic in request.topics))


def _described(context: Context, topic: TopicRequest) -> TopicResponse:
    if refusal := check_name(topic.name):
        return _refused_topic(topic, refusal.code, str(refusal))
    return TopicResponse(
        name=topic.name,
        partitions=tuple(_partition(context, TopicName(topic.name), index) for index in topic.partition_indexes),
    )


def _partition(context: Context, topic: TopicName, index: int) -> PartitionResponse:
    log = context.services.partitions.find(topic, index)
    if isinstance(log, ErrorCode):
        return PartitionResponse(partition_index=index, error_code=log)
    return PartitionResponse(partition_index=index, active_producers=tuple(map(_producer, log.producers())))


def _producer(state: State) -> ProducerState:
    return ProducerState(
        producer_id=state.producer_id,
        producer_epoch=state.epoch,
        last_sequence=state.last_sequence,
        last_timestamp=state.last_timestamp,
        coordinator_epoch=state.coordinator_epoch,
        current_txn_start_offset=_NONE if state.transaction_start is None else state.transaction_start,
    )
