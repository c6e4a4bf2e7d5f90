"""Whether a heartbeat can be what it says, before anything is looked up.

Raises InvalidRequest, or InvalidTopology for a topology that no application can mean.
"""

from collections.abc import Iterable, Iterator, Mapping

from headwater.control.errors import InvalidRequest
from headwater.control.groups.streams.configuring import ConfiguredTopology
from headwater.control.groups.streams.errors import InvalidTopology
from headwater.control.groups.streams.tasks import TaskId, Tasks, ungrouped
from headwater.wire.messages.streams_group_heartbeat_request import (
    StreamsGroupHeartbeatRequest,
    Subtopology,
    TaskOffset,
    Topology,
)

JOINS, LEAVES, LEAVES_FOR_A_WHILE = 0, -1, -2
"""Member epochs that say what a member is about to do; the last is for static members only."""


def check_form(message: StreamsGroupHeartbeatRequest) -> None:
    for name, text in (
        ("MemberId", message.member_id),
        ("GroupId", message.group_id),
        ("InstanceId", message.instance_id),
        ("RackId", message.rack_id),
    ):
        if text is not None and not text.strip():
            raise InvalidRequest(f"{name} can't be empty.")
    if message.member_epoch == JOINS:
        _check_joining(message)
    elif message.topology is not None:
        raise InvalidRequest("Topology can only be provided when (re-)joining.")
    elif message.member_epoch == LEAVES_FOR_A_WHILE and message.instance_id is None:
        raise InvalidRequest("InstanceId can't be null.")
    elif message.member_epoch < LEAVES_FOR_A_WHILE:
        raise InvalidRequest(f"MemberEpoch is {message.member_epoch}, but must be greater than or equal to -2.")
    if len({each is None for each in _tasks(message)}) > 1:
        raise InvalidRequest("If one task-type is non-null, all must be non-null.")


def _check_joining(message: StreamsGroupHeartbeatRequest) -> None:
    if message.rebalance_timeout_ms == -1:
        raise InvalidRequest("RebalanceTimeoutMs must be provided in first request.")
    for name, tasks in zip(("ActiveTasks", "StandbyTasks", "WarmupTasks"), _tasks(message), strict=True):
        if tasks is None or tasks:
            raise InvalidRequest(f"{name} must be empty when (re-)joining.")
    if message.topology is None:
        raise InvalidRequest("Topology must be non-null when (re-)joining.")
    check_topology(message.topology)


def check_topology(topology: Topology) -> None:
    seen: dict[str, None] = {}
    for each in topology.subtopologies:
        if each.source_topic_regex:
            raise InvalidRequest("Regular expressions for source topics are not supported yet.")
        if each.subtopology_id in seen:
            raise InvalidTopology(f"Subtopology {each.subtopology_id} is given twice.")
        seen[each.subtopology_id] = None
        _check_changelogs(each)
        _check_copartition_groups(each)
    if topology.epoch < 0:
        raise InvalidTopology("A topology's epoch can't be negative.")


def _check_changelogs(subtopology: Subtopology) -> None:
    for topic in subtopology.state_changelog_topics:
        if topic.partitions:
            raise InvalidTopology(
                f"Changelog topic {topic.name} must have an undefined partition count, "
                f"but it is set to {topic.partitions}."
            )


def _check_copartition_groups(subtopology: Subtopology) -> None:
    """They name topics by their places in the subtopology's lists."""
    for group in subtopology.copartition_groups:
        for places, topics in (
            (group.source_topics, len(subtopology.source_topics)),
            (group.repartition_source_topics, len(subtopology.repartition_source_topics)),
        ):
            if any(not 0 <= place < topics for place in places):
                raise InvalidTopology(
                    f"A copartition group of subtopology {subtopology.subtopology_id} names a topic that is not there."
                )


def _tasks(message: StreamsGroupHeartbeatRequest) -> Iterator[tuple[object, ...] | None]:
    yield message.active_tasks
    yield message.standby_tasks
    yield message.warmup_tasks


def owned_tasks(message: StreamsGroupHeartbeatRequest) -> Tasks | None:
    """What the member says it has; None where it does not say."""
    if message.active_tasks is None or message.standby_tasks is None or message.warmup_tasks is None:
        return None
    return Tasks(
        active=ungrouped(message.active_tasks),
        standby=ungrouped(message.standby_tasks),
        warmup=ungrouped(message.warmup_tasks),
    )


def check_owned(owned: Tasks | None, topology: ConfiguredTopology) -> None:
    if owned is None:
        return
    for task in sorted(owned.active | owned.standby | owned.warmup):
        subtopology = topology.subtopologies.get(task.subtopology_id)
        if subtopology is None:
            raise InvalidRequest(f"Subtopology {task.subtopology_id} does not exist in the topology.")
        if not 0 <= task.partition < subtopology.tasks:
            raise InvalidRequest(
                f"Task {task.partition} for subtopology {task.subtopology_id} is invalid. "
                f"Number of tasks for this subtopology: {subtopology.tasks}"
            )


def restored(offsets: Iterable[TaskOffset] | None) -> Mapping[TaskId, int] | None:
    if offsets is None:
        return None
    by_task: dict[TaskId, int] = {}
    for each in offsets:
        task = TaskId(each.subtopology_id, each.partition)
        if task in by_task:
            raise InvalidRequest(
                f"Task offsets contain a duplicate entry for subtopology {task.subtopology_id} "
                f"and partition {task.partition}."
            )
        by_task[task] = each.offset
    return by_task
