"""CreatePartitions: grow topics (KIP-195). Who can produce to the new partitions can do so when it is answered."""

from typing import Final

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.duplicates import named_twice
from headwater.broker.errors import Refused
from headwater.broker.needs import Each
from headwater.broker.topic_quota import mutations_of, split
from headwater.control.cluster.requests import AddPartitions
from headwater.control.cluster.topics import PARTITIONS_MAX, Topic
from headwater.control.errors import ControlError, InvalidRequest, QuotaExceeded
from headwater.security.access import Operation, Resource, topic as the_topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.create_partitions_request import CreatePartitionsRequest, CreatePartitionsTopic
from headwater.wire.messages.create_partitions_response import CreatePartitionsResponse, CreatePartitionsTopicResult
from headwater.wire.types import NodeId, TopicName

_STRICT_FROM: Final = 3
"""From here on a client understands THROTTLING_QUOTA_EXCEEDED."""


def _refused(item: CreatePartitionsTopic, code: ErrorCode, message: str | None = None) -> CreatePartitionsTopicResult:
    return CreatePartitionsTopicResult(name=item.name, error_code=code, error_message=message)


def _resource(item: CreatePartitionsTopic) -> Resource:
    return the_topic(item.name)


def refuse(request: CreatePartitionsRequest, code: ErrorCode) -> CreatePartitionsResponse:
    items = {each.name: each for each in request.topics}
    return CreatePartitionsResponse(results=tuple(_refused(each, code) for each in items.values()))


API = Api(
    CreatePartitionsRequest,
    versions=between(0, 3),
    refuse=refuse,
    needs=(Each(operation=Operation.ALTER, items="topics", of=_resource, refused=_refused, into="results"),),
)


async def handle(context: Context, request: CreatePartitionsRequest) -> CreatePartitionsResponse:
    twice = named_twice(each.name for each in request.topics)
    items = {each.name: each for each in request.topics}
    once = [each for name, each in items.items() if name not in twice]
    _check_size(context, once)
    mutations = mutations_of(context, strict_from=_STRICT_FROM)
    more = {each.name: 0 if request.validate_only else _more(context, each) for each in once}
    asked, too_many = split(mutations, once, lambda each: more[each.name])
    answers = await context.services.cluster.submit([_request(each, request.validate_only) for each in asked])
    results = [_refused_by(items[each], InvalidRequest("Duplicate topic name.")) for each in items if each in twice]
    results += [_refused_by(each, QuotaExceeded()) for each in too_many]
    for item, answer in zip(asked, answers, strict=True):
        results.append(await _result(context, request, item, answer))
        if isinstance(answer, ControlError):
            mutations.give_back(more[item.name])
    return CreatePartitionsResponse(throttle_time_ms=mutations.throttle_ms(), results=tuple(results))


def _check_size(context: Context, items: list[CreatePartitionsTopic]) -> None:
    if sum(_more(context, each) for each in items) > PARTITIONS_MAX:
        raise Refused(ErrorCode.POLICY_VIOLATION, f"one request adds at most {PARTITIONS_MAX} partitions")


def _more(context: Context, item: CreatePartitionsTopic) -> int:
    """Partitions than there are."""
    return max(0, item.count - context.services.partitions.partition_count(TopicName(item.name)))


def _request(item: CreatePartitionsTopic, validate_only: bool) -> AddPartitions:
    given = item.assignments
    return AddPartitions(
        name=TopicName(item.name),
        count=item.count,
        assignments=None if given is None else tuple(tuple(map(NodeId, each.broker_ids)) for each in given),
        validate_only=validate_only,
    )


async def _result(
    context: Context, request: CreatePartitionsRequest, item: CreatePartitionsTopic, answer: Topic | ControlError
) -> CreatePartitionsTopicResult:
    if isinstance(answer, ControlError):
        return _refused_by(item, answer)
    if not request.validate_only:
        await context.services.partitions.opened(answer.topic_id)
    return CreatePartitionsTopicResult(name=item.name)


def _refused_by(item: CreatePartitionsTopic, refusal: ControlError) -> CreatePartitionsTopicResult:
    return _refused(item, refusal.code, str(refusal))
