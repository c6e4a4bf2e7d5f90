"""StreamsGroupDescribe: topology, epochs, members and tasks of streams groups (KIP-1071)."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import Each, Within
from headwater.broker.operations import allowed_operations
from headwater.control.groups.errors import GroupNotFound
from headwater.control.groups.streams.describing import StreamsGroupDescription, StreamsMemberDescription
from headwater.control.groups.streams.tasks import TaskId, Tasks, grouped
from headwater.control.groups.streams.topology import all_topics_of
from headwater.security.access import Operation, group, topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages import streams_group_topology_description_update_request as told
from headwater.wire.messages.streams_group_describe_request import StreamsGroupDescribeRequest
from headwater.wire.messages.streams_group_describe_response import (
    Assignment,
    DescribedGroup,
    Endpoint,
    KeyValue,
    Member,
    StreamsGroupDescribeResponse,
    Subtopology,
    TaskIds,
    TaskOffset,
    TopicInfo,
    Topology,
    TopologyDescription,
    TopologyDescriptionGlobalStore,
    TopologyDescriptionNode,
    TopologyDescriptionSubtopology,
)
from headwater.wire.records import streams_group_topology_value as record
from headwater.wire.types import TopicName

_ASSIGNOR: Final = "sticky"
_NOT_STORED, _AVAILABLE = 1, 3
"""Kafka's topology description statuses; 0 is for those who did not ask."""


def _refused(group_id: str, code: ErrorCode) -> DescribedGroup:
    return DescribedGroup(group_id=group_id, error_code=code, error_message=code.name)


def refuse(request: StreamsGroupDescribeRequest, code: ErrorCode) -> StreamsGroupDescribeResponse:
    return StreamsGroupDescribeResponse(groups=tuple(_refused(each, code) for each in request.group_ids))


API: Final = Api(
    StreamsGroupDescribeRequest,
    versions=between(0, 1),
    refuse=refuse,
    needs=(
        Each(operation=Operation.DESCRIBE, items="group_ids", of=group, refused=_refused, into="groups"),
        Within(operation=Operation.DESCRIBE, why="a group is not told of where one of its topics may not be seen"),
    ),
)


async def handle(context: Context, request: StreamsGroupDescribeRequest) -> StreamsGroupDescribeResponse:
    if not context.services.cluster.head.features.streams_level:
        return refuse(request, ErrorCode.UNSUPPORTED_VERSION)
    return StreamsGroupDescribeResponse(
        groups=tuple([await _describe(context, request, each) for each in request.group_ids])
    )


async def _describe(context: Context, request: StreamsGroupDescribeRequest, group_id: str) -> DescribedGroup:
    if not group_id:
        return _refused(group_id, ErrorCode.INVALID_GROUP_ID)
    try:
        found = await context.services.coordinators.read(group_id, lambda machine: machine.streams.describe(group_id))
    except Refused as refusal:
        return _refused(group_id, refusal.code)
    if isinstance(found, GroupNotFound):
        return DescribedGroup(group_id=group_id, error_code=found.code, error_message=str(found))
    if not _may_be_seen(context, found):
        return DescribedGroup(
            group_id=group_id,
            error_code=ErrorCode.TOPIC_AUTHORIZATION_FAILED,
            error_message="The described group uses topics that the client is not authorized to describe.",
        )
    described = _described(found)
    if request.include_topology_description:
        described = replace(described, **_description(found.description))
    if not request.include_authorized_operations:
        return described
    return replace(described, authorized_operations=allowed_operations(context, group(group_id)))


def _may_be_seen(context: Context, found: StreamsGroupDescription) -> bool:
    names = all_topics_of(found.topology) if found.topology is not None else ()
    return all(context.allows(Operation.DESCRIBE, topic(TopicName(each))) for each in names)


def _described(found: StreamsGroupDescription) -> DescribedGroup:
    return DescribedGroup(
        group_id=found.group_id,
        group_state=found.state,
        group_epoch=found.epoch,
        assignment_epoch=found.assignment_epoch,
        assignor_name=_ASSIGNOR,
        topology=None if found.topology is None else _topology(found.topology),
        members=tuple(_member(each) for each in found.members),
    )


def _topology(topology: record.StreamsGroupTopologyValue) -> Topology:
    return Topology(
        epoch=topology.epoch,
        subtopologies=tuple(
            Subtopology(
                subtopology_id=each.subtopology_id,
                source_topics=each.source_topics,
                repartition_sink_topics=each.repartition_sink_topics,
                state_changelog_topics=_topics(each.state_changelog_topics),
                repartition_source_topics=_topics(each.repartition_source_topics),
            )
            for each in topology.subtopologies
        ),
    )


def _topics(topics: Iterable[record.TopicInfo]) -> tuple[TopicInfo, ...]:
    return tuple(
        TopicInfo(
            name=each.name,
            partitions=each.partitions,
            replication_factor=each.replication_factor,
            topic_configs=tuple(KeyValue(key=entry.key, value=entry.value) for entry in each.topic_configs),
        )
        for each in topics
    )


def _description(found: told.TopologyDescription | None) -> dict[str, Any]:
    if found is None:
        return {"topology_description_status": _NOT_STORED}
    description = TopologyDescription(
        subtopologies=tuple(
            TopologyDescriptionSubtopology(
                subtopology_id=each.subtopology_id, nodes=tuple(_node(node) for node in each.nodes)
            )
            for each in found.subtopologies
        ),
        global_stores=tuple(
            TopologyDescriptionGlobalStore(source=_node(each.source), processor=_node(each.processor))
            for each in found.global_stores
        ),
    )
    return {"topology_description": description, "topology_description_status": _AVAILABLE}


def _node(found: told.TopologyDescriptionNode) -> TopologyDescriptionNode:
    return TopologyDescriptionNode(
        name=found.name,
        node_type=found.node_type,
        source_topics=found.source_topics,
        sink_topic=found.sink_topic,
        stores=found.stores,
        successors=found.successors,
    )


def _member(found: StreamsMemberDescription) -> Member:
    standing, metadata = found.member.standing, found.member.metadata
    endpoint = metadata.user_endpoint
    return Member(
        member_id=found.member.member_id,
        member_epoch=standing.epoch,
        instance_id=metadata.instance_id,
        rack_id=metadata.rack_id,
        client_id=metadata.client_id,
        client_host=metadata.client_host,
        topology_epoch=metadata.topology_epoch,
        process_id=metadata.process_id,
        user_endpoint=None if endpoint is None else Endpoint(host=endpoint.host, port=endpoint.port),
        client_tags=tuple(KeyValue(key=each.key, value=each.value) for each in metadata.client_tags),
        task_offsets=_offsets(found.offsets.offsets),
        task_end_offsets=_offsets(found.offsets.end_offsets),
        assignment=_assignment(standing.held.tasks()),
        target_assignment=_assignment(found.target),
    )


def _assignment(tasks: Tasks) -> Assignment:
    return Assignment(
        active_tasks=_task_ids(tasks.active),
        standby_tasks=_task_ids(tasks.standby),
        warmup_tasks=_task_ids(tasks.warmup),
    )


def _task_ids(tasks: Iterable[TaskId]) -> tuple[TaskIds, ...]:
    return tuple(TaskIds(subtopology_id=each, partitions=partitions) for each, partitions in grouped(tasks))


def _offsets(offsets: Mapping[TaskId, int] | None) -> tuple[TaskOffset, ...]:
    known = offsets or {}
    return tuple(
        TaskOffset(subtopology_id=task.subtopology_id, partition=task.partition, offset=known[task])
        for task in sorted(known)
    )
