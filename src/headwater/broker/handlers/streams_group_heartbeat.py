"""StreamsGroupHeartbeat: be a member of a streams group, and learn which tasks to run (KIP-1071)."""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.needs import Whole, Within
from headwater.broker.streams_topics import create_missing
from headwater.control.cluster.names import INTERNAL, check_name
from headwater.control.errors import ControlError
from headwater.control.groups.streams.configuring import Note, Status as StatusCode
from headwater.control.groups.streams.requests import (
    EndpointPartitions,
    StreamsHeartbeat,
    StreamsHeartbeatAnswer,
)
from headwater.control.groups.streams.tasks import TaskId, grouped
from headwater.kernel.kinds import INT_MAX
from headwater.security.access import Operation, group, topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.streams_group_heartbeat_request import StreamsGroupHeartbeatRequest, Topology
from headwater.wire.messages.streams_group_heartbeat_response import (
    Endpoint,
    EndpointToPartitions,
    Status,
    StreamsGroupHeartbeatResponse,
    TaskIds,
    TopicPartition,
)
from headwater.wire.types import TopicName

_WIDE_LAG_FROM = 1


def refuse(request: StreamsGroupHeartbeatRequest, code: ErrorCode) -> StreamsGroupHeartbeatResponse:
    del request
    return _refused(code, code.name)


def _refused(code: ErrorCode, why: str) -> StreamsGroupHeartbeatResponse:
    return StreamsGroupHeartbeatResponse(error_code=code, error_message=why)


API: Final = Api(
    StreamsGroupHeartbeatRequest,
    versions=between(0, 1),
    refuse=refuse,
    needs=(
        Whole(operation=Operation.READ, of=lambda request: group(request.group_id)),
        Within(operation=Operation.DESCRIBE, why="one topic that may not be seen refuses the whole topology"),
        Within(operation=Operation.CREATE, why="only a topology whose topics are missing needs it"),
    ),
)


async def handle(context: Context, request: StreamsGroupHeartbeatRequest) -> StreamsGroupHeartbeatResponse:
    if not context.services.cluster.head.features.streams_level:
        return refuse(request, ErrorCode.UNSUPPORTED_VERSION)
    if request.topology is not None and (refusal := _check_topics(context, request.topology)):
        return refusal
    heartbeat = StreamsHeartbeat(
        group_id=request.group_id,
        client_id=context.client_id,
        client_host=f"/{context.host}",
        knows_version_1=context.api_version >= 1,
        message=request,
    )
    answer = await context.services.coordinators.ask(request.group_id, heartbeat)
    if isinstance(answer, ControlError):
        return _refused(answer.code, str(answer))
    return _told(context, await _with_topics(context, answer))


def _check_topics(context: Context, topology: Topology) -> StreamsGroupHeartbeatResponse | None:
    """Before the coordinator hears of it: it could not say what a client may see."""
    names = _topics_of(topology)
    if prohibited := [each for each in names if each in INTERNAL]:
        why = f"Use of Kafka internal topics {','.join(prohibited)} in a Kafka Streams topology is prohibited."
        return _refused(ErrorCode.STREAMS_INVALID_TOPOLOGY, why)
    if invalid := [each for each in names if check_name(each)]:
        why = f"Topic names {','.join(invalid)} are not valid topic names."
        return _refused(ErrorCode.STREAMS_INVALID_TOPOLOGY, why)
    if not all(context.allows(Operation.DESCRIBE, topic(TopicName(each))) for each in names):
        return _refused(ErrorCode.TOPIC_AUTHORIZATION_FAILED, "The topology names topics that may not be seen.")
    return None


def _topics_of(topology: Topology) -> list[str]:
    names: list[str] = []
    for each in topology.subtopologies:
        names += each.source_topics
        names += each.repartition_sink_topics
        names += (internal.name for internal in each.repartition_source_topics)
        names += (internal.name for internal in each.state_changelog_topics)
    return list(dict.fromkeys(names))


async def _with_topics(context: Context, answer: StreamsHeartbeatAnswer) -> StreamsHeartbeatAnswer:
    if not answer.missing:
        return answer
    obstacle = await create_missing(context, answer.missing)
    notes = tuple(
        replace(each, detail=each.detail + obstacle) if each.status is StatusCode.MISSING_INTERNAL_TOPICS else each
        for each in answer.notes
    )
    return replace(answer, notes=notes)


# --- the answer


def _told(context: Context, answer: StreamsHeartbeatAnswer) -> StreamsGroupHeartbeatResponse:
    tasks = answer.tasks
    is_wide = context.api_version >= _WIDE_LAG_FROM
    return StreamsGroupHeartbeatResponse(
        member_id=answer.member_id,
        member_epoch=answer.member_epoch,
        heartbeat_interval_ms=answer.heartbeat_interval_ms,
        acceptable_recovery_lag_legacy=0 if is_wide else min(max(answer.acceptable_recovery_lag, 0), INT_MAX),
        task_offset_interval_ms=answer.task_offset_interval_ms,
        acceptable_recovery_lag=answer.acceptable_recovery_lag,
        status=_statuses(answer.notes),
        active_tasks=None if tasks is None else _task_ids(tasks.active),
        standby_tasks=None if tasks is None else _task_ids(tasks.standby),
        warmup_tasks=None if tasks is None else _task_ids(tasks.warmup),
        topology_description_required=answer.wants_description,
        endpoint_information_epoch=answer.endpoint_epoch,
        partitions_by_user_endpoint=(
            None if answer.endpoints is None else tuple(_endpoint(each) for each in answer.endpoints)
        ),
    )


def _statuses(notes: Sequence[Note]) -> tuple[Status, ...]:
    return tuple(Status(status_code=each.status, status_detail=each.detail) for each in notes)


def _task_ids(tasks: Iterable[TaskId]) -> tuple[TaskIds, ...]:
    return tuple(TaskIds(subtopology_id=each, partitions=partitions) for each, partitions in grouped(tasks))


def _endpoint(told: EndpointPartitions) -> EndpointToPartitions:
    return EndpointToPartitions(
        user_endpoint=Endpoint(host=told.endpoint.host, port=told.endpoint.port),
        active_partitions=_partitions(told.active),
        standby_partitions=_partitions(told.standby),
    )


def _partitions(told: Sequence[tuple[str, tuple[int, ...]]]) -> tuple[TopicPartition, ...]:
    return tuple(TopicPartition(topic=name, partitions=partitions) for name, partitions in told)
