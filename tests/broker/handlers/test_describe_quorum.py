"""DescribeQuorum, where the quorum is one process."""

from typing import Any

import pytest
from tests.broker.rig import DIRECTORY, Forbid, rig
from tests.machine.toy import run

from headwater.broker.handlers import describe_quorum
from headwater.security.access import THE_CLUSTER, Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.describe_quorum_request import DescribeQuorumRequest, PartitionData, TopicData


def described(topic: str = "__cluster_metadata", index: int = 0, *, version: int = 2, **of_rig: Any) -> Any:
    asked = TopicData(topic_name=topic, partitions=(PartitionData(partition_index=index),))

    async def test() -> Any:
        async with rig(**of_rig) as broker:
            return await broker.ask(describe_quorum, DescribeQuorumRequest(topics=(asked,)), version)

    return run(test)


@pytest.mark.parametrize("version", range(3))
def test_we_are_the_quorum(version):
    (topic,) = described(version=version).topics
    (partition,) = topic.partitions
    assert (partition.error_code, partition.leader_id, partition.leader_epoch) == (ErrorCode.NONE, 1, 3)
    assert partition.high_watermark == 42
    assert [(each.replica_id, each.log_end_offset) for each in partition.current_voters] == [(1, 42)]
    assert partition.observers == ()


def test_version_2_tells_where_we_keep_the_log_and_how_to_reach_us():
    response = described()
    assert response.topics[0].partitions[0].current_voters[0].replica_directory_id == DIRECTORY
    (node,) = response.nodes
    assert (node.node_id, [(each.name, each.host, each.port) for each in node.listeners]) == (
        1,
        [("PLAINTEXT", "we.example", 19092)],
    )


@pytest.mark.parametrize(("topic", "index"), [("orders", 0), ("__cluster_metadata", 1)])
def test_no_other_log_has_a_quorum(topic, index):
    response = described(topic, index)
    assert response.topics[0].partitions[0].error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def test_telling_needs_the_right_to_it():
    response = described(authorizer=Forbid((Operation.DESCRIBE, THE_CLUSTER)))
    assert response.error_code == ErrorCode.CLUSTER_AUTHORIZATION_FAILED
