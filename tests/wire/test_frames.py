"""Requests and responses with their headers, as they cross a connection."""

import pytest

from headwater.wire.apis import APIS, ApiKey
from headwater.wire.errors import MalformedMessage, UnknownType, UnsupportedVersion
from headwater.wire.frames import (
    correlation_id_of,
    decode_request,
    decode_response,
    encode_request,
    encode_response,
    open_request,
)
from headwater.wire.messages.api_versions_request import ApiVersionsRequest
from headwater.wire.messages.api_versions_response import ApiVersionsResponse
from headwater.wire.messages.fetch_response import FetchableTopicResponse, FetchResponse, PartitionData
from headwater.wire.messages.heartbeat_response import HeartbeatResponse
from headwater.wire.messages.metadata_request import MetadataRequest
from headwater.wire.schema import Message


def sent(request: Message, version: int, client_id: str | None = "me") -> bytes:
    frame = b"".join(encode_request(request, version, correlation_id=7, client_id=client_id))
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4
    return frame[4:]


@pytest.mark.parametrize("version", tuple(MetadataRequest.VERSIONS))
def test_a_request_says_who_asks_what_in_which_version(version: int):
    header, request = decode_request(sent(MetadataRequest(topics=()), version))
    assert (header.request_api_key, header.request_api_version) == (ApiKey.METADATA, version)
    assert (header.correlation_id, header.client_id) == (7, "me")
    assert request == MetadataRequest(topics=())


def test_the_client_id_may_be_null_and_is_never_compact():
    assert decode_request(sent(MetadataRequest(), 12, client_id=None))[0].client_id is None
    assert sent(MetadataRequest(), 12)[8:12] == b"\x00\x02me"


def test_a_request_is_opened_even_where_its_version_is_not_known():
    frame = bytearray(sent(ApiVersionsRequest(), 3))
    frame[2:4] = (99).to_bytes(2, "big")
    header, api, _ = open_request(bytes(frame))
    assert (api.name, header.correlation_id) == ("ApiVersions", 7)
    with pytest.raises(UnsupportedVersion):
        decode_request(bytes(frame))


def test_an_api_that_does_not_exist_is_refused():
    with pytest.raises(UnknownType, match="no API of number 4"):
        open_request(b"\x00\x04" + bytes(20))


@pytest.mark.parametrize("size", range(10))
def test_a_request_that_is_cut_in_its_header_is_malformed(size: int):
    with pytest.raises(MalformedMessage):
        open_request(sent(MetadataRequest(), 1)[:size])


def test_bytes_after_a_request_are_passed_over_as_kafka_does():
    assert decode_request(sent(MetadataRequest(), 12) + b"more")[1] == MetadataRequest()


@pytest.mark.parametrize("version", tuple(HeartbeatResponse.VERSIONS))
def test_a_response_answers_a_correlation_id(version: int):
    frame = b"".join(encode_response(HeartbeatResponse(error_code=27), version, correlation_id=5))
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4
    assert correlation_id_of(frame[4:]) == 5
    header, response = decode_response(HeartbeatResponse, version, frame[4:])
    assert (header.correlation_id, response.error_code) == (5, 27)


def test_the_response_header_of_api_versions_has_no_tags_for_the_client_does_not_know_yet_who_answers():
    frame = b"".join(encode_response(ApiVersionsResponse(error_code=35), 3, correlation_id=5))
    assert frame[4:10] == b"\x00\x00\x00\x05\x00\x23"
    assert decode_response(ApiVersionsResponse, 3, frame[4:])[1].error_code == 35


def test_the_size_of_a_response_counts_its_record_batches():
    partition = PartitionData(records=(b"one", b"two"))
    response = FetchResponse(responses=(FetchableTopicResponse(partitions=(partition, partition)),))
    buffers = encode_response(response, 13, correlation_id=1)
    frame = b"".join(buffers)
    assert len(buffers) == 7
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4


def test_every_api_has_a_request_and_a_response_of_the_same_versions():
    for key, api in APIS.items():
        assert api.request.API_KEY == api.response.API_KEY == key
        assert api.request.VERSIONS == api.response.VERSIONS
        assert api.request.VERSIONS.first == api.versions.first
        assert api.request.VERSIONS.last == api.versions.last + api.latest_version_unstable
        for version in api.versions:
            assert (version in api.request.FLEXIBLE) == api.is_flexible(version) == (version in api.response.FLEXIBLE)
