"""Offsets: where a log begins and ends, where a time lies in it, and how far a group has read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby
from typing import Final, NewType

from headwater.client.cluster import Cluster
from headwater.client.errors import check
from headwater.client.roles import Coordinator, Leader
from headwater.kernel.units import Timestamp
from headwater.wire.messages.list_offsets_request import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from headwater.wire.messages.list_offsets_response import ListOffsetsPartitionResponse, ListOffsetsResponse
from headwater.wire.messages.offset_commit_request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from headwater.wire.messages.offset_commit_response import OffsetCommitResponse
from headwater.wire.messages.offset_delete_request import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from headwater.wire.messages.offset_delete_response import OffsetDeleteResponse
from headwater.wire.messages.offset_fetch_request import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
)
from headwater.wire.messages.offset_fetch_response import OffsetFetchResponse, OffsetFetchResponseGroup
from headwater.wire.schema import Versions

TopicPartition = tuple[str, int]

COMMIT_VERSIONS: Final = Versions(2, 9)
"""Before topics are named by ids alone."""
FETCH_VERSIONS: Final = Versions(8, 9)
"""With groups (Kafka 3.0), before topics are named by ids alone."""
_CONSUMER: Final = -1
_READ_COMMITTED: Final = 1
NO_OFFSET: Final = -1


class At(IntEnum):
    """Places in a log that have no time, as the timestamps that ask for them."""

    LATEST = -1
    EARLIEST = -2
    MAX_TIMESTAMP = -3
    EARLIEST_LOCAL = -4
    LATEST_TIERED = -5
    EARLIEST_PENDING_UPLOAD = -6


Generation = NewType("Generation", int)
NO_GENERATION: Final = Generation(-1)


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundOffset:
    offset: int
    """-1 where no record is that late."""
    timestamp: int
    leader_epoch: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CommittedOffset:
    offset: int
    leader_epoch: int = -1
    metadata: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CommitsAs:
    """In whose name a group's offsets are committed; the default is no member's, which an empty group allows."""

    member_id: str = ""
    generation: Generation = NO_GENERATION
    instance_id: str | None = None


NO_MEMBER: Final = CommitsAs()


async def find_offset(
    cluster: Cluster, topic: str, partition: int, at: At | Timestamp, *, read_committed: bool = False
) -> FoundOffset:
    """The first offset whose record is as late as `at`, or a special place."""

    def accept(answer: ListOffsetsResponse) -> None:
        check(_only(answer).error_code, subject=f"partition {partition} of topic {topic}")

    request = ListOffsetsRequest(
        replica_id=_CONSUMER,
        isolation_level=_READ_COMMITTED if read_committed else 0,
        topics=(
            ListOffsetsTopic(name=topic, partitions=(ListOffsetsPartition(partition_index=partition, timestamp=at),)),
        ),
        timeout_ms=cluster.options.request_timeout_ms,
    )
    answer = await cluster.ask(Leader(topic, partition), request, ListOffsetsResponse, accept=accept)
    found = _only(answer)
    return FoundOffset(offset=found.offset, timestamp=found.timestamp, leader_epoch=found.leader_epoch)


async def committed_offsets(
    cluster: Cluster, group: str, partitions: Sequence[TopicPartition] | None = None
) -> dict[TopicPartition, CommittedOffset]:
    """What a group has committed for these partitions, or for all. A partition without a commit is not in the answer."""

    def accept(answer: OffsetFetchResponse) -> None:
        check(answer.groups[0].error_code, subject=f"group {group}")
        for topic in answer.groups[0].topics:
            for each in topic.partitions:
                check(each.error_code, subject=f"partition {each.partition_index} of topic {topic.name}")

    asked = OffsetFetchRequestGroup(
        group_id=group,
        topics=None
        if partitions is None
        else tuple(
            OffsetFetchRequestTopics(name=topic, partition_indexes=tuple(indexes))
            for topic, indexes in by_topic(partitions)
        ),
    )
    request = OffsetFetchRequest(groups=(asked,), require_stable=True)
    answer = await cluster.ask(Coordinator(group), request, OffsetFetchResponse, versions=FETCH_VERSIONS, accept=accept)
    return _committed(answer.groups[0])


async def commit_offsets(
    cluster: Cluster,
    group: str,
    offsets: Mapping[TopicPartition, CommittedOffset],
    *,
    commits_as: CommitsAs = NO_MEMBER,
) -> None:
    """Without a member's name this resets what an empty group has read; a group with members refuses it."""

    def accept(answer: OffsetCommitResponse) -> None:
        for topic in answer.topics:
            for each in topic.partitions:
                check(each.error_code, subject=f"group {group}, partition {each.partition_index} of topic {topic.name}")

    request = OffsetCommitRequest(
        group_id=group,
        generation_id_or_member_epoch=commits_as.generation,
        member_id=commits_as.member_id,
        group_instance_id=commits_as.instance_id,
        topics=tuple(
            OffsetCommitRequestTopic(
                name=topic, partitions=tuple(_commit(index, offsets[topic, index]) for index in indexes)
            )
            for topic, indexes in by_topic(offsets)
        ),
    )
    await cluster.ask(Coordinator(group), request, OffsetCommitResponse, versions=COMMIT_VERSIONS, accept=accept)


async def delete_offsets(cluster: Cluster, group: str, partitions: Sequence[TopicPartition]) -> None:
    """Forgets what the group committed there; refused while it subscribes to the topic."""

    def accept(answer: OffsetDeleteResponse) -> None:
        check(answer.error_code, subject=f"group {group}")
        for topic in answer.topics:
            for each in topic.partitions:
                check(each.error_code, subject=f"group {group}, partition {each.partition_index} of topic {topic.name}")

    topics = tuple(
        OffsetDeleteRequestTopic(
            name=topic, partitions=tuple(OffsetDeleteRequestPartition(partition_index=each) for each in indexes)
        )
        for topic, indexes in by_topic(partitions)
    )
    request = OffsetDeleteRequest(group_id=group, topics=topics)
    await cluster.ask(Coordinator(group), request, OffsetDeleteResponse, accept=accept)


def by_topic(partitions: Iterable[TopicPartition]) -> list[tuple[str, list[int]]]:
    """Partitions as requests want them: each topic once."""
    grouped = groupby(sorted(partitions), key=lambda each: each[0])
    return [(topic, [index for _, index in those]) for topic, those in grouped]


def _only(answer: ListOffsetsResponse) -> ListOffsetsPartitionResponse:
    return answer.topics[0].partitions[0]


def _committed(group: OffsetFetchResponseGroup) -> dict[TopicPartition, CommittedOffset]:
    return {
        (topic.name, each.partition_index): CommittedOffset(
            offset=each.committed_offset, leader_epoch=each.committed_leader_epoch, metadata=each.metadata or ""
        )
        for topic in group.topics
        for each in topic.partitions
        if each.committed_offset != NO_OFFSET
    }


def _commit(index: int, committed: CommittedOffset) -> OffsetCommitRequestPartition:
    return OffsetCommitRequestPartition(
        partition_index=index,
        committed_offset=committed.offset,
        committed_leader_epoch=committed.leader_epoch,
        committed_metadata=committed.metadata,
    )
