"""Transactions from requests to what readers see, in both protocols."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.broker.rig import Rig, rig
from tests.broker.transacting import FEW, ID, Producer, committed, log_of, make_topics, offset_of
from tests.machine.toy import elapse, run

from headwater.broker.handlers import (
    add_partitions_to_txn,
    describe_transactions,
    list_transactions,
    streams_group_heartbeat,
    write_txn_markers,
)
from headwater.control.cluster.requests import CreateTopic, DeleteTopic, FeatureChange, UpdateFeatures
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.add_partitions_to_txn_request import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
)
from headwater.wire.messages.describe_transactions_request import DescribeTransactionsRequest
from headwater.wire.messages.list_transactions_request import ListTransactionsRequest
from headwater.wire.messages.streams_group_heartbeat_request import (
    StreamsGroupHeartbeatRequest,
    Subtopology,
    Topology,
)
from headwater.wire.messages.write_txn_markers_request import (
    WritableTxnMarker,
    WritableTxnMarkerTopic,
    WriteTxnMarkersRequest,
)
from headwater.wire.types import TopicName, Uuid

JOIN = StreamsGroupHeartbeatRequest(
    group_id="g",
    member_id="a",
    rebalance_timeout_ms=1_000,
    topology=Topology(subtopologies=(Subtopology(subtopology_id="0", source_topics=("orders",)),)),
    active_tasks=(),
    standby_tasks=(),
    warmup_tasks=(),
    process_id="p",
)
MANY = Uuid(bytes([9]) * 16)

DEADLINE_S = 10
BOTH = pytest.mark.parametrize("new", [False, True], ids=["old", "new"])


async def settled(broker: Rig) -> None:
    """Until every transaction is complete."""
    await until(lambda: not any(each.head.ending() for each in broker.services.transactions.all()))


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not happened():
            await elapse(10)


async def begun(broker: Rig, *, new: bool, **init: Any) -> Producer:
    producer = Producer(broker, new=new)
    assert await producer.init(**init) == 0
    if not new:
        assert await producer.add("orders") == 0
        assert await producer.add("sales", 1) == 0
    assert await producer.send("orders", "a", "b") == 0
    assert await producer.send("sales", "c", index=1) == 0
    return producer


@BOTH
@pytest.mark.parametrize("commit", [True, False])
def test_all_partitions_of_a_transaction_count_or_none(new, commit):
    async def test() -> None:
        async with rig(settings=FEW) as broker:
            await make_topics(broker)
            producer = await begun(broker, new=new)
            assert await committed(broker, "orders") == []
            assert await producer.end(commit=commit) == 0
            await settled(broker)
            assert await committed(broker, "orders") == (["a", "b"] if commit else [])
            assert await committed(broker, "sales", 1) == (["c"] if commit else [])
            assert await producer.end(commit=commit) == (ErrorCode.INVALID_TXN_STATE if new and commit else 0)

    run(test)


@BOTH
def test_one_transaction_follows_the_other_without_a_pause(new):
    async def test() -> None:
        async with rig(settings=FEW) as broker:
            await make_topics(broker)
            producer = await begun(broker, new=new)
            for number in range(5):
                assert await producer.end(commit=number % 2 == 0) == 0
                if not new:
                    assert await producer.add("orders") == 0
                assert await producer.send("orders", str(number)) == 0
            assert await producer.end(commit=True) == 0
            await settled(broker)
            assert await committed(broker, "orders") == ["a", "b", "1", "3", "4"]
            assert producer.epoch == (6 if new else 0)

    run(test)


def test_batches_that_come_before_the_coordinator_has_answered_keep_their_order():
    async def test() -> None:
        async with rig(settings=FEW) as broker:
            await make_topics(broker)
            producer = Producer(broker, new=True)
            await producer.init()
            codes = await asyncio.gather(*(producer.send("orders", str(each)) for each in range(8)))
            assert codes == [0] * 8
            await producer.end(commit=True)
            await settled(broker)
            assert await committed(broker, "orders") == [str(each) for each in range(8)]

    run(test)


@pytest.mark.parametrize(
    ("version", "code"), [(10, ErrorCode.INVALID_TXN_STATE), (11, ErrorCode.TRANSACTION_ABORTABLE)]
)
def test_a_partition_that_was_not_added_can_not_be_written_to(version, code):
    async def test() -> None:
        async with rig(settings=FEW) as broker:
            await make_topics(broker)
            producer = Producer(broker)
            await producer.init()
            assert await producer.send("orders", "a", version=version) == code
            assert log_of(broker, "orders").bounds.end == 0

    run(test)


@BOTH
def test_a_fenced_producer_can_do_nothing_more(new):
    async def test() -> None:
        async with rig(settings=FEW) as broker:
            await make_topics(broker)
            old = await begun(broker, new=new)
            assert await Producer(broker).init() == ErrorCode.CONCURRENT_TRANSACTIONS
            await settled(broker)
            successor = Producer(broker, new=new)
            assert await successor.init() == 0
            assert successor.epoch > old.epoch
            assert await old.end(commit=True) == ErrorCode.PRODUCER_FENCED
            assert await old.end(commit=True, version=1) == ErrorCode.INVALID_PRODUCER_EPOCH
            assert await old.add("orders") == ErrorCode.PRODUCER_FENCED
            assert await old.add("orders", version=1) == ErrorCode.INVALID_PRODUCER_EPOCH
            assert await old.send("orders", "late") == ErrorCode.INVALID_PRODUCER_EPOCH
            assert await old.add_offsets() == ErrorCode.PRODUCER_FENCED
            assert await old.commit_offset(1) == ErrorCode.INVALID_PRODUCER_EPOCH
            assert await committed(broker, "orders") == []

    run(test)


@BOTH
@pytest.mark.parametrize("commit", [True, False])
def test_offsets_count_with_their_transaction(new, commit):
    async def test() -> None:
        async with rig(settings=FEW) as broker:
            await make_topics(broker)
            producer = await begun(broker, new=new)
            if not new:
                assert await producer.commit_offset(5) == ErrorCode.INVALID_TXN_STATE
                assert await producer.add_offsets() == 0
            assert await producer.commit_offset(5) == 0
            assert await offset_of(broker, stable=False) == (0, -1)
            assert await offset_of(broker, stable=True) == (ErrorCode.UNSTABLE_OFFSET_COMMIT, -1)
            await producer.end(commit=commit)
            await settled(broker)
            assert await offset_of(broker, stable=True) == (0, 5 if commit else -1)

    run(test)


def test_a_consumer_of_an_older_generation_can_not_commit_in_a_transaction():
    async def test() -> None:
        async with rig(settings=FEW) as broker:
            await make_topics(broker)
            producer = await begun(broker, new=True)
            assert await producer.commit_offset(5, generation=4) == ErrorCode.ILLEGAL_GENERATION

    run(test)


def test_an_older_epoch_of_a_streams_member_is_told_in_words_that_its_producer_knows():
    async def test() -> None:
        async with rig(settings=FEW) as broker:
            await make_topics(broker)
            await broker.decide(UpdateFeatures(changes=(FeatureChange(name="streams.version", level=1),)))
            joined = await broker.ask(streams_group_heartbeat, JOIN, 1)
            assert joined.error_code == 0
            producer = await begun(broker, new=True)
            assert await producer.commit_offset(5, generation=9, member="a") == ErrorCode.ILLEGAL_GENERATION
            assert await producer.commit_offset(5, generation=joined.member_epoch, member="a") == 0

    run(test)


def test_a_transaction_that_takes_too_long_is_aborted():
    async def test() -> None:
        async with rig(settings={**FEW, "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1"}) as broker:
            await make_topics(broker)
            producer = await begun(broker, new=True, timeout_ms=100)
            orders = log_of(broker, "orders")
            await until(lambda: orders.bounds.last_stable == orders.bounds.end)
            await settled(broker)
            assert log_of(broker, "orders").bounds.last_stable == log_of(broker, "orders").bounds.end
            assert await committed(broker, "orders") == []
            assert await producer.end(commit=True) == ErrorCode.PRODUCER_FENCED

    run(test)


def test_a_topic_that_is_deleted_does_not_keep_the_transaction_open():
    async def test() -> None:
        async with rig(settings=FEW) as broker:
            await make_topics(broker)
            producer = await begun(broker, new=True)
            await broker.decide(DeleteTopic(name=TopicName("sales")))
            assert await producer.end(commit=True) == 0
            await settled(broker)
            assert await committed(broker, "orders") == ["a", "b"]

    run(test)


def test_a_transaction_of_many_partitions_is_ended_in_all_of_them():
    async def test() -> None:
        async with rig(settings=FEW) as broker:
            await make_topics(broker)
            many = CreateTopic(name=TopicName("many"), topic_id=MANY, partitions=250, replication_factor=1)
            await broker.decide(many)
            await broker.services.partitions.opened(MANY)
            producer = Producer(broker)
            await producer.init()
            assert await producer.add("many", *range(250)) == 0
            assert await producer.end(commit=True) == 0
            await settled(broker)
            assert [log_of(broker, "many", index).bounds.end for index in range(250)] == [1] * 250

    run(test)


def test_transactions_are_listed_and_described():
    async def test() -> None:
        async with rig(settings=FEW) as broker:
            await make_topics(broker)
            producer = await begun(broker, new=False)
            asked = DescribeTransactionsRequest(transactional_ids=(ID, "nobody"))
            known, unknown = (await broker.ask(describe_transactions, asked, 0)).transaction_states
            assert (known.error_code, known.transaction_state, known.producer_id) == (0, "Ongoing", producer.id)
            assert [(each.topic, each.partitions) for each in known.topics] == [("orders", (0,)), ("sales", (1,))]
            assert unknown.error_code == ErrorCode.TRANSACTIONAL_ID_NOT_FOUND
            for request, count in (
                (ListTransactionsRequest(), 1),
                (ListTransactionsRequest(state_filters=("Empty", "no state")), 0),
                (ListTransactionsRequest(producer_id_filters=(producer.id,)), 1),
                (ListTransactionsRequest(duration_filter=60_000), 0),
                (ListTransactionsRequest(transactional_id_pattern="cop.*"), 1),
                (ListTransactionsRequest(transactional_id_pattern="cop"), 0),
            ):
                answer = await broker.ask(list_transactions, request, 2)
                assert len(answer.transaction_states) == count
                assert answer.unknown_state_filters == (("no state",) if request.state_filters else ())

    run(test)


def test_an_administrator_ends_a_transaction_that_hangs():
    async def test() -> None:
        async with rig(settings=FEW) as broker:
            await make_topics(broker)
            producer = await begun(broker, new=False)
            await producer.add_offsets()
            await producer.commit_offset(5)
            state = log_of(broker, "orders").producer(producer.id)  # type: ignore[arg-type]
            assert state is not None
            index = broker.services.coordinators.partition_of("g")
            topics = (
                WritableTxnMarkerTopic(name="orders", partition_indexes=(0, 7)),
                WritableTxnMarkerTopic(name="__consumer_offsets", partition_indexes=(index,)),
                WritableTxnMarkerTopic(name="__transaction_state", partition_indexes=(0,)),
            )
            marker = WritableTxnMarker(producer_id=producer.id, producer_epoch=0, coordinator_epoch=0, topics=topics)
            answer = await broker.ask(write_txn_markers, WriteTxnMarkersRequest(markers=(marker,)), 1)
            codes = [each.error_code for topic in answer.markers[0].topics for each in topic.partitions]
            assert codes == [0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 0, ErrorCode.INVALID_TOPIC_EXCEPTION]
            assert await committed(broker, "orders") == []
            assert await offset_of(broker, stable=True) == (0, -1)

    run(test)


def test_brokers_add_and_verify_for_many_transactions_at_once():
    async def test() -> None:
        async with rig(settings=FEW) as broker:
            await make_topics(broker)
            producer = Producer(broker)
            await producer.init()
            topics = (AddPartitionsToTxnTopic(name="orders", partitions=(0,)),)
            add = AddPartitionsToTxnTransaction(
                transactional_id=ID, producer_id=producer.id, producer_epoch=0, topics=topics
            )
            verify = AddPartitionsToTxnTransaction(
                transactional_id=ID,
                producer_id=producer.id,
                producer_epoch=0,
                verify_only=True,
                topics=(AddPartitionsToTxnTopic(name="orders", partitions=(0, 1)),),
            )
            codes = []
            for each in (add, verify):
                answer = await broker.ask(add_partitions_to_txn, AddPartitionsToTxnRequest(transactions=(each,)), 5)
                results = answer.results_by_transaction[0].topic_results[0].results_by_partition
                codes.append([each.partition_error_code for each in results])
            assert codes == [[0], [0, ErrorCode.TRANSACTION_ABORTABLE]]

    run(test)


def test_partitions_are_added_all_or_none():
    async def test() -> None:
        async with rig(settings=FEW) as broker:
            await make_topics(broker)
            producer = Producer(broker)
            await producer.init()
            assert await producer.add("orders", 0, 9) == ErrorCode.OPERATION_NOT_ATTEMPTED
            assert await producer.add("nothing") == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            assert await producer.add("__transaction_state") == ErrorCode.TOPIC_AUTHORIZATION_FAILED

    run(test)
