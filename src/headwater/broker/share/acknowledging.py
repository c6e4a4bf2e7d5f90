"""Acknowledgements, as ShareAcknowledge and ShareFetch carry them: checked, given to who leads the partition, and awaited."""

from asyncio import Future
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from headwater.broker.context import Context
from headwater.broker.share.leader import ShareLeader
from headwater.broker.share.refusal import Refusal
from headwater.broker.share.sessions import Member, Partition
from headwater.control.share.key import SharePartitionKey
from headwater.control.share.records import Acknowledgement, AcknowledgeType
from headwater.security.access import Operation, topic as the_topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import Uuid

_RENEWS_FROM: Final = 2

Outcomes = Mapping[Partition, Refusal | None]


class Acknowledging:
    """What one request acknowledges: it is on its way when this is made, in the order of the partitions."""

    def __init__(self, context: Context, member: Member, topics: Iterable[Any], *, renews: bool) -> None:
        self._pending: dict[Partition, Future[Refusal | None] | Refusal] = {}
        allowed = _kinds_allowed(context, renews=renews)
        for topic in topics:
            refusal = readable(context, topic.topic_id)
            for each in topic.partitions:
                if each.acknowledgement_batches:
                    self._pending[topic.topic_id, each.partition_index] = refusal or self._begun(
                        context, member, topic.topic_id, each, allowed
                    )

    def _begun(
        self, context: Context, member: Member, topic_id: Uuid, partition: Any, allowed: Sequence[int]
    ) -> "Future[Refusal | None] | Refusal":
        if invalid := _invalid(partition.acknowledgement_batches, allowed):
            return Refusal(code=ErrorCode.INVALID_REQUEST, message=invalid)
        leader = leader_of(context, member.group_id, (topic_id, partition.partition_index))
        if leader is None:
            code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            return Refusal(code=code, message="Nobody of the group has been given records of this partition.")
        return leader.acknowledge(
            member.member_id,
            [
                Acknowledgement(first=each.first_offset, last=each.last_offset, types=tuple(each.acknowledge_types))
                for each in partition.acknowledgement_batches
            ],
        )

    async def outcomes(self) -> Outcomes:
        """When all of them are remembered, or refused."""
        return {
            partition: each if isinstance(each, Refusal) else await each for partition, each in self._pending.items()
        }


def leader_of(context: Context, group_id: str, partition: Partition) -> ShareLeader | None:
    topic_id, index = partition
    return context.services.sharing.leaders.find(
        SharePartitionKey(group_id=group_id, topic_id=topic_id, partition=index)
    )


def readable(context: Context, topic_id: Uuid) -> Refusal | None:
    """Why this client may not read the topic, if it may not."""
    name = context.services.partitions.name_of(topic_id)
    if name is None:
        return Refusal(code=ErrorCode.UNKNOWN_TOPIC_ID, message=ErrorCode.UNKNOWN_TOPIC_ID.name)
    if not context.allows(Operation.READ, the_topic(name)):
        return Refusal(code=ErrorCode.TOPIC_AUTHORIZATION_FAILED, message=ErrorCode.TOPIC_AUTHORIZATION_FAILED.name)
    return None


def _kinds_allowed(context: Context, *, renews: bool) -> Sequence[int]:
    """To renew a lock is a word of version 2, and only where the request says that it does."""
    may_renew = renews and context.api_version >= _RENEWS_FROM
    return [each for each in AcknowledgeType if may_renew or each is not AcknowledgeType.RENEW]


def _invalid(batches: Iterable[Any], allowed: Sequence[int]) -> str | None:
    previous_last = -1
    for each in batches:
        if each.first_offset > each.last_offset or each.first_offset <= previous_last:
            return "Batches must be in order, without overlaps, and can't end before they begin."
        if not each.acknowledge_types:
            return "A batch has one acknowledge type, or one for each record."
        if len(each.acknowledge_types) not in (1, each.last_offset - each.first_offset + 1):
            return "A batch has one acknowledge type, or one for each record."
        if any(kind not in allowed for kind in each.acknowledge_types):
            return "This acknowledge type can't be used here."
        previous_last = each.last_offset
    return None
