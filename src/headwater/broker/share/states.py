"""What handlers of the share-state APIs have in common: each partition of a request is a question of its own.

Each has its own coordinator, so a request asks many of them, side by side. Only brokers send these (`CLUSTER_ACTION`); ours
asks the machines without a detour over the network.
"""

from asyncio import gather
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, TypeVar

from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.share.refusal import Refusal
from headwater.control.errors import ControlError
from headwater.control.share.key import SharePartitionKey
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import ZERO_UUID, Uuid

Ask = Callable[[Context, SharePartitionKey, Any], Coroutine[Any, Any, Any]]
"""The answer about one partition of a request."""
Result = TypeVar("Result")


async def ask_each(context: Context, group_id: str, topics: Sequence[Any], ask: Ask) -> list[list[Any]]:
    """The answers in the order of the partitions, by topic. One that was refused is a `Refusal`; what names no group or is
    empty anywhere is answered with nothing at all, as in Kafka."""
    if not group_id or not all(topic.partitions for topic in topics):
        return []
    return [
        await gather(*(_ask(context, group_id, topic.topic_id, each, ask) for each in topic.partitions))
        for topic in topics
    ]


async def _ask(context: Context, group_id: str, topic_id: Uuid, partition: Any, ask: Ask) -> Any:
    if topic_id == ZERO_UUID:
        return Refusal(code=ErrorCode.INVALID_REQUEST, message="A topic id can't be zero.")
    key = SharePartitionKey(group_id=group_id, topic_id=topic_id, partition=partition.partition)
    try:
        answer = await ask(context, key, partition)
    except Refused as refused:
        return Refusal(code=refused.code, message=str(refused))
    if isinstance(answer, ControlError):
        return Refusal(code=answer.code, message=str(answer))
    return answer


def all_refused(
    topics: Iterable[Any], code: ErrorCode, result: Callable[[int, Refusal], Result]
) -> list[tuple[Uuid, tuple[Result, ...]]]:
    """The whole request is."""
    refusal = Refusal(code=code, message=code.name)
    return [(each.topic_id, tuple(result(part.partition, refusal) for part in each.partitions)) for each in topics]
