"""The share-state APIs 83 to 87, as a leader of partitions or a group coordinator would ask them."""

from tests.broker.rig import Forbid, Rig, rig
from tests.machine.toy import run

from headwater.broker.handlers import (
    delete_share_group_state,
    find_coordinator,
    initialize_share_group_state,
    read_share_group_state,
    read_share_group_state_summary,
    write_share_group_state,
)
from headwater.control.cluster.requests import CreateTopic, DeleteTopic
from headwater.security.access import THE_CLUSTER, Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages import (
    delete_share_group_state_request as deleting,
    initialize_share_group_state_request as initializing,
    read_share_group_state_request as reading,
    read_share_group_state_summary_request as summing,
    write_share_group_state_request as writing,
)
from headwater.wire.messages.find_coordinator_request import FindCoordinatorRequest
from headwater.wire.types import TopicName, Uuid, uuid_text

TOPIC = Uuid(bytes([1]) * 16)
FEW = {"share.coordinator.state.topic.num.partitions": "3"}


async def make_topics(broker: Rig) -> None:
    await broker.decide(
        CreateTopic(name=TopicName("orders"), topic_id=TOPIC, partitions=2, replication_factor=1, settings={})
    )
    keys = (f"workers:{uuid_text(TOPIC)}:0",)
    found = await broker.ask(find_coordinator, FindCoordinatorRequest(key_type=2, coordinator_keys=keys), 6)
    assert found.coordinators[0].error_code == 0
    await broker.services.share_states.settled()


async def initialize(broker: Rig, *, epoch: int = 0, start: int = 0, partition: int = 0) -> int:
    part = initializing.PartitionData(partition=partition, state_epoch=epoch, start_offset=start)
    topics = (initializing.InitializeStateData(topic_id=TOPIC, partitions=(part,)),)
    request = initializing.InitializeShareGroupStateRequest(group_id="workers", topics=topics)
    answer = await broker.ask(initialize_share_group_state, request, 0)
    return int(answer.results[0].partitions[0].error_code)


async def write(broker: Rig, *batches: writing.StateBatch, epoch: int = 0, leader_epoch: int = 0) -> int:
    part = writing.PartitionData(
        partition=0,
        state_epoch=epoch,
        leader_epoch=leader_epoch,
        start_offset=0,
        delivery_complete_count=5,
        state_batches=batches,
    )
    topics = (writing.WriteStateData(topic_id=TOPIC, partitions=(part,)),)
    request = writing.WriteShareGroupStateRequest(group_id="workers", topics=topics)
    answer = await broker.ask(write_share_group_state, request, 1)
    return int(answer.results[0].partitions[0].error_code)


async def summary(broker: Rig, *partitions: int) -> list[tuple[int, int, int]]:
    """Error, start offset and complete deliveries."""
    parts = tuple(summing.PartitionData(partition=each) for each in partitions)
    topics = (summing.ReadStateSummaryData(topic_id=TOPIC, partitions=parts),)
    request = summing.ReadShareGroupStateSummaryRequest(group_id="workers", topics=topics)
    answer = await broker.ask(read_share_group_state_summary, request, 1)
    told = answer.results[0].partitions
    return [(each.error_code, each.start_offset, each.delivery_complete_count) for each in told]


def test_the_state_of_a_share_partition_is_written_read_and_deleted() -> None:
    async def test() -> None:
        async with rig(settings=FEW) as broker:
            await make_topics(broker)
            assert await initialize(broker) == 0
            done = writing.StateBatch(first_offset=0, last_offset=4, delivery_state=2, delivery_count=1)
            assert await write(broker, done) == 0
            part = reading.PartitionData(partition=0, leader_epoch=2)
            topics = (reading.ReadStateData(topic_id=TOPIC, partitions=(part,)),)
            request = reading.ReadShareGroupStateRequest(group_id="workers", topics=topics)
            state = (await broker.ask(read_share_group_state, request, 0)).results[0].partitions[0]
            assert [(each.first_offset, each.last_offset, each.delivery_state) for each in state.state_batches] == [
                (0, 4, 2)
            ]
            assert await write(broker, done, leader_epoch=1) == ErrorCode.FENCED_LEADER_EPOCH
            assert await summary(broker, 0, 1, 2) == [
                (0, 0, 5),
                (0, -1, -1),
                (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 0, -1),
            ]
            gone = (deleting.DeleteStateData(topic_id=TOPIC, partitions=(deleting.PartitionData(partition=0),)),)
            deletion = deleting.DeleteShareGroupStateRequest(group_id="workers", topics=gone)
            answer = await broker.ask(delete_share_group_state, deletion, 0)
            assert answer.results[0].partitions[0].error_code == 0
            assert await write(broker, done, leader_epoch=2) == ErrorCode.INVALID_REQUEST

    run(test)


def test_a_new_state_epoch_fences_the_one_before() -> None:
    async def test() -> None:
        async with rig(settings=FEW) as broker:
            await make_topics(broker)
            assert await initialize(broker, epoch=3) == 0
            assert await initialize(broker, epoch=2) == ErrorCode.FENCED_STATE_EPOCH
            assert await write(broker, epoch=2) == ErrorCode.FENCED_STATE_EPOCH
            assert await initialize(broker, partition=2) == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

    run(test)


def test_nothing_remains_of_a_topic_that_is_deleted() -> None:
    async def test() -> None:
        async with rig(settings=FEW) as broker:
            await make_topics(broker)
            assert await initialize(broker) == 0
            await broker.decide(DeleteTopic(topic_id=TOPIC))
            while any(each.head.topic_ids() for each in broker.services.share_states.all()):
                await broker.services.share_states.read_all(lambda machine: machine.topic_ids())

    run(test)


def test_only_brokers_may_ask() -> None:
    async def test() -> None:
        async with rig(settings=FEW, authorizer=Forbid((Operation.CLUSTER_ACTION, THE_CLUSTER))) as broker:
            assert await initialize(broker) == ErrorCode.CLUSTER_AUTHORIZATION_FAILED

    run(test)


def test_a_request_that_names_no_group_or_nothing_is_answered_with_nothing() -> None:
    async def test() -> None:
        async with rig(settings=FEW) as broker:
            await make_topics(broker)
            topics = (reading.ReadStateData(topic_id=TOPIC, partitions=()),)
            for request in (
                reading.ReadShareGroupStateRequest(group_id="workers", topics=topics),
                reading.ReadShareGroupStateRequest(group_id="", topics=topics),
            ):
                assert (await broker.ask(read_share_group_state, request, 0)).results == ()

    run(test)
