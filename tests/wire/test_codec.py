"""Every message at every version: what was encoded is decoded equal, and from no other bytes."""

from random import Random

import pytest
from tests.wire.every_message import every_message
from tests.wire.made import made

from headwater.wire.codec import decode, decode_from, encode, encode_bytes
from headwater.wire.errors import MalformedMessage, Unencodable, UnsupportedVersion
from headwater.wire.layout import layout_of
from headwater.wire.messages.api_versions_response import ApiVersionsResponse
from headwater.wire.messages.create_topics_request import CreatableTopic, CreateTopicsRequest
from headwater.wire.messages.fetch_request import FetchRequest
from headwater.wire.messages.fetch_response import FetchableTopicResponse, FetchResponse, PartitionData
from headwater.wire.messages.metadata_request import MetadataRequest, MetadataRequestTopic
from headwater.wire.schema import Message

EVERY_MESSAGE = every_message()


@pytest.mark.parametrize("kind", EVERY_MESSAGE, ids=lambda kind: kind.__name__)
def test_what_was_encoded_is_decoded_equal(kind: type[Message]):
    random = Random(kind.__name__)
    for version in kind.VERSIONS:
        for _ in range(4):
            message = made(kind, version, random)
            frame = encode_bytes(message, version)
            assert decode(kind, version, frame) == message
            assert len(frame) >= layout_of(kind, version).least


def test_record_batches_are_views_on_the_frame_and_pass_through_an_encoder_uncopied():
    batches = (memoryview(b"first"), memoryview(b"second"))
    partition = PartitionData(partition_index=1, high_watermark=2, records=batches)
    response = FetchResponse(responses=(FetchableTopicResponse(partitions=(partition,)),))
    buffers = encode(response, 18)
    assert [each for each in buffers if any(each is batch for batch in batches)] == [*batches]
    frame = b"".join(buffers)
    decoded = decode(FetchResponse, 18, frame).responses[0].partitions[0].records
    assert isinstance(decoded, memoryview)
    assert decoded.obj is frame
    assert bytes(decoded) == b"firstsecond"


def test_a_version_that_lacks_a_field_gives_its_default():
    assert decode(FetchRequest, 4, encode_bytes(FetchRequest(max_bytes=7), 4)).session_epoch == -1


def test_a_value_that_the_version_has_no_place_for_is_refused():
    request = MetadataRequest(topics=(), include_cluster_authorized_operations=True)
    with pytest.raises(Unencodable, match="include_cluster_authorized_operations"):
        encode(request, 7)


def test_an_ignorable_value_that_the_version_has_no_place_for_is_left_out():
    assert encode_bytes(FetchRequest(rack_id="here"), 10) == encode_bytes(FetchRequest(), 10)


def test_null_is_refused_where_the_version_does_not_know_it():
    with pytest.raises(Unencodable):
        encode(MetadataRequest(topics=None), 0)
    null_topics = b"\xff\xff\xff\xff"
    with pytest.raises(MalformedMessage, match="null"):
        decode(MetadataRequest, 0, null_topics)


def test_a_value_outside_its_type_is_refused():
    with pytest.raises(Unencodable):
        encode(FetchRequest(max_bytes=2**31), 4)
    with pytest.raises(Unencodable, match="32767"):
        encode(FetchRequest(rack_id="x" * 32_768), 12)
    with pytest.raises(Unencodable):
        encode(MetadataRequest(topics=(MetadataRequestTopic(name="\ud800"),)), 1)


def test_a_version_that_the_message_does_not_have_is_refused():
    with pytest.raises(UnsupportedVersion, match="no version 99"):
        decode(FetchRequest, 99, b"")
    with pytest.raises(UnsupportedVersion):
        encode(FetchRequest(), 3)


def test_bytes_after_the_message_are_refused_unless_its_end_was_asked_for():
    frame = encode_bytes(MetadataRequest(), 9)
    with pytest.raises(MalformedMessage, match="1 bytes are left"):
        decode(MetadataRequest, 9, frame + b"\x00")
    assert decode_from(MetadataRequest, 9, b"head" + frame + b"\x00", 4) == (MetadataRequest(), 4 + len(frame))


def test_a_count_that_the_bytes_cannot_hold_is_refused_before_room_is_made_for_it():
    with pytest.raises(MalformedMessage, match=r"CreateTopicsRequest\.topics has a length of 2147483647"):
        decode(CreateTopicsRequest, 2, b"\x7f\xff\xff\xff" + bytes(100))


def test_all_arrays_of_a_frame_together_hold_a_bounded_number_of_elements():
    topics = tuple(CreatableTopic(name=f"t{number}") for number in range(10))
    frame = encode_bytes(CreateTopicsRequest(topics=topics), 7)
    assert len(decode(CreateTopicsRequest, 7, frame, elements_max=10).topics) == 10
    with pytest.raises(MalformedMessage, match="more elements"):
        decode(CreateTopicsRequest, 7, frame, elements_max=9)


def test_ten_thousand_partitions_with_their_replicas_fit_in_a_request():
    topics = tuple(CreatableTopic(name=f"t{number}", num_partitions=1) for number in range(10_000))
    assert len(decode(CreateTopicsRequest, 7, encode_bytes(CreateTopicsRequest(topics=topics), 7)).topics) == 10_000


def test_text_that_is_not_utf_8_is_refused():
    frame = encode_bytes(MetadataRequest(topics=(MetadataRequestTopic(name="xyz"),)), 1)
    with pytest.raises(MalformedMessage, match="UTF-8"):
        decode(MetadataRequest, 1, frame.replace(b"xyz", b"\xff\xfe\xfd"))


def test_a_varint_of_six_bytes_is_refused():
    with pytest.raises(MalformedMessage, match="five bytes"):
        decode(MetadataRequest, 9, b"\xff\xff\xff\xff\xff\x00" + bytes(100))


NOTHING_BUT_TAGS = encode_bytes(ApiVersionsResponse(), 3)[:-1]


def with_tags(*tags: bytes) -> bytes:
    return NOTHING_BUT_TAGS + bytes((len(tags),)) + b"".join(tags)


def test_a_tag_that_is_not_known_is_passed_over():
    unknown = b"\x63\x02ab"
    assert decode(ApiVersionsResponse, 3, with_tags(unknown)) == ApiVersionsResponse()


def test_a_tagged_field_ends_where_its_size_says():
    features_epoch = b"\x01\x08" + (7).to_bytes(8, "big")
    assert decode(ApiVersionsResponse, 3, with_tags(features_epoch)).finalized_features_epoch == 7
    too_long = b"\x01\x09" + (7).to_bytes(8, "big") + b"\x00"
    with pytest.raises(MalformedMessage, match="does not end where its size says"):
        decode(ApiVersionsResponse, 3, with_tags(too_long))
    past_the_end = b"\x63\x70ab"
    with pytest.raises(MalformedMessage, match="tag 99"):
        decode(ApiVersionsResponse, 3, with_tags(past_the_end))
