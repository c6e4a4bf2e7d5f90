"""Idempotence and refusals of Produce, as they cross the wire."""

from collections.abc import Iterator

import pytest
from tests.conformance.clients.raw import (
    BY_ID,
    BY_NAME,
    Raw,
    batch_of,
    connected,
    produce_request,
    signed,
)
from tests.e2e.process import Process

from headwater.wire.apis import ApiKey
from headwater.wire.batch.builder import NewRecord, build_batch
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.api_versions_request import ApiVersionsRequest
from headwater.wire.messages.api_versions_response import ApiVersionsResponse
from headwater.wire.messages.list_offsets_request import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from headwater.wire.messages.list_offsets_response import ListOffsetsResponse
from headwater.wire.messages.produce_response import ProduceResponse
from headwater.wire.types import Uuid


@pytest.fixture
def raw(broker: Process) -> Iterator[Raw]:
    with connected(broker) as connection:
        yield connection


@pytest.fixture
def topic(raw: Raw, name) -> str:
    new: str = name()
    assert raw.topic(new, make=True).error_code == 0
    return new


def end_of(raw: Raw, topic: str) -> int:
    place = ListOffsetsPartition(partition_index=0, timestamp=-1)
    request = ListOffsetsRequest(replica_id=-1, topics=(ListOffsetsTopic(name=topic, partitions=(place,)),))
    return raw.ask(request, 5, ListOffsetsResponse).topics[0].partitions[0].offset


def test_a_batch_that_is_sent_again_is_answered_with_its_first_offset_and_kept_once(raw: Raw, topic: str):
    me = raw.producer()
    assert raw.produce(topic, signed(me, 0, b"a", b"b", b"c")).base_offset == 0
    assert raw.produce(topic, signed(me, 3, b"d")).base_offset == 3
    again = raw.produce(topic, signed(me, 0, b"a", b"b", b"c"))
    assert (again.error_code, again.base_offset) == (0, 0)
    assert end_of(raw, topic) == 4


def test_five_batches_in_flight_keep_their_order(raw: Raw, topic: str):
    me = raw.producer()
    for sequence in range(5):
        raw.send(produce_request(topic, signed(me, sequence, b"%d" % sequence)), BY_NAME)
    assert [raw.produced().base_offset for _ in range(5)] == [0, 1, 2, 3, 4]


def test_all_five_may_be_sent_again(raw: Raw, topic: str):
    me = raw.producer()
    for _ in range(2):
        for sequence in range(5):
            raw.send(produce_request(topic, signed(me, sequence, b"%d" % sequence)), BY_NAME)
    assert [raw.produced().base_offset for _ in range(10)] == [0, 1, 2, 3, 4] * 2
    assert end_of(raw, topic) == 5


def test_a_duplicate_older_than_five_batches_is_refused_and_not_kept(raw: Raw, topic: str):
    me = raw.producer()
    for sequence in range(8):
        raw.produce(topic, signed(me, sequence, b"x"))
    code = ErrorCode(raw.produce(topic, signed(me, 0, b"x")).error_code)
    assert code in {ErrorCode.DUPLICATE_SEQUENCE_NUMBER, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER}
    assert end_of(raw, topic) == 8


def test_a_gap_is_refused_and_what_fills_it_is_taken(raw: Raw, topic: str):
    me = raw.producer()
    raw.produce(topic, signed(me, 0, b"0"))
    assert raw.produce(topic, signed(me, 2, b"2")).error_code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert raw.produce(topic, signed(me, 1, b"1")).base_offset == 1
    assert raw.produce(topic, signed(me, 2, b"2")).base_offset == 2


def test_an_older_epoch_of_a_producer_is_fenced(raw: Raw, topic: str):
    me = raw.producer()
    assert raw.produce(topic, signed(me, 0, b"new", epoch=1)).error_code == 0
    assert raw.produce(topic, signed(me, 1, b"old", epoch=0)).error_code == ErrorCode.INVALID_PRODUCER_EPOCH


def test_a_producer_that_nobody_remembers_may_begin_anywhere(raw: Raw, topic: str):
    assert raw.produce(topic, signed(raw.producer(), 1_000, b"going on")).error_code == 0


def test_sequences_go_on_at_0_after_the_largest(raw: Raw, topic: str):
    me = raw.producer()
    assert raw.produce(topic, signed(me, 2**31 - 2, b"a", b"b")).error_code == 0
    assert raw.produce(topic, signed(me, 0, b"c")).base_offset == 2


def test_every_producer_gets_an_id_of_its_own(raw: Raw):
    assert len({raw.producer() for _ in range(100)}) == 100


def test_damaged_batches_are_refused_and_nothing_is_kept(raw: Raw, topic: str):
    damaged = batch_of(b"some value")
    damaged[-2] ^= 1
    assert raw.produce(topic, damaged).error_code == ErrorCode.CORRUPT_MESSAGE
    assert raw.produce(topic, batch_of(b"cut off")[:-4]).error_code == ErrorCode.INVALID_RECORD
    assert end_of(raw, topic) == 0


def test_two_batches_for_one_partition_are_refused(raw: Raw, topic: str):
    assert raw.produce(topic, batch_of(b"a") + batch_of(b"b")).error_code in {
        ErrorCode.INVALID_RECORD,
        ErrorCode.CORRUPT_MESSAGE,
    }
    assert end_of(raw, topic) == 0


def test_clients_do_not_write_control_batches(raw: Raw, topic: str):
    control = build_batch([NewRecord(key=b"\x00\x00\x00\x01", value=b"\x00" * 6)], control=True)
    assert raw.produce(topic, control).error_code == ErrorCode.INVALID_RECORD


def test_one_partition_that_is_refused_does_not_stop_the_others(raw: Raw, topic: str):
    raw.send(produce_request(topic, batch_of(b"good"), batch_of(b"nowhere")), BY_NAME)
    good, bad = raw.read(ProduceResponse, BY_NAME).responses[0].partition_responses
    assert (good.error_code, good.base_offset) == (0, 0)
    assert bad.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def test_an_error_without_an_answer_closes_the_connection(raw: Raw, topic: str):
    damaged = batch_of(b"some value")
    damaged[-2] ^= 1
    raw.send(produce_request(topic, damaged, acks=0), BY_NAME)
    assert raw.is_closed()


def test_topics_are_written_by_their_id(raw: Raw, topic: str):
    topic_id = raw.topic(topic).topic_id
    answer = raw.ask(produce_request("", batch_of(b"by id"), topic_id=topic_id), BY_ID, ProduceResponse)
    assert answer.responses[0].partition_responses[0].base_offset == 0
    wrong = raw.ask(produce_request("", batch_of(b"x"), topic_id=Uuid(b"\x09" * 16)), BY_ID, ProduceResponse)
    assert wrong.responses[0].partition_responses[0].error_code == ErrorCode.UNKNOWN_TOPIC_ID


def test_acks_that_do_not_exist_are_refused(raw: Raw, topic: str):
    assert raw.produce(topic, batch_of(b"x"), acks=2).error_code == ErrorCode.INVALID_REQUIRED_ACKS


def test_produce_is_listed_with_versions_that_it_refuses(raw: Raw):
    answer = raw.ask(
        ApiVersionsRequest(client_software_name="raw", client_software_version="1"), 3, ApiVersionsResponse
    )
    (listed,) = [each for each in answer.api_keys if each.api_key == ApiKey.PRODUCE]
    assert (listed.min_version, listed.max_version) == (0, 13)
