"""Topics that take records only with schemas that the registry knows, against logs in memory and a registry of a few sets."""

import asyncio
from typing import Any

import pytest
from tests.broker.handlers.test_produce import part, produced, to
from tests.broker.log_rig import LogRig, elapse, log_rig
from tests.contracts.log_store import everything, records
from tests.machine.toy import run

from headwater.broker.handlers import produce
from headwater.broker.schemas.settings import SubjectNames
from headwater.wire.batch.attributes import Compression
from headwater.wire.batch.builder import NewRecord, Producer, build_batch
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.produce_request import ProduceRequest
from headwater.wire.types import ProducerEpoch, ProducerId, Sequence, TopicName

SEVEN = b"\0\0\0\0\7"
EIGHT = b"\0\0\0\0\x08"
GUID = b"\1" + bytes(range(16))


def of(*values: bytes | None, key: bytes | None = None, codec: Compression = Compression.NONE) -> bytearray:
    return build_batch([NewRecord(key=key, value=each) for each in values], compression=codec)


async def validating(rig: LogRig, **settings: str) -> None:
    await rig.create("orders", partitions=1, confluent_value_schema_validation="true", **settings)


async def kept(rig: LogRig) -> list[bytes | None]:
    return [each.value for each in records(await everything(rig.log("orders")))]


def test_a_topic_that_asks_for_nothing_takes_anything():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            assert (await produced(rig, "orders", of(b"anything"))).error_code == 0
            assert rig.schemas.asked == []

    run(test)


@pytest.mark.parametrize("codec", Compression)
def test_records_of_known_schemas_and_null_values_enter(codec):
    async def test() -> None:
        async with log_rig() as rig:
            await validating(rig)
            rig.schemas.known[SEVEN, "orders-value", False] = True
            answer = await produced(rig, "orders", of(SEVEN + b"a", None, SEVEN + b"b", codec=codec))
            assert (answer.error_code, answer.base_offset) == (0, 0)
            assert await kept(rig) == [SEVEN + b"a", None, SEVEN + b"b"]

    run(test)


def test_a_batch_with_one_unknown_schema_is_refused_whole_and_the_record_is_named():
    async def test() -> None:
        async with log_rig() as rig:
            await validating(rig)
            rig.schemas.known[SEVEN, "orders-value", False] = True
            rig.schemas.known[EIGHT, "orders-value", False] = False
            answer = await produced(rig, "orders", of(SEVEN, EIGHT, b"{}", SEVEN))
            assert answer.error_code == ErrorCode.INVALID_RECORD
            assert "2 records were not written with a schema" in answer.error_message
            assert [each.batch_index for each in answer.record_errors] == [1, 2]
            assert "names schema 00000008" in answer.record_errors[0].batch_index_error_message
            assert "names no schema" in answer.record_errors[1].batch_index_error_message
            assert await kept(rig) == []

    run(test)


def test_a_schema_is_named_in_a_header_too():
    async def test() -> None:
        async with log_rig() as rig:
            await validating(rig)
            rig.schemas.findable[GUID, "orders-value", False] = True
            data = build_batch([NewRecord(value=b"data", headers=(("__value_schema_id", GUID),))])
            assert (await produced(rig, "orders", data)).error_code == 0

    run(test)


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        (SubjectNames.TOPIC, (SEVEN, "orders-key", False)),
        (SubjectNames.RECORD, (SEVEN, "", True)),
        (SubjectNames.TOPIC_RECORD, (SEVEN, "orders-", True)),
    ],
)
def test_the_subject_follows_from_the_topics_strategy(names, asked):
    async def test() -> None:
        async with log_rig() as rig:
            strategy = {"confluent_key_subject_name_strategy": names.value}
            await rig.create("orders", confluent_key_schema_validation="true", **strategy)
            rig.schemas.findable[asked] = True
            assert (await produced(rig, "orders", of(b"any", key=SEVEN))).error_code == 0
            assert rig.schemas.asked == [asked]

    run(test)


def test_keys_and_values_are_asked_each_for_its_own_subject():
    async def test() -> None:
        async with log_rig() as rig:
            await validating(rig, confluent_key_schema_validation="true")
            rig.schemas.known[SEVEN, "orders-key", False] = True
            rig.schemas.known[EIGHT, "orders-value", False] = True
            assert (await produced(rig, "orders", of(EIGHT, key=SEVEN))).error_code == 0
            rig.schemas.known[SEVEN, "orders-value", False] = False
            assert (await produced(rig, "orders", of(SEVEN, key=SEVEN))).error_code == ErrorCode.INVALID_RECORD

    run(test)


def test_batches_behind_one_that_waits_keep_their_order():
    async def test() -> None:
        async with log_rig() as rig:
            await validating(rig)
            rig.schemas.known[EIGHT, "orders-value", False] = True
            rig.schemas.findable[SEVEN, "orders-value", False] = True
            rig.schemas.answering.clear()
            first = asyncio.ensure_future(produced(rig, "orders", of(SEVEN + b"1")))
            await asyncio.sleep(0)
            second = asyncio.ensure_future(produced(rig, "orders", of(EIGHT + b"2")))
            await elapse(10)
            assert not first.done()
            assert not second.done()
            rig.schemas.answering.set()
            assert [(await each).base_offset for each in (first, second)] == [0, 1]
            assert await kept(rig) == [SEVEN + b"1", EIGHT + b"2"]

    run(test)


def test_a_registry_that_is_away_is_told_retriably_and_the_next_in_line_has_its_turn():
    async def test() -> None:
        async with log_rig() as rig:
            await validating(rig)
            rig.schemas.away = True
            rig.schemas.known[EIGHT, "orders-value", False] = True
            first = asyncio.ensure_future(produced(rig, "orders", of(SEVEN)))
            await asyncio.sleep(0)
            second = asyncio.ensure_future(produced(rig, "orders", of(EIGHT)))
            answer = await first
            assert answer.error_code == ErrorCode.NOT_ENOUGH_REPLICAS
            assert answer.error_message.startswith("the schema registry does not answer")
            assert (await second).error_code == 0
            assert await kept(rig) == [EIGHT]

    run(test)


def test_who_waits_when_the_broker_stops_is_told_to_try_again():
    async def test() -> None:
        async with log_rig() as rig:
            await validating(rig)
            rig.schemas.answering.clear()
            waiting = asyncio.ensure_future(produced(rig, "orders", of(SEVEN)))
            await elapse(10)
            await rig.ward.close(deadline_s=1)
            assert (await waiting).error_code == ErrorCode.NOT_ENOUGH_REPLICAS

    run(test)


def test_a_batch_that_was_damaged_on_its_way_is_told_as_that():
    async def test() -> None:
        async with log_rig() as rig:
            await validating(rig)
            data = of(SEVEN + b"data")
            data[-2] ^= 0xFF
            rig.schemas.known[SEVEN, "orders-value", False] = False
            assert (await produced(rig, "orders", data)).error_code == ErrorCode.CORRUPT_MESSAGE

    run(test)


def test_an_idempotent_producer_resends_into_a_validating_topic_without_a_duplicate():
    async def test() -> None:
        async with log_rig() as rig:
            await validating(rig)
            rig.schemas.findable[SEVEN, "orders-value", False] = True
            producer = Producer(id=ProducerId(5), epoch=ProducerEpoch(0), base_sequence=Sequence(0))
            data = build_batch([NewRecord(value=SEVEN)], producer=producer)
            parts = [part(bytearray(data)), part(bytearray(data))]
            answers: list[Any] = []
            for each in parts:
                request = ProduceRequest(acks=-1, timeout_ms=1000, topic_data=(to(TopicName("orders"), each),))
                response = await rig.ask(produce, request, 12)
                answers.append(response.responses[0].partition_responses[0])
            assert [(each.error_code, each.base_offset) for each in answers] == [(0, 0), (0, 0)]
            assert await kept(rig) == [SEVEN]

    run(test)
