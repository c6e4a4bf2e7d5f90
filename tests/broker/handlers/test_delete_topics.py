"""DeleteTopics by name and by id, and what it must not tell of topics that a client may not know."""

from typing import Any

import pytest
from tests.broker.rig import Forbid, Rig, rig
from tests.machine.toy import run

from headwater.broker.handlers import delete_topics
from headwater.control.cluster.requests import CreateTopic
from headwater.security.access import THE_CLUSTER, Operation, topic as the_topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.delete_topics_request import DeleteTopicsRequest, DeleteTopicState
from headwater.wire.types import TopicName, Uuid

A, B, NOBODY = (Uuid(bytes([each]) * 16) for each in (1, 2, 3))
NOT_BY_CLUSTER = (Operation.DELETE, THE_CLUSTER)


def named(name: str) -> DeleteTopicState:
    return DeleteTopicState(name=name)


def by_id(topic_id: Uuid) -> DeleteTopicState:
    return DeleteTopicState(topic_id=topic_id)


async def with_topics(broker: Rig) -> None:
    for name, topic_id in (("a", A), ("b", B)):
        await broker.decide(CreateTopic(name=TopicName(name), topic_id=topic_id, partitions=1, replication_factor=1))


def deleted(*items: DeleteTopicState, version: int = 6, **of_rig: Any) -> tuple[Any, list[str]]:
    """What is answered, by name and id, and what is left."""
    names = tuple(each.name or "" for each in items)
    request = DeleteTopicsRequest(topics=items) if version >= 6 else DeleteTopicsRequest(topic_names=names)

    async def test() -> Any:
        async with rig(**of_rig) as broker:
            await with_topics(broker)
            response = await broker.ask(delete_topics, request, version)
            left = [each.name for each in broker.services.cluster.head.topics]
            return {(each.name, each.topic_id): each.error_code for each in response.responses}, left

    answers, left = run(test)
    return answers, left


@pytest.mark.parametrize("version", range(1, 7))
def test_every_version_deletes_by_name(version):
    answers, left = deleted(named("a"), named("x"), version=version)
    assert {name: code for (name, _), code in answers.items()} == {
        "a": ErrorCode.NONE,
        "x": ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    }
    assert left == ["b"]


def test_topics_are_deleted_by_id_and_answered_with_their_names():
    answers, left = deleted(by_id(A), by_id(NOBODY))
    assert answers == {("a", A): ErrorCode.NONE, (None, NOBODY): ErrorCode.UNKNOWN_TOPIC_ID}
    assert left == ["b"]


def test_what_is_named_twice_is_refused_and_not_deleted():
    assert deleted(named("a"), named("a"), by_id(B), by_id(B)) == (
        {("a", bytes(16)): ErrorCode.INVALID_REQUEST, (None, B): ErrorCode.INVALID_REQUEST},
        ["a", "b"],
    )


def test_a_name_and_an_id_of_one_topic_delete_it_once():
    answers, left = deleted(named("a"), by_id(A))
    assert answers == {("a", A): ErrorCode.NONE, ("a", bytes(16)): ErrorCode.INVALID_REQUEST}
    assert left == ["b"]


@pytest.mark.parametrize("item", [DeleteTopicState(), DeleteTopicState(name="a", topic_id=A)], ids=["neither", "both"])
def test_an_item_has_a_name_or_an_id(item):
    answers, left = deleted(item)
    assert ([*answers.values()], left) == ([ErrorCode.INVALID_REQUEST], ["a", "b"])


@pytest.mark.parametrize(("version", "code"), [(2, ErrorCode.INVALID_REQUEST), (3, ErrorCode.TOPIC_DELETION_DISABLED)])
def test_deletion_can_be_switched_off(version, code):
    answers, left = deleted(named("a"), version=version, settings={"delete.topic.enable": "false"})
    assert ([*answers.values()], left) == ([code], ["a", "b"])


def test_a_name_is_told_only_to_those_who_may_know_it():
    forbidden = Forbid(NOT_BY_CLUSTER, (Operation.DELETE, the_topic("a")))
    assert deleted(by_id(A), authorizer=forbidden)[0] == {("a", A): ErrorCode.TOPIC_AUTHORIZATION_FAILED}
    blind = Forbid(NOT_BY_CLUSTER, (Operation.DELETE, the_topic("a")), (Operation.DESCRIBE, the_topic("a")))
    assert deleted(by_id(A), authorizer=blind)[0] == {(None, A): ErrorCode.TOPIC_AUTHORIZATION_FAILED}


def test_what_may_not_be_known_of_is_refused_alike_whether_it_is_there_or_not():
    blind = Forbid(NOT_BY_CLUSTER, (Operation.DESCRIBE, the_topic("a")), (Operation.DESCRIBE, the_topic("x")))
    answers, left = deleted(named("a"), named("x"), authorizer=blind)
    assert {*answers.values()} == {ErrorCode.TOPIC_AUTHORIZATION_FAILED}
    assert left == ["a", "b"]
