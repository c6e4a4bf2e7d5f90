"""ElectLeaders, where most partitions are led as they should be."""

from typing import Any

import pytest
from tests.broker.rig import Forbid, rig
from tests.machine.toy import run

from headwater.broker.handlers import elect_leaders
from headwater.control.cluster.requests import CreateTopic, ReassignPartition
from headwater.security.access import THE_CLUSTER, Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.elect_leaders_request import ElectLeadersRequest, TopicPartitions
from headwater.wire.types import NodeId, TopicName, Uuid

NAMED = (TopicPartitions(topic="t", partitions=(0, 1, 7)), TopicPartitions(topic="x", partitions=(0,)))


def elected(
    topics: tuple[TopicPartitions, ...] | None = NAMED, *, version: int = 2, election_type: int = 0, **of_rig: Any
) -> Any:
    """Partition 0 of `t` is led by broker 2, though 1 is preferred; partition 1 is led as preferred."""
    request = ElectLeadersRequest(topic_partitions=topics, election_type=election_type)

    async def test() -> Any:
        async with rig(brokers=(1, 2), **of_rig) as broker:
            name = TopicName("t")
            await broker.decide(
                CreateTopic(name=name, topic_id=Uuid(bytes([1]) * 16), partitions=2, replication_factor=2)
            )
            for replicas in ((2,), (1, 2)):  # who leads stays as long as it is a replica
                moved = ReassignPartition(topic=name, partition=0, replicas=tuple(map(NodeId, replicas)))
                assert await broker.decide(moved) is None
            response = await broker.ask(elect_leaders, request, version)
            topic = broker.services.cluster.head.topics.named(name)
            assert topic is not None
            return response, topic.partitions[0].leader

    return run(test)


def codes(response: Any) -> dict[tuple[str, int], int]:
    return {
        (topic.topic, each.partition_id): each.error_code
        for topic in response.replica_election_results
        for each in topic.partition_result
    }


@pytest.mark.parametrize("version", range(3))
def test_every_version_elects_the_preferred_leader(version):
    response, leader = elected(version=version)
    assert leader == 1
    assert codes(response) == {
        ("t", 0): ErrorCode.NONE,
        ("t", 1): ErrorCode.ELECTION_NOT_NEEDED,
        ("t", 7): ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ("x", 0): ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    }


def test_of_all_partitions_only_those_that_needed_an_election_are_told():
    response, leader = elected(None)
    assert (codes(response), leader) == ({("t", 0): ErrorCode.NONE}, 1)


def test_an_unclean_election_is_for_those_without_a_leader():
    response, leader = elected((NAMED[0],), election_type=1)
    assert codes(response)["t", 0] == ErrorCode.ELECTION_NOT_NEEDED
    assert leader == 2


def test_other_elections_are_not_known():
    response, _ = elected(None, election_type=9)
    assert response.error_code == ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize("version", range(3))
def test_electing_needs_the_right_to_alter_the_cluster(version):
    response, leader = elected(version=version, authorizer=Forbid((Operation.ALTER, THE_CLUSTER)))
    assert {*codes(response).values()} == {ErrorCode.CLUSTER_AUTHORIZATION_FAILED}
    assert leader == 2
