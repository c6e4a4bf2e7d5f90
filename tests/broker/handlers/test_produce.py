"""Produce, against logs in memory."""

import asyncio
from contextlib import AbstractAsyncContextManager
from random import Random
from typing import Any

import pytest
from tests.broker.log_rig import LogRig, log_rig, of_one
from tests.broker.serving import Broker, framed, run as serve, serving
from tests.contracts.log_store import NOON, batch, everything, headers, producer_of, records, sequenced
from tests.machine.toy import run
from tests.simulation.world.randomness import SimulatedRandomness

from headwater.broker.errors import NotAnswered
from headwater.broker.handlers import produce
from headwater.log.memory.faults import Odds, SeededFaults
from headwater.security.access import Operation
from headwater.wire.batch.attributes import Compression
from headwater.wire.batch.builder import NewRecord, build_batch
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.produce_request import PartitionProduceData, ProduceRequest, TopicProduceData
from headwater.wire.messages.produce_response import ProduceResponse
from headwater.wire.types import Uuid

LATEST = 13
BY_NAME = 12


def part(data: bytes | bytearray | None, index: int = 0) -> PartitionProduceData:
    return PartitionProduceData(index=index, records=None if data is None else memoryview(data))


def to(topic: str | Uuid, *parts: PartitionProduceData) -> TopicProduceData:
    if isinstance(topic, str):
        return TopicProduceData(name=topic, partition_data=parts)
    return TopicProduceData(topic_id=topic, partition_data=parts)


async def produced(
    rig: LogRig,
    topic: str | Uuid,
    data: bytes | bytearray | None,
    *,
    version: int = BY_NAME,
    acks: int = -1,
    **more: Any,
) -> Any:
    request = ProduceRequest(acks=acks, timeout_ms=1000, topic_data=(to(topic, part(data)),), **more)
    response = await rig.ask(produce, request, version)
    return None if response is None else of_one(response)


def test_records_get_offsets_and_are_kept():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            first = await produced(rig, "orders", batch("a", "b"))
            second = await produced(rig, "orders", batch("c"), acks=1)
            assert (first.error_code, first.base_offset, first.log_start_offset) == (0, 0, 0)
            assert (second.error_code, second.base_offset, second.log_append_time_ms) == (0, 2, -1)
            kept = records(await everything(rig.log("orders")))
            assert [each.value for each in kept] == [b"a", b"b", b"c"]

    run(test)


@pytest.mark.parametrize("version", range(3, 13))
def test_every_version_that_names_topics_is_served(version):
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            assert (await produced(rig, "orders", batch("a"), version=version)).error_code == 0

    run(test)


def test_version_13_gives_ids():
    async def test() -> None:
        async with log_rig() as rig:
            topic_id = await rig.create("orders")
            assert (await produced(rig, topic_id, batch("a"), version=LATEST)).error_code == 0
            unknown = await produced(rig, Uuid(b"?" * 16), batch("a"), version=LATEST)
            assert unknown.error_code == ErrorCode.UNKNOWN_TOPIC_ID

    run(test)


def test_two_requests_begun_one_after_the_other_are_appended_in_that_order_though_neither_is_durable_yet():
    async def test() -> None:
        faults = SeededFaults(SimulatedRandomness(Random(3)), Odds(delay_max_ms=20))
        async with log_rig(faults=faults) as rig:
            await rig.create("orders")
            waiting = [asyncio.ensure_future(produced(rig, "orders", batch(each))) for each in "abcdef"]
            offsets = [(await each).base_offset for each in waiting]
            assert offsets == [0, 1, 2, 3, 4, 5]

    run(test)


def test_each_partition_is_answered_for_itself():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders", partitions=2)
            broken = batch("x")
            broken[-1] ^= 1
            request = ProduceRequest(
                acks=-1,
                topic_data=(
                    to("orders", part(batch("a")), part(broken, 1), part(batch("b"), 2)),
                    to("nothing", part(batch("c"))),
                ),
            )
            orders, nothing = (await rig.ask(produce, request, BY_NAME)).responses
            codes = [each.error_code for each in orders.partition_responses]
            assert codes == [0, ErrorCode.CORRUPT_MESSAGE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]
            assert orders.partition_responses[1].error_message
            assert nothing.partition_responses[0].error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

    run(test)


def test_log_append_time_is_answered():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders", message_timestamp_type="LogAppendTime")
            assert (await produced(rig, "orders", batch("a", at=5))).log_append_time_ms == NOON

    run(test)


def test_a_batch_sent_twice_is_answered_with_its_first_offset():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            first = await produced(rig, "orders", sequenced("a", "b", sequence=0))
            again = await produced(rig, "orders", sequenced("a", "b", sequence=0))
            gap = await produced(rig, "orders", sequenced("c", sequence=9))
            assert (again.error_code, again.base_offset) == (0, first.base_offset)
            assert gap.error_code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
            assert rig.log("orders").bounds.end == 2

    run(test)


def test_records_at_fault_are_named():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders", cleanup_policy="compact")
            refused = await produced(rig, "orders", build_batch([NewRecord(value=b"no key", timestamp=NOON)]))
            assert refused.error_code == ErrorCode.INVALID_RECORD
            assert refused.base_offset == -1

    run(test)


@pytest.mark.parametrize("data", [None, b""])
def test_a_partition_without_a_batch_is_refused(data):
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            assert (await produced(rig, "orders", data)).error_code == ErrorCode.INVALID_RECORD

    run(test)


def test_zstd_needs_version_7():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            packed = batch("a", compression=Compression.ZSTD)
            old = await produced(rig, "orders", bytearray(packed), version=6)
            new = await produced(rig, "orders", bytearray(packed), version=7)
            assert (old.error_code, new.error_code) == (ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, 0)

    run(test)


def test_clients_do_not_write_to_internal_topics():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("__consumer_offsets")
            refused = await produced(rig, "__consumer_offsets", batch("a"))
            assert refused.error_code == ErrorCode.INVALID_TOPIC_EXCEPTION

    run(test)


def test_a_topic_that_may_not_be_written_is_refused_before_it_is_said_whether_it_exists():
    async def test() -> None:
        async with log_rig() as rig:
            rig.authorizer.refused.append((Operation.WRITE, "secret"))
            assert (await produced(rig, "secret", batch("a"))).error_code == ErrorCode.TOPIC_AUTHORIZATION_FAILED

    run(test)


def test_a_batch_of_a_transaction_needs_the_transactional_id():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            marked = batch("a", producer=producer_of(7, 0, 0), transactional=True)
            refused = await produced(rig, "orders", marked)
            assert refused.error_code == ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
            assert not ErrorCode(refused.error_code).retriable
            assert rig.log("orders").bounds.end == 0

    run(test)


def test_other_acks_than_three_are_refused():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            assert (await produced(rig, "orders", batch("a"), acks=2)).error_code == ErrorCode.INVALID_REQUIRED_ACKS
            assert rig.log("orders").bounds.end == 0

    run(test)


def test_without_acks_there_is_no_answer_and_an_error_closes_the_connection():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            assert await produced(rig, "orders", batch("a"), acks=0) is None
            assert len(headers(await everything(rig.log("orders")))) == 1
            with pytest.raises(NotAnswered):
                await produced(rig, "nothing", batch("a"), acks=0)

    run(test)


def _served(rig: LogRig) -> AbstractAsyncContextManager[Broker]:
    return serving(produce, partitions=rig.partitions, schema_validation=rig.services.schema_validation)


def test_on_a_real_connection_a_refusal_without_acks_ends_it_after_the_answers_before_it():
    async def test() -> None:
        async with log_rig() as rig, _served(rig) as broker:
            await rig.create("orders")
            client = await broker.connect()
            answered = ProduceRequest(acks=1, topic_data=(to("orders", part(batch("a"))),))
            silent = ProduceRequest(acks=0, topic_data=(to("orders", part(batch("b"))),))
            refused = ProduceRequest(acks=0, topic_data=(to("nothing", part(batch("c"))),))
            client.send(*(framed(each, BY_NAME) for each in (silent, answered, refused)))
            _, response = await client.answer(ProduceResponse, BY_NAME)
            assert of_one(response).base_offset == 1
            assert await client.is_closed()

    serve(test)


def test_an_append_whose_storage_fails_is_answered_with_a_retriable_error():
    async def test() -> None:
        faults = SeededFaults(SimulatedRandomness(Random(3)), Odds(lost_percent=100))
        async with log_rig(faults=faults) as rig:
            await rig.create("orders")
            failed = await produced(rig, "orders", batch("a"))
            assert failed.error_code == ErrorCode.KAFKA_STORAGE_ERROR

    run(test)


def test_a_refusal_of_the_whole_request_names_every_partition_unless_no_answer_is_wanted():
    request = ProduceRequest(acks=1, topic_data=(to("orders", part(b"x"), part(b"y", 1)),))
    refused = produce.refuse(request, ErrorCode.UNKNOWN_SERVER_ERROR)
    assert refused is not None
    assert [each.index for each in refused.responses[0].partition_responses] == [0, 1]
    assert produce.refuse(ProduceRequest(acks=0), ErrorCode.UNKNOWN_SERVER_ERROR) is None
