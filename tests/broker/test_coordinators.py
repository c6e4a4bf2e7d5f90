"""What coordinators make of topics that go while they are there, and of those that went while they were not."""

from asyncio import Barrier, wait_for

from tests.broker.rig import Rig, rig
from tests.machine.toy import run

from headwater.control.cluster.requests import CreateTopic, DeleteTopic
from headwater.control.groups.records import GroupRecord, offset_record
from headwater.control.groups.requests import CommitOffsets, OffsetCommit
from headwater.wire.records.offset_commit_value import OffsetCommitValue
from headwater.wire.types import ZERO_UUID, LeaderEpoch, Offset, TopicName, Uuid

LIVING, GONE = Uuid(bytes([1]) * 16), Uuid(bytes([2]) * 16)
OFFSETS = Uuid(bytes([3]) * 16)


def committed(group: str, topic: str, topic_id: Uuid) -> GroupRecord:
    return offset_record(group, topic, 0, OffsetCommitValue(offset=5, topic_id=topic_id))


async def make_topic(broker: Rig, name: str, topic_id: Uuid) -> None:
    request = CreateTopic(name=TopicName(name), topic_id=topic_id, partitions=1, replication_factor=1)
    await broker.decide(request)
    await broker.services.partitions.opened(topic_id)
    await broker.services.coordinators.settled()


async def topics_of(broker: Rig, group: str) -> list[tuple[str, int]]:
    return await broker.services.coordinators.read(group, lambda machine: list(machine.offsets.of(group)))


def test_offsets_of_topics_that_went_while_no_coordinator_was_there_go_when_it_is_loaded():
    async def test() -> None:
        found = [committed("a", "t", LIVING), committed("b", "t", GONE), committed("c", "u", GONE)]
        found.append(committed("d", "t", ZERO_UUID))
        async with rig(committed=found) as broker:
            await make_topic(broker, "t", LIVING)
            await make_topic(broker, "__consumer_offsets", OFFSETS)
            assert [await topics_of(broker, each) for each in "abcd"] == [[("t", 0)], [], [], [("t", 0)]]

    run(test)


def test_a_deleted_topic_takes_the_offsets_of_its_own_life_along():
    async def test() -> None:
        async with rig() as broker:
            await make_topic(broker, "t", GONE)
            await make_topic(broker, "__consumer_offsets", OFFSETS)
            for topic_id in (GONE, LIVING):
                commit = OffsetCommit(
                    topic=TopicName("t"),
                    partition=0,
                    offset=Offset(1),
                    leader_epoch=LeaderEpoch(-1),
                    metadata="",
                    topic_id=topic_id,
                )
                await broker.services.coordinators.ask(
                    str(topic_id[0]),
                    CommitOffsets(
                        group_id=str(topic_id[0]), member_id="", instance_id=None, generation=-1, offsets=(commit,)
                    ),
                )
            await broker.decide(DeleteTopic(name=TopicName("t")))
            await broker.decide(DeleteTopic(name=TopicName("nothing")))
            assert [await topics_of(broker, each) for each in "12"] == [[("t", 0)], []]

    run(test)


class OneOfThree:
    """Stops when all three have begun to."""

    def __init__(self, barrier: Barrier) -> None:
        self._barrier = barrier

    async def close(self, deadline_s: float) -> None:
        await self._barrier.wait()


def test_all_stop_side_by_side_so_that_one_deadline_holds_for_them():
    async def test() -> None:
        async with rig() as broker:
            coordinators, barrier = broker.services.coordinators, Barrier(3)
            coordinators._runtimes.update({index: OneOfThree(barrier) for index in range(3)})  # type: ignore[misc]
            await wait_for(coordinators.close(), 1)
            coordinators._runtimes.clear()

    run(test)
