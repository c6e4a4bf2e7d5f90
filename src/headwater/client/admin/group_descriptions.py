"""What a group is like and who is in it, told of every kind in the same words."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from headwater.client.admin.groups import GroupKind, group_kind
from headwater.client.cluster import Cluster
from headwater.client.errors import check
from headwater.client.roles import Coordinator
from headwater.wire.codec import decode_from
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages import streams_group_describe_response as streams
from headwater.wire.messages.consumer_group_describe_request import ConsumerGroupDescribeRequest
from headwater.wire.messages.consumer_group_describe_response import ConsumerGroupDescribeResponse
from headwater.wire.messages.describe_groups_request import DescribeGroupsRequest
from headwater.wire.messages.describe_groups_response import DescribedGroupMember, DescribeGroupsResponse
from headwater.wire.messages.share_group_describe_request import ShareGroupDescribeRequest
from headwater.wire.messages.share_group_describe_response import ShareGroupDescribeResponse
from headwater.wire.messages.streams_group_describe_request import StreamsGroupDescribeRequest
from headwater.wire.records.consumer_protocol_assignment import ConsumerProtocolAssignment
from headwater.wire.schema import Message

TopicPartition = tuple[str, int]

CONSUMERS: Final = "consumer"
"""The protocol type of Kafka's own consumers."""
_VERSION_BYTES: Final = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupMember:
    id: str
    instance_id: str | None
    client_id: str
    host: str
    epoch: int | None
    """Classic groups have a generation in common instead."""
    partitions: tuple[TopicPartition, ...]
    """What it reads, in order."""
    metadata: bytes = b""
    """What a member of a classic group has told the leader."""
    tasks: tuple[str, ...] = ()
    """Of a streams application: `active 0_1`, `standby 1_0`, `warmup 1_2`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupDescription:
    id: str
    kind: GroupKind
    state: str
    protocol_type: str
    protocol: str
    """What assigns: a protocol of the members, or the server's assignor."""
    epoch: int | None
    members: tuple[GroupMember, ...]
    coordinator: int


async def describe_group(cluster: Cluster, group: str) -> GroupDescription:
    """Raises `Refused` for a group that is not there: GROUP_ID_NOT_FOUND."""
    kind = await group_kind(cluster, group)
    return await _DESCRIBE[kind](cluster, group)


async def _classic(cluster: Cluster, group: str) -> GroupDescription:
    """Where an old broker says "Dead" there is no such group."""
    found = await _ask(cluster, group, DescribeGroupsRequest(groups=(group,)), DescribeGroupsResponse)
    if found.group_state == "Dead":
        check(ErrorCode.GROUP_ID_NOT_FOUND, subject=f"group {group}")
    of_consumers = found.protocol_type == CONSUMERS
    return GroupDescription(
        id=group,
        kind=GroupKind.CLASSIC,
        state=found.group_state,
        protocol_type=found.protocol_type,
        protocol=found.protocol_data,
        epoch=None,
        members=tuple(_classic_member(each, of_consumers=of_consumers) for each in found.members),
        coordinator=await cluster.coordinator_of(group),
    )


def _classic_member(member: DescribedGroupMember, *, of_consumers: bool) -> GroupMember:
    """Only consumers' assignments are partitions."""
    return GroupMember(
        id=member.member_id,
        instance_id=member.group_instance_id,
        client_id=member.client_id,
        host=member.client_host,
        epoch=None,
        partitions=assigned_partitions(member.member_assignment) if of_consumers else (),
        metadata=member.member_metadata,
    )


def assigned_partitions(assignment: bytes) -> tuple[TopicPartition, ...]:
    """What a consumer's leader has assigned to it, in order; the bytes begin with the schema's version."""
    if len(assignment) < _VERSION_BYTES:
        return ()
    version = int.from_bytes(assignment[:_VERSION_BYTES], "big", signed=True)
    newest = ConsumerProtocolAssignment.VERSIONS.last
    read, _ = decode_from(ConsumerProtocolAssignment, min(version, newest), assignment, offset=_VERSION_BYTES)
    return tuple(sorted((each.topic, number) for each in read.assigned_partitions for number in each.partitions))


async def _consumer(cluster: Cluster, group: str) -> GroupDescription:
    request = ConsumerGroupDescribeRequest(group_ids=(group,))
    return await _modern(cluster, group, GroupKind.CONSUMER, request, ConsumerGroupDescribeResponse)


async def _share(cluster: Cluster, group: str) -> GroupDescription:
    request = ShareGroupDescribeRequest(group_ids=(group,))
    return await _modern(cluster, group, GroupKind.SHARE, request, ShareGroupDescribeResponse)


async def _modern(
    cluster: Cluster, group: str, kind: GroupKind, request: Message, response: type[Message]
) -> GroupDescription:
    found = await _ask(cluster, group, request, response)
    return GroupDescription(
        id=group,
        kind=kind,
        state=found.group_state,
        protocol_type=kind.value,
        protocol=found.assignor_name,
        epoch=found.group_epoch,
        members=tuple(
            GroupMember(
                id=each.member_id,
                instance_id=getattr(each, "instance_id", None),
                client_id=each.client_id,
                host=each.client_host,
                epoch=each.member_epoch,
                partitions=_named(each.assignment.topic_partitions),
            )
            for each in found.members
        ),
        coordinator=await cluster.coordinator_of(group),
    )


def _named(assigned: Iterable[Any]) -> tuple[TopicPartition, ...]:
    return tuple(sorted((each.topic_name, index) for each in assigned for index in each.partitions))


async def _streams(cluster: Cluster, group: str) -> GroupDescription:
    request = StreamsGroupDescribeRequest(group_ids=(group,))
    found: streams.DescribedGroup = await _ask(cluster, group, request, streams.StreamsGroupDescribeResponse)
    sources = _sources(found.topology)
    return GroupDescription(
        id=group,
        kind=GroupKind.STREAMS,
        state=found.group_state,
        protocol_type=GroupKind.STREAMS.value,
        protocol=found.assignor_name or "",
        epoch=found.group_epoch,
        members=tuple(_streams_member(each, sources) for each in found.members),
        coordinator=await cluster.coordinator_of(group),
    )


def _streams_member(member: streams.Member, sources: Mapping[str, tuple[str, ...]]) -> GroupMember:
    """An active task reads its partition of all topics of its subtopology."""
    assigned = member.assignment
    active = list(_task_ids(assigned.active_tasks))
    kinds = (("active", assigned.active_tasks), ("standby", assigned.standby_tasks), ("warmup", assigned.warmup_tasks))
    return GroupMember(
        id=member.member_id,
        instance_id=member.instance_id,
        client_id=member.client_id,
        host=member.client_host,
        epoch=member.member_epoch,
        partitions=tuple(sorted((topic, index) for name, index in active for topic in sources.get(name, ()))),
        tasks=tuple(f"{word} {name}_{index}" for word, tasks in kinds for name, index in _task_ids(tasks)),
    )


def _sources(topology: streams.Topology | None) -> dict[str, tuple[str, ...]]:
    return {
        each.subtopology_id: (*each.source_topics, *(topic.name for topic in each.repartition_source_topics))
        for each in (topology.subtopologies if topology else None) or ()
    }


def _task_ids(tasks: Iterable[streams.TaskIds]) -> Iterator[tuple[str, int]]:
    return ((each.subtopology_id, index) for each in tasks for index in sorted(each.partitions))


async def _ask(cluster: Cluster, group: str, request: Message, response: type[Message]) -> Any:
    """The only group of the answer."""

    def accept(answer: Any) -> None:
        (found,) = answer.groups
        check(found.error_code, subject=f"group {group}", message=found.error_message)

    answer: Any = await cluster.ask(Coordinator(group), request, response, accept=accept)
    return answer.groups[0]


_DESCRIBE: Final[Mapping[GroupKind, Callable[[Cluster, str], Awaitable[GroupDescription]]]] = {
    GroupKind.CLASSIC: _classic,
    GroupKind.CONSUMER: _consumer,
    GroupKind.SHARE: _share,
    GroupKind.STREAMS: _streams,
}
