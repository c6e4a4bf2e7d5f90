"""Where share groups begin to read: administrators move it, or have it forgotten (KIP-932's share group offsets).

The start offsets stand in the share coordinator's log. What is to become of them is written here as an intent, and whoever asked
is answered when the intent is closed. After a load nobody waits, and a new start that nobody knows any more is not set.
"""

from collections.abc import Iterable, Mapping

from headwater.control.groups.errors import GroupError, GroupNotEmpty, GroupNotFound, InvalidGroupId
from headwater.control.groups.share import records
from headwater.control.groups.share.errors import ShareStateNotDeleted
from headwater.control.groups.share.group import ShareGroup
from headwater.control.groups.share.partitions import SharePartition, by_topic
from headwater.control.groups.share.requests import AlterShareStarts, DeleteShareStarts, DeleteShareState, ShareStart
from headwater.control.groups.share.state_partitions import Shares, TopicShares
from headwater.control.groups.share.table import ShareTable
from headwater.control.groups.share.waiting import Outcomes, WaitingRequest
from headwater.control.groups.step import Step
from headwater.machine.decision import Ticket
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import TopicName, Uuid

_Asked = Mapping[SharePartition, ShareStart]


def alter(table: ShareTable, request: AlterShareStarts, ticket: Ticket, step: Step) -> None:
    """A group that isn't there is founded: it may be given a place to begin before its first member comes."""
    if not request.group_id:
        step.answer(ticket, InvalidGroupId())
        return
    group = table.groups.get(request.group_id) or ShareGroup(request.group_id)
    if group.members:
        step.answer(ticket, GroupNotEmpty(request.group_id))
        return
    keys = [_share_partition(table, start) for start in request.starts]
    busy = {(topic_id, index) for topic_id, each in group.shares.initializing.items() for index in each.partitions}
    asked = {key: start for key, start in zip(keys, request.starts, strict=True) if key is not None and key not in busy}

    def answer(outcomes: Outcomes) -> tuple[ErrorCode, ...]:
        return tuple(_code(key, outcomes, busy) for key in keys)

    if not asked:
        step.answer(ticket, answer({}))
        return
    step.write(records.state_partitions(group.group_id, group.shares.begun(_shares(asked))))
    starts = table.starts.setdefault(group.group_id, {})
    starts.update({key: start.offset for key, start in asked.items()})
    table.let_request_wait(group.group_id, WaitingRequest(ticket, asked, answer), step.moment)


def delete(table: ShareTable, request: DeleteShareStarts, ticket: Ticket, step: Step) -> None:
    """What is being deleted already is waited for too."""
    group = _without_members(table, request.group_id)
    if isinstance(group, GroupError):
        step.answer(ticket, group)
        return
    topic_ids = [table.topics.id_of(name) for name in request.topics]
    known = {**group.shares.deleting, **{key: each.name for key, each in group.shares.initialized.items()}}
    asked = {topic_id: known[topic_id] for topic_id in topic_ids if topic_id is not None and topic_id in known}

    def answer(outcomes: Outcomes) -> tuple[ErrorCode, ...]:
        return tuple(outcomes.get(topic_id, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) for topic_id in topic_ids)

    if asked:
        _begin_deletion(table, group, asked, WaitingRequest(ticket, asked, answer), step)
    else:
        step.answer(ticket, answer({}))


def delete_state(table: ShareTable, request: DeleteShareState, ticket: Ticket, step: Step) -> None:
    group = _without_members(table, request.group_id)
    if isinstance(group, GroupError):
        step.answer(ticket, group)
        return
    asked = group.shares.topic_ids
    if asked:
        _begin_deletion(table, group, asked, WaitingRequest(ticket, asked, _first_failure), step)
    else:
        step.answer(ticket, None)


def _without_members(table: ShareTable, group_id: str) -> ShareGroup | GroupError:
    group = table.groups.get(group_id)
    if group is None:
        return GroupNotFound(group_id)
    return GroupNotEmpty(group_id) if group.members else group


def _begin_deletion(
    table: ShareTable, group: ShareGroup, topics: Mapping[Uuid, TopicName], waiting: WaitingRequest, step: Step
) -> None:
    step.write(records.state_partitions(group.group_id, group.shares.to_delete(topics)))
    table.let_request_wait(group.group_id, waiting, step.moment)


def _share_partition(table: ShareTable, start: ShareStart) -> SharePartition | None:
    topic_id = table.topics.id_of(start.topic)
    is_there = topic_id is not None and 0 <= start.partition < table.topics.partition_count(start.topic)
    return (topic_id, start.partition) if topic_id is not None and is_there else None


def _code(key: SharePartition | None, outcomes: Outcomes, busy: Iterable[SharePartition]) -> ErrorCode:
    """What is being initialized for another reason is to be asked for again."""
    if key is None:
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return ErrorCode.COORDINATOR_NOT_AVAILABLE if key in busy else outcomes[key]


def _shares(asked: _Asked) -> Shares:
    names = {topic_id: start.topic for (topic_id, _), start in asked.items()}
    return {topic_id: TopicShares(name=names[topic_id], partitions=each) for topic_id, each in by_topic(asked).items()}


def _first_failure(outcomes: Outcomes) -> ShareStateNotDeleted | None:
    failed = next((code for code in outcomes.values() if code is not ErrorCode.NONE), None)
    return None if failed is None else ShareStateNotDeleted(failed)
