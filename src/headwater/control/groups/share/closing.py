"""What the share coordinator has done: intents are closed, and who waited for that goes on."""

from headwater.control.groups.share import records
from headwater.control.groups.share.group import ShareGroup
from headwater.control.groups.share.partitions import by_topic
from headwater.control.groups.share.requests import StateDeleted, StateInitialized
from headwater.control.groups.share.state_partitions import StatePartitions
from headwater.control.groups.share.table import ShareTable
from headwater.control.groups.share.waiting import Outcomes
from headwater.control.groups.step import Step
from headwater.machine.decision import Ticket
from headwater.wire.error_codes import ErrorCode


def close_initialized(table: ShareTable, request: StateInitialized, ticket: Ticket, step: Step) -> None:
    group = table.groups.get(request.group_id)
    if group is not None:
        after = group.shares.done(request.done).given_up(by_topic(request.failed))
        _write(group, after, step)
        outcomes = dict(request.failed)
        outcomes.update(
            {(topic_id, index): ErrorCode.NONE for topic_id, each in request.done.items() for index in each}
        )
        starts = table.starts.get(group.group_id, {})
        for each in outcomes:
            starts.pop(each, None)
        _answer(table, group.group_id, outcomes, step)
        if not after.initializing:
            table.look_at_heartbeats(group.group_id, now=True)
    step.answer(ticket, None)


def close_deleted(table: ShareTable, request: StateDeleted, ticket: Ticket, step: Step) -> None:
    """What failed for good stays to be deleted; the next administrator who asks has it tried again."""
    group = table.groups.get(request.group_id)
    if group is not None:
        _write(group, group.shares.deleted(request.done), step)
        _answer(table, group.group_id, {**dict.fromkeys(request.done, ErrorCode.NONE), **request.failed}, step)
    step.answer(ticket, None)


def _write(group: ShareGroup, after: StatePartitions, step: Step) -> None:
    if after != group.shares:
        step.write(records.state_partitions(group.group_id, after))


def _answer(table: ShareTable, group_id: str, outcomes: Outcomes, step: Step) -> None:
    for waiting in table.waiting.settle(group_id, outcomes):
        table.deadlines.cancel(("request", group_id, waiting.ticket))
        step.answer(waiting.ticket, waiting.answer())
