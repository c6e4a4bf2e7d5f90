"""Unsigned varints, as flexible versions write lengths and tags: seven bits a byte, the lowest first, five bytes at most."""

from typing import Final

from headwater.wire.errors import MalformedMessage

ONE_BYTE: Final = tuple(bytes((number,)) for number in range(128))
"""The encodings of the numbers below 128, which are nearly all that are met."""


def read_uvarint(view: memoryview, at: int, first: int) -> tuple[int, int]:
    """The number whose `first` byte, above 127, was read already, and where the next thing begins; `at` is the second."""
    number = first & 0x7F
    for shift in (7, 14, 21, 28):
        byte = view[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 128:
            return number, at
    raise MalformedMessage("a varint is longer than five bytes")


def uvarint(number: int) -> bytes:
    if number < 128:
        return ONE_BYTE[number]
    encoded = bytearray()
    while number > 127:
        encoded.append((number & 0x7F) | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
