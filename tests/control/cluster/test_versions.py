"""What is decided at any metadata.version can be written at that version, and means the same when it is read again."""

import pytest
from tests.control.cluster.test_topics import DIRECTORY, Rules, decide, new_topic, registration, state

from headwater.control.cluster.codec import MetadataCodec
from headwater.control.cluster.features import LATEST_METADATA, LOWEST_METADATA
from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.requests import AddPartitions, Bootstrap, ElectLeader, ReassignPartition
from headwater.machine.decision import Record
from headwater.wire.records.feature_level_record import FeatureLevelRecord
from headwater.wire.records.fence_broker_record import FenceBrokerRecord
from headwater.wire.records.partition_change_record import PartitionChangeRecord
from headwater.wire.records.partition_record import PartitionRecord
from headwater.wire.types import NodeId, TopicName

ORDERS = TopicName("orders")


def decided(level: int) -> list[Record]:
    """Every kind of record that is ever decided, as the log of a cluster at this level has them."""
    cluster = Cluster(rules=Rules())
    requests = [
        Bootstrap(records=(FeatureLevelRecord(name="metadata.version", feature_level=level),)),
        registration(1),
        registration(2),
        new_topic("orders", partitions=2, factor=2, settings={"retention.ms": "1"}),
        AddPartitions(name=ORDERS, count=3),
        ReassignPartition(topic=ORDERS, partition=0, replicas=(NodeId(2), NodeId(1))),
        ElectLeader(topic=ORDERS, partition=1),
        registration(1, unclean=True),
    ]
    records = [record for each in requests for record in decide(cluster, each).records]
    assert replayed(records) == state(cluster)
    return records


def replayed(records: list[Record]) -> list[object]:
    cluster = Cluster(rules=Rules())
    for record in records:
        cluster.replay(record)
    return state(cluster)


@pytest.mark.parametrize("level", range(LOWEST_METADATA, LATEST_METADATA + 1))
def test_every_record_of_a_level_is_read_as_it_was_decided(level: int):
    codec = MetadataCodec(metadata_level=lambda: level)
    records = decided(level)
    for record in (*records, *replayed(records)):
        assert codec.decode(*codec.encode(record)) == record


def test_partitions_name_folders_only_where_their_level_has_a_place_for_them():
    for level, directories in ((16, ()), (17, (DIRECTORY, DIRECTORY))):
        first = next(each for each in decided(level) if isinstance(each, PartitionRecord))
        assert first.directories == directories


def test_a_leader_that_was_eligible_is_told_without_that_where_the_level_has_no_place_for_it():
    cluster = Cluster(rules=Rules())
    records = [*decided(LATEST_METADATA), FeatureLevelRecord(name="metadata.version", feature_level=20)]
    left = PartitionChangeRecord(
        partition_id=0, topic_id=new_topic("orders").topic_id, isr=(), leader=-1, eligible_leader_replicas=(1,)
    )
    for record in (*records, FenceBrokerRecord(id=1, epoch=0), left):
        cluster.replay(record)
    led = decide(cluster, registration(1)).records[-1]
    assert (led.leader, led.isr, led.eligible_leader_replicas) == (1, (1,), None)
