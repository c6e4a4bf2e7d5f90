"""Every administrative question, asked of a real broker in the same event loop."""

import pytest

from headwater.client.admin.brokers import describe_cluster
from headwater.client.admin.configs import Change, Operation, Resource, ResourceType, alter_configs, describe_configs
from headwater.client.admin.group_descriptions import describe_group
from headwater.client.admin.groups import GroupKind, delete_group, list_groups
from headwater.client.admin.offsets import (
    At,
    CommittedOffset,
    commit_offsets,
    committed_offsets,
    delete_offsets,
    find_offset,
)
from headwater.client.admin.quotas import alter_quotas, describe_quotas
from headwater.client.admin.share_offsets import (
    ShareOffset,
    alter_share_offsets,
    delete_share_offsets,
    share_offsets,
)
from headwater.client.admin.topics import (
    NewTopic,
    create_partitions,
    create_topic,
    delete_records,
    delete_topic,
    describe_topic,
    list_topics,
)
from headwater.client.errors import Refused
from headwater.client.producer import Producer
from headwater.kernel.units import Timestamp
from headwater.wire.batch.builder import NewRecord
from headwater.wire.error_codes import ErrorCode

ORDERS = NewTopic(name="orders", partitions=2, configs={"retention.ms": "60000"})
RETENTION = Resource(ResourceType.TOPIC, "orders")


def test_a_topic_is_made_grown_listed_and_deleted(against_a_broker):
    async def test(cluster):
        made = await create_topic(cluster, ORDERS)
        assert (made.name, made.partitions, made.replication_factor) == ("orders", 2, 1)
        await create_partitions(cluster, "orders", 3)
        assert len((await describe_topic(cluster, "orders")).partitions) == 3
        await delete_topic(cluster, "orders")
        assert await list_topics(cluster) == ()

    against_a_broker(test)


def test_what_the_broker_refuses_is_raised_with_its_code_and_its_words(against_a_broker):
    async def test(cluster):
        await create_topic(cluster, ORDERS)
        with pytest.raises(Refused) as again:
            await create_topic(cluster, ORDERS)
        assert again.value.code == ErrorCode.TOPIC_ALREADY_EXISTS
        with pytest.raises(Refused) as unknown:
            await delete_topic(cluster, "nothing")
        assert unknown.value.code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

    against_a_broker(test)


def test_settings_are_described_set_and_unset(against_a_broker):
    async def test(cluster):
        await create_topic(cluster, ORDERS)
        await alter_configs(cluster, RETENTION, [Change(name="retention.ms", value="7000")])
        (retention,) = await describe_configs(cluster, RETENTION, names=["retention.ms"])
        assert retention.value == "7000"
        await alter_configs(cluster, RETENTION, [Change(name="retention.ms", operation=Operation.DELETE)])
        (retention,) = await describe_configs(cluster, RETENTION, names=["retention.ms"])
        assert retention.value == "604800000"

    against_a_broker(test)


def test_the_cluster_tells_its_brokers(against_a_broker):
    async def test(cluster):
        described = await describe_cluster(cluster)
        assert [broker.id for broker in described.brokers] == [described.controller]
        assert described.id

    against_a_broker(test)


def test_an_empty_groups_offsets_are_committed_read_and_forgotten(against_a_broker):
    async def test(cluster):
        await create_topic(cluster, ORDERS)
        half, none = CommittedOffset(offset=7, metadata="half"), CommittedOffset(offset=0)
        await commit_offsets(cluster, "readers", {("orders", 0): half, ("orders", 1): none})
        assert await committed_offsets(cluster, "readers") == {("orders", 0): half, ("orders", 1): none}
        assert await committed_offsets(cluster, "readers", [("orders", 0)]) == {("orders", 0): half}
        (listed,) = await list_groups(cluster)
        assert (listed.id, listed.kind) == ("readers", GroupKind.CLASSIC)
        assert await list_groups(cluster, kinds=(GroupKind.SHARE,)) == ()
        assert await list_groups(cluster, states=("stable",)) == ()
        assert (await describe_group(cluster, "readers")).state == "Empty"
        await delete_offsets(cluster, "readers", [("orders", 0)])
        assert await committed_offsets(cluster, "readers") == {("orders", 1): none}
        await delete_group(cluster, "readers")
        assert await list_groups(cluster) == ()

    against_a_broker(test)


def test_offsets_are_found_by_time_and_by_place_and_records_are_deleted(against_a_broker):
    async def test(cluster):
        await create_topic(cluster, NewTopic(name="orders", partitions=1, configs={"retention.ms": "-1"}))
        producer = Producer(cluster)
        for moment in map(Timestamp, (1_000, 2_000, 3_000)):
            await producer.send("orders", 0, [NewRecord(value=b"x", timestamp=moment)])
        assert (await find_offset(cluster, "orders", 0, At.LATEST)).offset == 3
        assert (await find_offset(cluster, "orders", 0, Timestamp(1_500))).offset == 1
        assert (await find_offset(cluster, "orders", 0, Timestamp(9_000))).offset == -1
        assert await delete_records(cluster, "orders", 0, before=2) == 2
        assert (await find_offset(cluster, "orders", 0, At.EARLIEST)).offset == 2

    against_a_broker(test)


def test_quotas_are_set_described_and_removed(against_a_broker):
    async def test(cluster):
        ann, everybody = {"user": "ann"}, {"user": None}
        await alter_quotas(cluster, ann, {"producer_byte_rate": 1024.0, "request_percentage": 0.5})
        await alter_quotas(cluster, everybody, {"producer_byte_rate": 1.0})
        (found,) = await describe_quotas(cluster, ann)
        assert (found.entity, found.values) == (ann, {"producer_byte_rate": 1024.0, "request_percentage": 0.5})
        await alter_quotas(cluster, ann, {"producer_byte_rate": None, "request_percentage": None})
        assert [each.entity for each in await describe_quotas(cluster, {})] == [everybody]
        with pytest.raises(Refused, match="Invalid configuration key nonsense"):
            await alter_quotas(cluster, ann, {"nonsense": 1.0})

    against_a_broker(test)


def test_a_share_group_is_founded_by_its_start_told_of_and_forgotten(against_a_broker):
    async def test(cluster):
        await create_topic(cluster, ORDERS)
        await alter_share_offsets(cluster, "workers", {("orders", 0): 0, ("orders", 1): 0})
        found = await describe_group(cluster, "workers")
        assert (found.kind, found.state, found.members) == (GroupKind.SHARE, "Empty", ())
        told = await share_offsets(cluster, "workers")
        assert told == {("orders", index): ShareOffset(start=0, lag=0) for index in (0, 1)}
        await delete_share_offsets(cluster, "workers", ("orders",))
        assert await share_offsets(cluster, "workers") == {}
        await delete_group(cluster, "workers")
        with pytest.raises(Refused, match="workers"):
            await describe_group(cluster, "workers")

    against_a_broker(test)
