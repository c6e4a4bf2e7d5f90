"""What a cluster looks like: its brokers, and its topics with the leader of each partition. Frozen; learned anew when wrong."""

from collections.abc import Mapping
from dataclasses import dataclass

from headwater.client.address import Address
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.metadata_response import MetadataResponse, MetadataResponseTopic
from headwater.wire.types import ZERO_UUID, Uuid


@dataclass(frozen=True, kw_only=True, slots=True)
class Broker:
    id: int
    address: Address
    rack: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Partition:
    index: int
    leader: int
    """-1 where there is none at the moment."""
    leader_epoch: int
    replicas: tuple[int, ...]
    isr: tuple[int, ...]
    error_code: int = ErrorCode.NONE


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    name: str
    id: Uuid = ZERO_UUID
    is_internal: bool = False
    partitions: tuple[Partition, ...] = ()
    """By index, from 0 on."""
    error_code: int = ErrorCode.NONE


@dataclass(frozen=True, kw_only=True, slots=True)
class Metadata:
    cluster_id: str | None
    controller: int
    brokers: Mapping[int, Broker]
    topics: Mapping[str, Topic]


def metadata_of(response: MetadataResponse) -> Metadata:
    return Metadata(
        cluster_id=response.cluster_id,
        controller=response.controller_id,
        brokers={
            each.node_id: Broker(id=each.node_id, address=Address(each.host, each.port), rack=each.rack)
            for each in response.brokers
        },
        topics={each.name: _topic(each.name, each) for each in response.topics if each.name is not None},
    )


def _topic(name: str, topic: MetadataResponseTopic) -> Topic:
    partitions = (
        Partition(
            index=each.partition_index,
            leader=each.leader_id,
            leader_epoch=each.leader_epoch,
            replicas=each.replica_nodes,
            isr=each.isr_nodes,
            error_code=each.error_code,
        )
        for each in topic.partitions
    )
    return Topic(
        name=name,
        id=topic.topic_id,
        is_internal=topic.is_internal,
        partitions=tuple(sorted(partitions, key=lambda each: each.index)),
        error_code=topic.error_code,
    )
