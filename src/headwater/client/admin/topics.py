"""Topics: make, list, describe, delete, give more partitions, delete records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from headwater.client.cluster import Cluster
from headwater.client.errors import check
from headwater.client.metadata import Topic
from headwater.client.roles import Controller, Leader
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.create_partitions_request import CreatePartitionsRequest, CreatePartitionsTopic
from headwater.wire.messages.create_partitions_response import CreatePartitionsResponse
from headwater.wire.messages.create_topics_request import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from headwater.wire.messages.create_topics_response import CreateTopicsResponse
from headwater.wire.messages.delete_records_request import (
    DeleteRecordsPartition,
    DeleteRecordsRequest,
    DeleteRecordsTopic,
)
from headwater.wire.messages.delete_records_response import DeleteRecordsResponse
from headwater.wire.messages.delete_topics_request import DeleteTopicsRequest, DeleteTopicState
from headwater.wire.messages.delete_topics_response import DeleteTopicsResponse
from headwater.wire.schema import Versions
from headwater.wire.types import Uuid

BROKERS_DEFAULT: Final = -1
"""As a number of partitions or replicas: what the broker's settings say."""
_DELETE_VERSIONS: Final = Versions(6, 6)
"""Where a topic may be named by its id (Kafka 2.8)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTopic:
    name: str
    partitions: int = BROKERS_DEFAULT
    replication_factor: int = BROKERS_DEFAULT
    assignments: Mapping[int, Sequence[int]] = field(default_factory=dict)
    """The replicas of each partition, instead of the two numbers."""
    configs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class CreatedTopic:
    """What was made; the numbers are -1 where the broker does not tell."""

    name: str
    id: Uuid
    partitions: int
    replication_factor: int


async def create_topic(cluster: Cluster, topic: NewTopic, *, validate_only: bool = False) -> CreatedTopic:
    request = CreateTopicsRequest(
        topics=(_creatable(topic),), timeout_ms=cluster.options.request_timeout_ms, validate_only=validate_only
    )
    answer = await cluster.ask(Controller(), request, CreateTopicsResponse, accept=_controller_answered)
    (made,) = answer.topics
    check(made.error_code, subject=f"topic {topic.name}", message=made.error_message)
    return CreatedTopic(
        name=made.name, id=made.topic_id, partitions=made.num_partitions, replication_factor=made.replication_factor
    )


async def list_topics(cluster: Cluster, *, internal: bool = False) -> tuple[Topic, ...]:
    """All that may be seen, by name."""
    topics = (await cluster.metadata()).topics
    return tuple(topics[name] for name in sorted(topics) if internal or not topics[name].is_internal)


async def describe_topic(cluster: Cluster, name: str) -> Topic:
    topic = (await cluster.metadata((name,))).topics[name]
    check(topic.error_code, subject=f"topic {name}")
    return topic


async def delete_topic(cluster: Cluster, name: str) -> None:
    request = DeleteTopicsRequest(topics=(DeleteTopicState(name=name),), timeout_ms=cluster.options.request_timeout_ms)
    answer = await cluster.ask(
        Controller(), request, DeleteTopicsResponse, versions=_DELETE_VERSIONS, accept=_controller_deleted
    )
    (deleted,) = answer.responses
    check(deleted.error_code, subject=f"topic {name}", message=deleted.error_message)


async def create_partitions(cluster: Cluster, name: str, count: int, *, validate_only: bool = False) -> None:
    """`count` is how many there will be in all."""
    request = CreatePartitionsRequest(
        topics=(CreatePartitionsTopic(name=name, count=count, assignments=None),),
        timeout_ms=cluster.options.request_timeout_ms,
        validate_only=validate_only,
    )
    answer = await cluster.ask(Controller(), request, CreatePartitionsResponse, accept=_controller_divided)
    (result,) = answer.results
    check(result.error_code, subject=f"topic {name}", message=result.error_message)


async def delete_records(cluster: Cluster, topic: str, partition: int, *, before: int) -> int:
    """Moves the log start offset to `before` (-1 for the high watermark); gives where the log then begins."""
    request = DeleteRecordsRequest(
        topics=(
            DeleteRecordsTopic(
                name=topic, partitions=(DeleteRecordsPartition(partition_index=partition, offset=before),)
            ),
        ),
        timeout_ms=cluster.options.request_timeout_ms,
    )

    def accept(answer: DeleteRecordsResponse) -> None:
        check(answer.topics[0].partitions[0].error_code, subject=f"partition {partition} of topic {topic}")

    answer = await cluster.ask(Leader(topic, partition), request, DeleteRecordsResponse, accept=accept)
    return answer.topics[0].partitions[0].low_watermark


def _creatable(topic: NewTopic) -> CreatableTopic:
    return CreatableTopic(
        name=topic.name,
        num_partitions=BROKERS_DEFAULT if topic.assignments else topic.partitions,
        replication_factor=BROKERS_DEFAULT if topic.assignments else topic.replication_factor,
        assignments=tuple(
            CreatableReplicaAssignment(partition_index=index, broker_ids=tuple(brokers))
            for index, brokers in topic.assignments.items()
        ),
        configs=tuple(CreatableTopicConfig(name=name, value=value) for name, value in topic.configs.items()),
    )


def _controller_answered(answer: CreateTopicsResponse) -> None:
    _ask_again_if_moved(answer.topics[0].error_code)


def _controller_deleted(answer: DeleteTopicsResponse) -> None:
    _ask_again_if_moved(answer.responses[0].error_code)


def _controller_divided(answer: CreatePartitionsResponse) -> None:
    _ask_again_if_moved(answer.results[0].error_code)


def _ask_again_if_moved(error_code: int) -> None:
    """Only this is worth another try: an unknown topic, retriable to a producer, is an answer to an administrator."""
    if error_code == ErrorCode.NOT_CONTROLLER:
        check(error_code)
