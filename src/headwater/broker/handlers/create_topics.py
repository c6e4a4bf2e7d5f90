"""CreateTopics: make topics, or say what would become of them (KIP-4, KIP-464, KIP-525)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from msgspec import structs

from headwater.broker.api import Api, between
from headwater.broker.config_entries import Entry, entries
from headwater.broker.context import Context
from headwater.broker.duplicates import named_twice
from headwater.broker.needs import Each
from headwater.broker.new_topics import OPEN, create, new_topic
from headwater.broker.topic_quota import mutations_of
from headwater.broker.turns import Turns
from headwater.control.cluster.names import CLUSTER_METADATA
from headwater.control.cluster.requests import CreateTopic
from headwater.control.cluster.topics import Topic
from headwater.control.errors import (
    ControlError,
    InvalidConfig,
    InvalidReplicaAssignment,
    InvalidRequest,
    QuotaExceeded,
)
from headwater.security.access import Operation, Resource, topic as the_topic
from headwater.security.quotas.mutations import Mutations
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.create_topics_request import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreateTopicsRequest,
)
from headwater.wire.messages.create_topics_response import (
    CreatableTopicConfigs,
    CreatableTopicResult,
    CreateTopicsResponse,
)
from headwater.wire.types import NodeId, TopicName

_STRICT_FROM: Final = 6
"""From here on a client understands THROTTLING_QUOTA_EXCEEDED."""

Assignments = tuple[tuple[NodeId, ...], ...]


def _refused(item: CreatableTopic, code: ErrorCode, message: str | None = None) -> CreatableTopicResult:
    return CreatableTopicResult(name=item.name, error_code=code, error_message=message)


def _resource(item: CreatableTopic) -> Resource:
    return the_topic(item.name)


def refuse(request: CreateTopicsRequest, code: ErrorCode) -> CreateTopicsResponse:
    items = {each.name: each for each in request.topics}
    return CreateTopicsResponse(topics=tuple(_refused(each, code) for each in items.values()))


API = Api(
    CreateTopicsRequest,
    versions=between(2, 7),
    refuse=refuse,
    needs=(
        Each(
            operation=Operation.CREATE,
            items="topics",
            of=_resource,
            refused=_refused,
            into="topics",
            unless=Operation.CREATE,
        ),
    ),
)


async def handle(context: Context, request: CreateTopicsRequest) -> CreateTopicsResponse:
    twice = named_twice(each.name for each in request.topics)
    items = {each.name: each for each in request.topics}
    wanted = {name: _wanted(context, each, name in twice, request.validate_only) for name, each in items.items()}
    mutations = mutations_of(context, strict_from=_STRICT_FROM)
    wanted = {name: _within_quota(mutations, each) for name, each in wanted.items()}
    asked = [each for each in wanted.values() if isinstance(each, CreateTopic)]
    answers: dict[str, CreatableTopicResult | ControlError]
    answers = {name: each for name, each in wanted.items() if isinstance(each, ControlError)}
    made, turns = await create(context.services, asked), Turns()
    for each, answer in zip(asked, made, strict=True):
        await turns.next()
        answers[each.name] = _made(context, each, answer) if isinstance(answer, Topic) else answer
        if isinstance(answer, ControlError):
            mutations.give_back(_partitions(each))
    return CreateTopicsResponse(
        throttle_time_ms=mutations.throttle_ms(),
        topics=tuple(_result(each, answers[name]) for name, each in items.items()),
    )


# --- what is asked for


def _wanted(
    context: Context, item: CreatableTopic, is_named_twice: bool, validate_only: bool
) -> CreateTopic | ControlError:
    """What to ask the cluster for, or what is wrong with the item before it is looked at there."""
    if is_named_twice:
        return InvalidRequest("Duplicate topic name.")
    if item.name == CLUSTER_METADATA:
        return InvalidRequest(f"Creation of internal topic {CLUSTER_METADATA} is prohibited.")
    unset = [each.name for each in item.configs if each.value is None]
    if unset:
        return InvalidConfig(f"Null value not supported for topic configs: {','.join(unset)}")
    assignments = _assignments(item)
    if isinstance(assignments, ControlError):
        return assignments
    return new_topic(
        context.services,
        TopicName(item.name),
        partitions=item.num_partitions,
        replication_factor=item.replication_factor,
        assignments=assignments,
        settings={each.name: each.value for each in item.configs if each.value is not None},
        validate_only=validate_only,
    )


def _within_quota(mutations: Mutations, wanted: CreateTopic | ControlError) -> CreateTopic | ControlError:
    if isinstance(wanted, ControlError) or mutations.may_change(_partitions(wanted)):
        return wanted
    return QuotaExceeded()


def _partitions(wanted: CreateTopic) -> int:
    """That will be made; none where it is only asked whether they could be."""
    return 0 if wanted.validate_only else max(len(wanted.assignments) or wanted.partitions, 0)


def _assignments(item: CreatableTopic) -> Assignments | ControlError:
    given = item.assignments
    if given and item.replication_factor != OPEN:
        return InvalidRequest("A manual partition assignment was specified, but replication factor was not set to -1.")
    if given and item.num_partitions != OPEN:
        return InvalidRequest("A manual partition assignment was specified, but numPartitions was not set to -1.")
    return _in_order(given)


def _in_order(given: Sequence[CreatableReplicaAssignment]) -> Assignments | InvalidReplicaAssignment:
    by_index = {each.partition_index: each.broker_ids for each in given}
    if len(by_index) < len(given):
        index = min(map(int, named_twice(each.partition_index for each in given)))
        return InvalidReplicaAssignment(f"Found multiple manual partition assignments for partition {index}")
    if by_index and sorted(by_index) != list(range(len(by_index))):
        return InvalidReplicaAssignment("partitions should be a consecutive 0-based integer sequence")
    return tuple(tuple(map(NodeId, by_index[index])) for index in range(len(by_index)))


# --- what became of it


def _result(item: CreatableTopic, answer: CreatableTopicResult | ControlError) -> CreatableTopicResult:
    return _refused(item, answer.code, str(answer)) if isinstance(answer, ControlError) else answer


def _made(context: Context, request: CreateTopic, topic: Topic) -> CreatableTopicResult:
    made = CreatableTopicResult(name=topic.name, topic_id=topic.topic_id, error_message=None)
    if not context.allows(Operation.DESCRIBE_CONFIGS, the_topic(topic.name)):
        return structs.replace(made, topic_config_error_code=ErrorCode.TOPIC_AUTHORIZATION_FAILED)
    view = replace(context.services.settings.topic(topic.name), own=request.settings)
    return structs.replace(
        made,
        num_partitions=len(topic.partitions),
        replication_factor=topic.replication_factor,
        configs=tuple(map(_config, entries(view))),
    )


def _config(entry: Entry) -> CreatableTopicConfigs:
    return CreatableTopicConfigs(
        name=entry.name,
        value=entry.text,
        config_source=entry.source.value,
        is_sensitive=entry.setting.sensitive,
    )
