"""Metadata in all its versions, and the topics that are made because it asks for them."""

from typing import Any

import pytest
from tests.broker.rig import Forbid, rig
from tests.machine.toy import run

from headwater.broker.handlers import metadata
from headwater.control.cluster.requests import CreateTopic
from headwater.security.access import THE_CLUSTER, Operation, topic as the_topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.metadata_request import MetadataRequest, MetadataRequestTopic
from headwater.wire.types import TopicName, Uuid

VERSIONS = range(14)
ID, NO_SUCH_ID = (Uuid(bytes([each]) * 16) for each in (1, 2))


def named(*names: str, **more: Any) -> MetadataRequest:
    return MetadataRequest(topics=tuple(MetadataRequestTopic(name=each) for each in names), **more)


def by_id(*ids: Uuid) -> MetadataRequest:
    return MetadataRequest(topics=tuple(MetadataRequestTopic(topic_id=each, name=None) for each in ids))


def orders(**more: Any) -> CreateTopic:
    fields: dict[str, Any] = {"partitions": 2, "replication_factor": 1} | more
    return CreateTopic(name=TopicName("orders"), topic_id=ID, **fields)


def asked(request: MetadataRequest, version: int = 13, *, there: bool = True, **of_rig: Any) -> Any:
    async def test() -> Any:
        async with rig(**of_rig) as broker:
            if there:
                await broker.decide(orders())
            return await broker.ask(metadata, request, version)

    return run(test)


def codes(response: Any) -> dict[str | None, int]:
    return {each.name: each.error_code for each in response.topics}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_tells_of_the_brokers_and_of_a_topics_partitions(version):
    response = asked(named("orders"), version)
    assert [(each.node_id, each.host, each.port) for each in response.brokers] == [(1, "we.example", 19092)]
    (topic,) = response.topics
    assert (topic.error_code, topic.name) == (ErrorCode.NONE, "orders")
    assert [(each.partition_index, each.leader_id, each.replica_nodes) for each in topic.partitions] == [
        (0, 1, (1,)),
        (1, 1, (1,)),
    ]


@pytest.mark.parametrize(("version", "topics", "names"), [(0, (), ["orders"]), (1, (), []), (1, None, ["orders"])])
def test_all_topics_are_asked_for_by_an_empty_list_in_version_0_and_by_null_since(version, topics, names):
    response = asked(MetadataRequest(topics=topics), version)
    assert [each.name for each in response.topics] == names


def test_other_brokers_are_known_by_the_listener_of_the_same_name():
    response = asked(named("orders"), brokers=(1, 2))
    assert [(each.node_id, each.host, each.port, each.rack) for each in response.brokers] == [
        (1, "we.example", 19092, "rack-1"),
        (2, "broker-2.example", 9092, "rack-2"),
    ]


@pytest.mark.parametrize(("version", "code"), [(5, ErrorCode.LEADER_NOT_AVAILABLE), (6, ErrorCode.LISTENER_NOT_FOUND)])
def test_a_leader_without_the_clients_listener_is_no_leader_for_it(version, code):
    async def test() -> Any:
        async with rig(brokers=(1, 2)) as broker:
            await broker.decide(orders())
            broker.come_on("INTERNAL")
            return await broker.ask(metadata, named("orders"), version)

    first, second = run(test).topics[0].partitions
    assert (first.error_code, first.leader_id) == (ErrorCode.NONE, 1)
    assert (second.error_code, second.leader_id, second.offline_replicas) == (code, -1, (2,))


@pytest.mark.parametrize("version", [3, 4, 13])
def test_a_topic_that_is_asked_for_is_created_and_can_be_used_at_once(version):
    async def test() -> Any:
        async with rig(settings={"num.partitions": "3"}) as broker:
            response = await broker.ask(metadata, named("new"), version)
            return response, [broker.services.partitions.find(TopicName("new"), each) for each in range(3)]

    response, logs = run(test)
    (topic,) = response.topics
    assert topic.error_code == ErrorCode.NONE
    assert [each.leader_id for each in topic.partitions] == [1, 1, 1]
    assert not any(isinstance(each, ErrorCode) for each in logs)


@pytest.mark.parametrize(
    ("request_", "settings"),
    [
        (named("new", allow_auto_topic_creation=False), {}),
        (named("new"), {"auto.create.topics.enable": "false"}),
    ],
)
def test_nothing_is_created_unless_both_want_it(request_, settings):
    response = asked(request_, settings=settings)
    assert codes(response) == {"new": ErrorCode.UNKNOWN_TOPIC_OR_PARTITION}


def test_the_topic_of_offsets_is_created_with_its_own_number_of_partitions():
    response = asked(named("__consumer_offsets"), settings={"offsets.topic.num.partitions": "5"})
    (topic,) = response.topics
    assert (topic.is_internal, len(topic.partitions)) == (True, 5)


@pytest.mark.parametrize("allow", [True, False])
def test_a_name_that_can_not_be_is_refused_and_the_others_are_answered(allow):
    response = asked(named("a b", "orders", allow_auto_topic_creation=allow))
    assert codes(response) == {"a b": ErrorCode.INVALID_TOPIC_EXCEPTION, "orders": ErrorCode.NONE}


def test_internal_topics_that_are_not_built_yet_are_not_created_as_if_they_were_any_topic():
    response = asked(named("__transaction_state", "__cluster_metadata"))
    assert set(codes(response).values()) == {ErrorCode.UNKNOWN_TOPIC_OR_PARTITION}


def test_a_name_twice_is_answered_once():
    assert len(asked(named("orders", "orders")).topics) == 1


def test_topics_are_found_by_their_ids():
    known, unknown = sorted(asked(by_id(ID, NO_SUCH_ID)).topics, key=lambda each: each.error_code)
    assert (known.name, known.topic_id) == ("orders", ID)
    assert (unknown.name, unknown.topic_id, unknown.error_code) == (None, NO_SUCH_ID, ErrorCode.UNKNOWN_TOPIC_ID)


@pytest.mark.parametrize(
    "topic", [MetadataRequestTopic(name=None, topic_id=ID), MetadataRequestTopic(name="x", topic_id=ID)]
)
@pytest.mark.parametrize("version", [10, 11])
def test_versions_that_carry_ids_but_do_not_know_them_refuse_them(version, topic):
    async def test() -> Any:
        async with rig() as broker:
            return await broker.ask(metadata, MetadataRequest(topics=(topic,)), version)

    assert [each.error_code for each in run(test).topics] == [ErrorCode.INVALID_REQUEST]


def test_what_may_not_be_described_is_not_told_of():
    forbidden = Forbid((Operation.DESCRIBE, the_topic("orders")))
    (refused,) = asked(named("orders"), authorizer=forbidden).topics
    assert (refused.error_code, refused.topic_id) == (ErrorCode.TOPIC_AUTHORIZATION_FAILED, bytes(16))
    assert asked(MetadataRequest(topics=None), authorizer=forbidden).topics == ()
    (by_its_id,) = asked(by_id(ID), authorizer=forbidden).topics
    assert (by_its_id.error_code, by_its_id.name) == (ErrorCode.TOPIC_AUTHORIZATION_FAILED, None)


def test_creating_needs_its_own_right():
    forbidden = Forbid((Operation.CREATE, THE_CLUSTER), (Operation.CREATE, the_topic("new")))
    assert codes(asked(named("new"), authorizer=forbidden)) == {"new": ErrorCode.TOPIC_AUTHORIZATION_FAILED}


def test_operations_are_told_only_if_asked_for():
    silent = asked(named("orders"), 8)
    assert (silent.topics[0].topic_authorized_operations, silent.cluster_authorized_operations) == (-(2**31), -(2**31))
    asking = {"include_topic_authorized_operations": True, "include_cluster_authorized_operations": True}
    told = asked(named("orders", **asking), 8)
    assert told.topics[0].topic_authorized_operations == 0b110111111000
    assert told.cluster_authorized_operations == 0b1111110100000 | 1 << 8
