"""The topics of streams applications: through which they repartition, and in which they log their state.

They are made when a heartbeat finds them missing, in the name of the member's principal, and are there when it is answered.
The member is still told that they were missing, and why those are that could not be made; its next heartbeat finds them.
"""

from collections.abc import Sequence
from typing import Final

from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.new_topics import OPEN, create, new_topic
from headwater.control.cluster.requests import CreateTopic
from headwater.control.errors import ControlError, TopicExists
from headwater.control.groups.streams.configuring import InternalTopic
from headwater.security.access import THE_CLUSTER, Operation, topic
from headwater.wire.types import TopicName

_TOLD_AT_MOST: Final = 3


async def create_missing(context: Context, missing: Sequence[InternalTopic]) -> str:
    """What stands in the way, as an addition to the member's status; empty where all are made."""
    forbidden = [each.name for each in missing if not _may_be_made(context, each.name)]
    if forbidden:
        return f"; Unauthorized to CREATE on topics {', '.join(forbidden)}."
    try:
        answers = await create(context.services, [_request(context, each) for each in missing])
    except Refused as refusal:
        return f"; Creation failed: {refusal}."
    failed = [
        f"{each.name} ({answer})"
        for each, answer in zip(missing, answers, strict=True)
        if isinstance(answer, ControlError) and not isinstance(answer, TopicExists)
    ]
    return f"; Creation failed: {_summary(failed)}." if failed else ""


def _may_be_made(context: Context, name: str) -> bool:
    return context.allows(Operation.CREATE, THE_CLUSTER) or context.allows(Operation.CREATE, topic(TopicName(name)))


def _request(context: Context, wanted: InternalTopic) -> CreateTopic:
    return new_topic(
        context.services,
        TopicName(wanted.name),
        partitions=wanted.partitions,
        replication_factor=wanted.replication_factor or OPEN,
        settings=dict(wanted.settings),
    )


def _summary(failed: Sequence[str]) -> str:
    more = len(failed) - _TOLD_AT_MOST
    shown = ", ".join(failed[:_TOLD_AT_MOST])
    return f"{shown} and {more} more" if more > 0 else shown
