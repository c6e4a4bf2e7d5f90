"""OffsetCommit and OffsetDelete: which partitions a group can have an offset in."""

import pytest
from tests.broker.rig import Rig, rig
from tests.broker.serving import run

from headwater.broker.handlers import create_topics, find_coordinator, offset_commit, offset_delete
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.create_topics_request import CreatableTopic, CreateTopicsRequest
from headwater.wire.messages.find_coordinator_request import FindCoordinatorRequest
from headwater.wire.messages.offset_commit_request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from headwater.wire.messages.offset_delete_request import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)

INDEXES = (0, -1, 1, -(2**31))
EXPECTED = [
    ErrorCode.NONE,
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
]


async def make(broker: Rig) -> None:
    topic = CreatableTopic(name="orders", num_partitions=1, replication_factor=1)
    await broker.ask(create_topics, CreateTopicsRequest(topics=(topic,)), 7)
    await broker.ask(find_coordinator, FindCoordinatorRequest(key="g"), 0)
    await broker.services.coordinators.settled()


def codes(answer: object) -> list[int]:
    return [each.error_code for topic in answer.topics for each in topic.partitions]  # type: ignore[attr-defined]


@pytest.mark.parametrize("version", [2, 9])
def test_an_offset_belongs_to_a_partition_that_there_is(version: int):
    async def check() -> None:
        asked = tuple(OffsetCommitRequestPartition(partition_index=each, committed_offset=5) for each in INDEXES)
        request = OffsetCommitRequest(
            group_id="g",
            generation_id_or_member_epoch=-1,
            topics=(OffsetCommitRequestTopic(name="orders", partitions=asked),),
        )
        async with rig() as broker:
            await make(broker)
            assert codes(await broker.ask(offset_commit, request, version)) == EXPECTED
            kept = await broker.services.coordinators.read("g", lambda machine: list(machine.offsets.of("g")))
        assert kept == [("orders", 0)]

    run(check)


def test_only_offsets_of_a_partition_that_there_is_can_be_deleted():
    async def check() -> None:
        commit = OffsetCommitRequest(
            group_id="g",
            generation_id_or_member_epoch=-1,
            topics=(
                OffsetCommitRequestTopic(
                    name="orders", partitions=(OffsetCommitRequestPartition(partition_index=0, committed_offset=5),)
                ),
            ),
        )
        asked = tuple(OffsetDeleteRequestPartition(partition_index=each) for each in INDEXES)
        delete = OffsetDeleteRequest(group_id="g", topics=(OffsetDeleteRequestTopic(name="orders", partitions=asked),))
        async with rig() as broker:
            await make(broker)
            await broker.ask(offset_commit, commit, 9)
            assert codes(await broker.ask(offset_delete, delete, 0)) == EXPECTED

    run(check)
