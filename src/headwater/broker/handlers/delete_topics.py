"""DeleteTopics: forget topics, by name or, from version 6 on, by id. Their bytes go in the background."""

from collections.abc import Sequence, Set as AbstractSet
from typing import Final

from msgspec import structs

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.duplicates import named_twice
from headwater.broker.errors import Refused
from headwater.broker.needs import Within
from headwater.broker.settings import DELETE_TOPIC_ENABLE
from headwater.broker.topic_quota import mutations_of, split
from headwater.control.cluster.requests import DeleteTopic
from headwater.control.cluster.topics import Topic
from headwater.control.errors import ControlError, QuotaExceeded
from headwater.security.access import THE_CLUSTER, Operation, topic as the_topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.delete_topics_request import DeleteTopicsRequest, DeleteTopicState
from headwater.wire.messages.delete_topics_response import DeletableTopicResult, DeleteTopicsResponse
from headwater.wire.types import ZERO_UUID, TopicName, Uuid

_DELETION_DISABLED_FROM: Final = 3
_STRICT_FROM: Final = 5
"""From here on a client understands THROTTLING_QUOTA_EXCEEDED."""


def _refused(item: DeleteTopicState, code: ErrorCode, message: str | None = None) -> DeletableTopicResult:
    return DeletableTopicResult(name=item.name, topic_id=item.topic_id, error_code=code, error_message=message)


def _items(request: DeleteTopicsRequest) -> tuple[DeleteTopicState, ...]:
    return request.topics or tuple(DeleteTopicState(name=each) for each in request.topic_names)


def refuse(request: DeleteTopicsRequest, code: ErrorCode) -> DeleteTopicsResponse:
    return DeleteTopicsResponse(responses=tuple(_refused(each, code) for each in _items(request)))


API = Api(
    DeleteTopicsRequest,
    versions=between(1, 6),
    refuse=refuse,
    needs=(Within(operation=Operation.DELETE, why="topics may be named by their ids, which say nothing before"),),
)


async def handle(context: Context, request: DeleteTopicsRequest) -> DeleteTopicsResponse:
    if not context.services.settings.broker[DELETE_TOPIC_ENABLE]:
        has_a_code = context.api_version >= _DELETION_DISABLED_FROM
        raise Refused(ErrorCode.TOPIC_DELETION_DISABLED if has_a_code else ErrorCode.INVALID_REQUEST)
    found = _found(context, _items(request))
    mutations = mutations_of(context, strict_from=_STRICT_FROM)
    named = (each for each in found if isinstance(each, Topic))
    topics, too_many = split(mutations, named, lambda each: len(each.partitions))
    answers = await context.services.cluster.submit([DeleteTopic(topic_id=each.topic_id) for each in topics])
    deleted = (_result(each, answer) for each, answer in zip(topics, answers, strict=True))
    later = (_result(each, QuotaExceeded()) for each in too_many)
    refused = (each for each in found if isinstance(each, DeletableTopicResult))
    return DeleteTopicsResponse(throttle_time_ms=mutations.throttle_ms(), responses=(*deleted, *later, *refused))


def _result(topic: Topic, answer: Topic | ControlError) -> DeletableTopicResult:
    code, message = (answer.code, str(answer)) if isinstance(answer, ControlError) else (ErrorCode.NONE, None)
    return DeletableTopicResult(name=topic.name, topic_id=topic.topic_id, error_code=code, error_message=message)


def _found(context: Context, items: Sequence[DeleteTopicState]) -> list[Topic | DeletableTopicResult]:
    """Each item once: the topic that is meant and may be deleted, or the reason why it is not."""
    keys = [_key(each) for each in items]
    twice = named_twice(keys)
    ids = {each.topic_id for each in items} - {ZERO_UUID}
    found: list[Topic | DeletableTopicResult] = []
    for key, item in dict(zip(keys, items, strict=True)).items():
        if item.name is None and item.topic_id == ZERO_UUID:
            found.append(_refused(item, ErrorCode.INVALID_REQUEST, "Neither topic name nor id were specified."))
        elif item.name is not None and item.topic_id != ZERO_UUID:
            found.append(_refused(item, ErrorCode.INVALID_REQUEST, "You may not specify both topic name and topic id."))
        elif key in twice:
            found.append(_refused(item, ErrorCode.INVALID_REQUEST, "Duplicate topic name or id."))
        else:
            found.append(_by_id(context, item) if item.name is None else _by_name(context, item, ids))
    return found


def _key(item: DeleteTopicState) -> tuple[str | None, Uuid]:
    return item.name, item.topic_id


def _by_id(context: Context, item: DeleteTopicState) -> Topic | DeletableTopicResult:
    topic = context.services.cluster.head.topics.by_id(item.topic_id)
    if topic is None:
        return _refused(item, ErrorCode.UNKNOWN_TOPIC_ID, "This server does not host this topic ID.")
    if _may(context, Operation.DELETE, topic.name):
        return topic
    told = topic.name if _may(context, Operation.DESCRIBE, topic.name) else None
    return _refused(structs.replace(item, name=told), ErrorCode.TOPIC_AUTHORIZATION_FAILED)


def _by_name(context: Context, item: DeleteTopicState, ids: AbstractSet[Uuid]) -> Topic | DeletableTopicResult:
    """What the client may not know of is refused alike whether it exists or not."""
    name = TopicName(item.name or "")
    if not _may(context, Operation.DESCRIBE, name):
        return _refused(item, ErrorCode.TOPIC_AUTHORIZATION_FAILED)
    topic = context.services.cluster.head.topics.named(name)
    if topic is None:
        return _refused(item, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "This server does not host this topic.")
    if not _may(context, Operation.DELETE, name):
        return _refused(item, ErrorCode.TOPIC_AUTHORIZATION_FAILED)
    if topic.topic_id in ids:
        return _refused(item, ErrorCode.INVALID_REQUEST, "The topic is named twice, by its name and by its id.")
    return topic


def _may(context: Context, operation: Operation, name: TopicName) -> bool:
    return context.allows(Operation.DELETE, THE_CLUSTER) or context.allows(operation, the_topic(name))
