"""Requests that no library sends, and what they are answered."""

from collections.abc import Iterator

import pytest
from tests.conformance.clients.port import DEADLINE_S
from tests.conformance.clients.raw import (
    BY_ID,
    BY_NAME,
    Raw,
    bare_frame,
    batch_of,
    connected,
    fetch_request,
)
from tests.e2e.process import Process

from headwater.wire.apis import ApiKey
from headwater.wire.batch.header import iter_headers
from headwater.wire.codec import decode
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.api_versions_response import ApiVersionsResponse
from headwater.wire.messages.create_topics_request import CreatableTopic, CreateTopicsRequest
from headwater.wire.messages.create_topics_response import CreateTopicsResponse
from headwater.wire.messages.delete_topics_request import DeleteTopicsRequest, DeleteTopicState
from headwater.wire.messages.delete_topics_response import DeleteTopicsResponse
from headwater.wire.messages.describe_groups_request import DescribeGroupsRequest
from headwater.wire.messages.describe_groups_response import DescribeGroupsResponse
from headwater.wire.messages.fetch_response import FetchResponse
from headwater.wire.messages.find_coordinator_request import FindCoordinatorRequest
from headwater.wire.messages.find_coordinator_response import FindCoordinatorResponse
from headwater.wire.messages.offset_commit_request import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from headwater.wire.messages.offset_commit_response import OffsetCommitResponse
from headwater.wire.messages.offset_fetch_request import OffsetFetchRequest, OffsetFetchRequestTopic
from headwater.wire.messages.offset_fetch_response import OffsetFetchResponse

NO_SUCH_API = 9_999
METADATA_MAX_BYTES = 4_096


@pytest.fixture
def raw(broker: Process) -> Iterator[Raw]:
    with connected(broker) as connection:
        yield connection


@pytest.fixture
def topic(raw: Raw, name) -> str:
    new: str = name()
    assert raw.topic(new, make=True).error_code == 0
    return new


def test_a_version_of_api_versions_that_nobody_has_is_answered_in_the_oldest(raw: Raw):
    raw.send_bytes(bare_frame(ApiKey.API_VERSIONS, 99))
    answer = decode(ApiVersionsResponse, 0, raw.read_frame(), 4)
    assert answer.error_code == ErrorCode.UNSUPPORTED_VERSION
    assert [each.api_key for each in answer.api_keys] == [ApiKey.API_VERSIONS]


@pytest.mark.parametrize(("api_key", "version"), [(NO_SUCH_API, 0), (ApiKey.METADATA, 99), (ApiKey.FETCH, 0)])
def test_what_is_not_served_closes_the_connection(raw: Raw, api_key: int, version: int):
    raw.send_bytes(bare_frame(api_key, version))
    assert raw.is_closed()


@pytest.mark.parametrize("size", [-1, 2**31 - 1])
def test_a_frame_of_an_impossible_size_closes_the_connection(raw: Raw, size: int):
    raw.send_bytes(size.to_bytes(4, "big", signed=True) + b"hello")
    assert raw.is_closed()


def test_asking_for_a_topic_makes_it_only_where_the_client_wants_that(raw: Raw, name):
    topic = name()
    assert raw.topic(topic, make=False).error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    made = raw.topic(topic, make=True)
    assert (made.error_code, len(made.partitions)) == (0, 1)
    assert raw.topic("no/name", make=True).error_code == ErrorCode.INVALID_TOPIC_EXCEPTION


def test_a_waiting_fetch_is_answered_when_data_comes(broker: Process, raw: Raw, topic: str):
    raw.send(fetch_request(0, topic=topic, wait_ms=int(DEADLINE_S * 1_000)), BY_NAME)
    with connected(broker) as other:
        assert other.produce(topic, batch_of(b"at last")).error_code == 0
        found = raw.read(FetchResponse, BY_NAME).responses[0].partitions[0]
    assert found.high_watermark == 1
    assert found.records


def test_a_batch_is_given_whole_from_its_middle(raw: Raw, topic: str):
    raw.produce(topic, batch_of(b"a", b"b", b"c"))
    raw.produce(topic, batch_of(b"d"))
    found = raw.fetch(topic, 2).records
    assert isinstance(found, memoryview)
    assert [header.base_offset for _, header in iter_headers(found)] == [0, 3]


def test_a_fetch_outside_of_the_log_is_told_so(raw: Raw, topic: str):
    raw.produce(topic, batch_of(b"a"))
    assert raw.fetch(topic, 2).error_code == ErrorCode.OFFSET_OUT_OF_RANGE
    assert raw.fetch(topic, 1).error_code == 0


def test_a_topic_that_was_made_again_is_not_read_by_its_old_id(raw: Raw, topic: str):
    old = raw.topic(topic).topic_id
    request = DeleteTopicsRequest(topics=(DeleteTopicState(name=topic),), timeout_ms=10_000)
    assert raw.ask(request, 6, DeleteTopicsResponse).responses[0].error_code == 0
    new = raw.topic(topic, make=True).topic_id
    assert new != old
    raw.produce(topic, batch_of(b"second life"))
    for topic_id, code in ((old, ErrorCode.UNKNOWN_TOPIC_ID), (new, ErrorCode.NONE)):
        answer = raw.ask(fetch_request(0, topic_id=topic_id), BY_ID, FetchResponse)
        assert answer.responses[0].partitions[0].error_code == code


def test_one_name_twice_in_a_request_is_refused(raw: Raw, name):
    topic = name()
    twice = CreatableTopic(name=topic, num_partitions=1, replication_factor=1)
    answer = raw.ask(CreateTopicsRequest(topics=(twice, twice), timeout_ms=10_000), 6, CreateTopicsResponse)
    assert {each.error_code for each in answer.topics} == {ErrorCode.INVALID_REQUEST}
    assert raw.topic(topic).error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def test_a_group_that_nobody_knows_has_no_offset_and_no_error(raw: Raw, topic: str, name):
    asked = OffsetFetchRequestTopic(name=topic, partition_indexes=(0,))
    answer = raw.ask(OffsetFetchRequest(group_id=raw.coordinated(name()), topics=(asked,)), 5, OffsetFetchResponse)
    (found,) = answer.topics[0].partitions
    assert (answer.error_code, found.error_code, found.committed_offset) == (0, 0, -1)


def test_a_group_that_nobody_knows_is_described_as_not_found(raw: Raw, name):
    answer = raw.ask(DescribeGroupsRequest(groups=(raw.coordinated(name()),)), 6, DescribeGroupsResponse)
    assert answer.groups[0].error_code == ErrorCode.GROUP_ID_NOT_FOUND
    older = raw.ask(DescribeGroupsRequest(groups=(raw.coordinated(name()),)), 5, DescribeGroupsResponse)
    assert (older.groups[0].error_code, older.groups[0].group_state) == (0, "Dead")


@pytest.mark.parametrize(
    ("length", "code"), [(METADATA_MAX_BYTES, 0), (METADATA_MAX_BYTES + 1, ErrorCode.OFFSET_METADATA_TOO_LARGE)]
)
def test_the_metadata_of_a_commit_has_a_bound(raw: Raw, topic: str, name, length: int, code: int):
    place = OffsetCommitRequestPartition(partition_index=0, committed_offset=1, committed_metadata="m" * length)
    request = OffsetCommitRequest(group_id=name(), topics=(OffsetCommitRequestTopic(name=topic, partitions=(place,)),))
    assert raw.ask(request, 8, OffsetCommitResponse).topics[0].partitions[0].error_code == code


def test_coordinators_of_what_is_not_served_are_not_found(raw: Raw, name):
    request = FindCoordinatorRequest(key_type=2, coordinator_keys=(name(),))
    code = ErrorCode(raw.ask(request, 4, FindCoordinatorResponse).coordinators[0].error_code)
    assert code not in {ErrorCode.NONE, ErrorCode.COORDINATOR_NOT_AVAILABLE, ErrorCode.UNKNOWN_SERVER_ERROR}
