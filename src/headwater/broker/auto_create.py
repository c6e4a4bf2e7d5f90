"""Topics that are made because somebody asks for them (`auto.create.topics.enable`).

They are there, with open logs, when the asking request is answered, so that its client can go on at once. Kafka answers
with an error first and has the client ask again.
"""

from collections.abc import Sequence

from headwater.broker.context import Context
from headwater.broker.internal_topics import ensure_group_offsets
from headwater.broker.new_topics import create, new_topic
from headwater.broker.settings import AUTO_CREATE_TOPICS_ENABLE
from headwater.broker.topic_quota import mutations_of, split
from headwater.control.cluster.names import CLUSTER_METADATA, GROUP_OFFSETS, INTERNAL
from headwater.control.errors import ControlError, TopicExists
from headwater.security.access import THE_CLUSTER, Operation, topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import TopicName


async def create_missing(context: Context, names: Sequence[TopicName]) -> dict[TopicName, ErrorCode]:
    """Make those that are not there, and give the codes of those that could not be made. Raises Refused."""
    topics = context.services.cluster.head.topics
    missing = [each for each in names if topics.named(each) is None]
    if not missing or not context.services.settings.broker[AUTO_CREATE_TOPICS_ENABLE]:
        return {}
    forbidden = [each for each in missing if not _is_allowed(context, each)]
    refused = await _create(context, [each for each in missing if each not in forbidden])
    return refused | dict.fromkeys(forbidden, ErrorCode.TOPIC_AUTHORIZATION_FAILED)


def _is_allowed(context: Context, name: TopicName) -> bool:
    return context.allows(Operation.CREATE, THE_CLUSTER) or context.allows(Operation.CREATE, topic(name))


async def _create(context: Context, names: Sequence[TopicName]) -> dict[TopicName, ErrorCode]:
    """An internal topic is not like others: it is made with the settings of its own, or not at all. What is more than the
    client's quota is not there yet: it asks again."""
    if GROUP_OFFSETS in names:
        await ensure_group_offsets(context)
    plain = [each for each in names if each not in INTERNAL and each != CLUSTER_METADATA]
    mutations = mutations_of(context, strict_from=0)
    wanted = [new_topic(context.services, each) for each in plain]
    asked, too_many = split(mutations, wanted, lambda each: each.partitions)
    answers = await create(context.services, asked)
    refused = dict.fromkeys((each.name for each in too_many), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    for each, answer in zip(asked, answers, strict=True):
        if isinstance(answer, ControlError):
            mutations.give_back(each.partitions)
            if not isinstance(answer, TopicExists):
                refused[each.name] = answer.code
    return refused
