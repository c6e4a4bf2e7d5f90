"""Uuids in Kafka's spelling."""

import pytest

from headwater.wire.types import ZERO_UUID, Uuid, uuid_of, uuid_text


def test_a_uuid_is_written_as_kafka_writes_it_and_read_back():
    assert uuid_text(ZERO_UUID) == "AAAAAAAAAAAAAAAAAAAAAA"
    uuid = Uuid(bytes(range(240, 256)))
    assert uuid_text(uuid) == "8PHy8_T19vf4-fr7_P3-_w"
    assert uuid_of(uuid_text(uuid)) == uuid


@pytest.mark.parametrize("text", ["", "AAAA", "A" * 24, "not base64 !"])
def test_other_text_is_no_uuid(text: str):
    with pytest.raises(ValueError):
        uuid_of(text)
