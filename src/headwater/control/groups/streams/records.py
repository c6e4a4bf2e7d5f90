"""The records that streams groups are made of, from this room's values and back."""

from collections.abc import Iterable, Mapping

from headwater.control.groups.records import GroupRecord
from headwater.control.groups.streams.reconciling import Standing, State
from headwater.control.groups.streams.tasks import HeldTasks, TaskId, Tasks, grouped, ungrouped
from headwater.kernel.units import Timestamp
from headwater.wire.records import (
    streams_group_current_member_assignment_value as current,
    streams_group_target_assignment_member_value as target,
)
from headwater.wire.records.streams_group_current_member_assignment_key import StreamsGroupCurrentMemberAssignmentKey
from headwater.wire.records.streams_group_member_metadata_key import StreamsGroupMemberMetadataKey
from headwater.wire.records.streams_group_member_metadata_value import StreamsGroupMemberMetadataValue
from headwater.wire.records.streams_group_metadata_key import StreamsGroupMetadataKey
from headwater.wire.records.streams_group_metadata_value import StreamsGroupMetadataValue
from headwater.wire.records.streams_group_target_assignment_member_key import StreamsGroupTargetAssignmentMemberKey
from headwater.wire.records.streams_group_target_assignment_metadata_key import StreamsGroupTargetAssignmentMetadataKey
from headwater.wire.records.streams_group_target_assignment_metadata_value import (
    StreamsGroupTargetAssignmentMetadataValue,
)
from headwater.wire.records.streams_group_topology_key import StreamsGroupTopologyKey
from headwater.wire.records.streams_group_topology_value import StreamsGroupTopologyValue


def group_record(group_id: str, value: StreamsGroupMetadataValue | None) -> GroupRecord:
    return GroupRecord(key=StreamsGroupMetadataKey(group_id=group_id), value=value)


def topology_record(group_id: str, value: StreamsGroupTopologyValue | None) -> GroupRecord:
    return GroupRecord(key=StreamsGroupTopologyKey(group_id=group_id), value=value)


def assignment_record(group_id: str, value: StreamsGroupTargetAssignmentMetadataValue | None) -> GroupRecord:
    return GroupRecord(key=StreamsGroupTargetAssignmentMetadataKey(group_id=group_id), value=value)


def assigned_record(group_id: str, epoch: int, at: Timestamp | int) -> GroupRecord:
    value = StreamsGroupTargetAssignmentMetadataValue(assignment_epoch=epoch, assignment_timestamp=at)
    return assignment_record(group_id, value)


def member_record(group_id: str, member_id: str, value: StreamsGroupMemberMetadataValue | None) -> GroupRecord:
    return GroupRecord(key=StreamsGroupMemberMetadataKey(group_id=group_id, member_id=member_id), value=value)


def target_record(group_id: str, member_id: str, tasks: Tasks | None) -> GroupRecord:
    key = StreamsGroupTargetAssignmentMemberKey(group_id=group_id, member_id=member_id)
    return GroupRecord(key=key, value=None if tasks is None else _target_value(tasks))


def standing_record(group_id: str, member_id: str, standing: Standing | None) -> GroupRecord:
    key = StreamsGroupCurrentMemberAssignmentKey(group_id=group_id, member_id=member_id)
    return GroupRecord(key=key, value=None if standing is None else _standing_value(standing))


def member_tombstones(group_id: str, member_id: str) -> tuple[GroupRecord, ...]:
    return (
        standing_record(group_id, member_id, None),
        target_record(group_id, member_id, None),
        member_record(group_id, member_id, None),
    )


# --- targets


def _target_value(tasks: Tasks) -> target.StreamsGroupTargetAssignmentMemberValue:
    return target.StreamsGroupTargetAssignmentMemberValue(
        active_tasks=_target_ids(tasks.active),
        standby_tasks=_target_ids(tasks.standby),
        warmup_tasks=_target_ids(tasks.warmup),
    )


def _target_ids(tasks: Iterable[TaskId]) -> tuple[target.TaskIds, ...]:
    return tuple(target.TaskIds(subtopology_id=each, partitions=partitions) for each, partitions in grouped(tasks))


def target_of(value: target.StreamsGroupTargetAssignmentMemberValue) -> Tasks:
    return Tasks(
        active=ungrouped(value.active_tasks),
        standby=ungrouped(value.standby_tasks),
        warmup=ungrouped(value.warmup_tasks),
    )


# --- standings


def _standing_value(standing: Standing) -> current.StreamsGroupCurrentMemberAssignmentValue:
    held, revoking = standing.held, standing.revoking
    return current.StreamsGroupCurrentMemberAssignmentValue(
        member_epoch=standing.epoch,
        previous_member_epoch=standing.previous_epoch,
        state=standing.state,
        active_tasks=_ids_with_epochs(held.active),
        standby_tasks=_ids(held.standby),
        warmup_tasks=_ids(held.warmup),
        active_tasks_pending_revocation=_ids_with_epochs(revoking.active),
        standby_tasks_pending_revocation=_ids(revoking.standby),
        warmup_tasks_pending_revocation=_ids(revoking.warmup),
    )


def _ids(tasks: Iterable[TaskId]) -> tuple[current.TaskIds, ...]:
    return tuple(current.TaskIds(subtopology_id=each, partitions=partitions) for each, partitions in grouped(tasks))


def _ids_with_epochs(tasks: Mapping[TaskId, int]) -> tuple[current.TaskIds, ...]:
    return tuple(
        current.TaskIds(
            subtopology_id=each,
            partitions=partitions,
            assignment_epochs=tuple(tasks[TaskId(each, partition)] for partition in partitions),
        )
        for each, partitions in grouped(tasks)
    )


def standing_of(value: current.StreamsGroupCurrentMemberAssignmentValue) -> Standing:
    known = value.state in (State.STABLE, State.UNREVOKED_TASKS, State.UNRELEASED_TASKS)
    return Standing(
        epoch=value.member_epoch,
        previous_epoch=value.previous_member_epoch,
        state=State(value.state) if known else State.UNKNOWN,
        held=HeldTasks(
            active=_with_epochs(value.active_tasks, value.member_epoch),
            standby=ungrouped(value.standby_tasks),
            warmup=ungrouped(value.warmup_tasks),
        ),
        revoking=HeldTasks(
            active=_with_epochs(value.active_tasks_pending_revocation, value.member_epoch),
            standby=ungrouped(value.standby_tasks_pending_revocation),
            warmup=ungrouped(value.warmup_tasks_pending_revocation),
        ),
    )


def _with_epochs(groups: Iterable[current.TaskIds], member_epoch: int) -> dict[TaskId, int]:
    """Records from before 4.3 have no epochs of tasks: then a member has had them since its own."""
    held: dict[TaskId, int] = {}
    for each in groups:
        epochs = each.assignment_epochs or ()
        if len(epochs) != len(each.partitions):
            epochs = (member_epoch,) * len(each.partitions)
        for partition, epoch in zip(each.partitions, epochs, strict=True):
            held[TaskId(each.subtopology_id, partition)] = epoch
    return held
