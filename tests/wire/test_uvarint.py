"""Unsigned varints, at the edges of their sizes."""

import pytest

from headwater.wire.errors import MalformedMessage
from headwater.wire.uvarint import read_uvarint, uvarint


@pytest.mark.parametrize(
    ("number", "encoded"),
    [
        (0, b"\x00"),
        (127, b"\x7f"),
        (128, b"\x80\x01"),
        (16_383, b"\xff\x7f"),
        (16_384, b"\x80\x80\x01"),
        (2**31 - 1, b"\xff\xff\xff\xff\x07"),
    ],
)
def test_a_number_takes_as_many_bytes_as_it_needs(number: int, encoded: bytes):
    assert uvarint(number) == encoded
    if number > 127:
        assert read_uvarint(memoryview(encoded + b"more"), 1, encoded[0]) == (number, len(encoded))


def test_a_sixth_byte_is_refused():
    with pytest.raises(MalformedMessage, match="five bytes"):
        read_uvarint(memoryview(b"\x80\x80\x80\x80\x80\x01"), 1, 0x80)
