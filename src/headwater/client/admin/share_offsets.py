"""Where share groups have come to in their partitions, moving that, and having it forgotten (KIP-932)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from headwater.client.admin.offsets import by_topic
from headwater.client.cluster import Cluster
from headwater.client.errors import check
from headwater.client.roles import Coordinator
from headwater.wire.messages.alter_share_group_offsets_request import (
    AlterShareGroupOffsetsRequest,
    AlterShareGroupOffsetsRequestPartition,
    AlterShareGroupOffsetsRequestTopic,
)
from headwater.wire.messages.alter_share_group_offsets_response import AlterShareGroupOffsetsResponse
from headwater.wire.messages.delete_share_group_offsets_request import (
    DeleteShareGroupOffsetsRequest,
    DeleteShareGroupOffsetsRequestTopic,
)
from headwater.wire.messages.delete_share_group_offsets_response import DeleteShareGroupOffsetsResponse
from headwater.wire.messages.describe_share_group_offsets_request import (
    DescribeShareGroupOffsetsRequest,
    DescribeShareGroupOffsetsRequestGroup,
)
from headwater.wire.messages.describe_share_group_offsets_response import DescribeShareGroupOffsetsResponse

TopicPartition = tuple[str, int]
_UNKNOWN: Final = -1


@dataclass(frozen=True, kw_only=True, slots=True)
class ShareOffset:
    """None is what can't be told: nothing was delivered yet, or the broker doesn't count."""

    start: int | None
    lag: int | None


async def share_offsets(cluster: Cluster, group: str) -> dict[TopicPartition, ShareOffset]:
    """Of every partition that the group has state for."""

    def accept(answer: DescribeShareGroupOffsetsResponse) -> None:
        check(answer.groups[0].error_code, subject=f"group {group}", message=answer.groups[0].error_message)
        for topic in answer.groups[0].topics:
            for each in topic.partitions:
                subject = f"partition {each.partition_index} of topic {topic.topic_name}"
                check(each.error_code, subject=subject, message=each.error_message)

    asked = DescribeShareGroupOffsetsRequestGroup(group_id=group, topics=None)
    request = DescribeShareGroupOffsetsRequest(groups=(asked,))
    answer = await cluster.ask(Coordinator(group), request, DescribeShareGroupOffsetsResponse, accept=accept)
    return {
        (topic.topic_name, each.partition_index): ShareOffset(start=_known(each.start_offset), lag=_known(each.lag))
        for topic in answer.groups[0].topics
        for each in topic.partitions
    }


async def alter_share_offsets(cluster: Cluster, group: str, starts: Mapping[TopicPartition, int]) -> None:
    """Raises `Refused` with NON_EMPTY_GROUP while the group has members; one that isn't there is founded."""

    def accept(answer: AlterShareGroupOffsetsResponse) -> None:
        check(answer.error_code, subject=f"group {group}", message=answer.error_message)
        for topic in answer.responses:
            for each in topic.partitions:
                subject = f"group {group}, partition {each.partition_index} of topic {topic.topic_name}"
                check(each.error_code, subject=subject)

    topics = tuple(
        AlterShareGroupOffsetsRequestTopic(
            topic_name=topic,
            partitions=tuple(
                AlterShareGroupOffsetsRequestPartition(partition_index=each, start_offset=starts[topic, each])
                for each in indexes
            ),
        )
        for topic, indexes in by_topic(starts)
    )
    request = AlterShareGroupOffsetsRequest(group_id=group, topics=topics)
    await cluster.ask(Coordinator(group), request, AlterShareGroupOffsetsResponse, accept=accept)


async def delete_share_offsets(cluster: Cluster, group: str, topics: Iterable[str]) -> None:
    """Raises `Refused`: NON_EMPTY_GROUP, or UNKNOWN_TOPIC_OR_PARTITION where the group has read nothing of a topic."""

    def accept(answer: DeleteShareGroupOffsetsResponse) -> None:
        check(answer.error_code, subject=f"group {group}", message=answer.error_message)
        for each in answer.responses:
            check(each.error_code, subject=f"group {group}, topic {each.topic_name}")

    listed = tuple(DeleteShareGroupOffsetsRequestTopic(topic_name=each) for each in topics)
    request = DeleteShareGroupOffsetsRequest(group_id=group, topics=listed)
    await cluster.ask(Coordinator(group), request, DeleteShareGroupOffsetsResponse, accept=accept)


def _known(number: int) -> int | None:
    return None if number == _UNKNOWN else number
