"""Zigzag varints, as records use them: seven bits a byte, the lowest first, the sign in the lowest bit.

A read past the end of the bytes is an IndexError, which `records` turns into the batch's own error once, around its loop.
"""

from typing import Final

from headwater.wire.errors import InvalidRecord

_LAST_SHIFT: Final = 63


def read_varint(source: bytes, at: int) -> tuple[int, int]:
    """The number at `at`, and where the next thing begins. Over ten bytes, or over 64 bits, raises `InvalidRecord`."""
    byte = source[at]
    if byte < 0x80:  # nearly all of them
        return (byte >> 1) ^ -(byte & 1), at + 1
    second = source[at + 1]
    if second < 0x80:  # the lengths of records of some size
        raw = byte & 0x7F | second << 7
        return (raw >> 1) ^ -(raw & 1), at + 2
    return _read_long(source, at)


def _read_long(source: bytes, at: int) -> tuple[int, int]:
    raw = shift = 0
    while (byte := source[at]) & 0x80:
        raw |= (byte & 0x7F) << shift
        at += 1
        shift += 7
        if shift > _LAST_SHIFT:
            raise InvalidRecord("a varint is longer than ten bytes")
    raw |= byte << shift
    if raw >> 64:
        raise InvalidRecord("a varint is larger than 64 bits")
    return (raw >> 1) ^ -(raw & 1), at + 1


def write_varint(target: bytearray, number: int) -> None:
    """Appends `number`, which must fit in 64 bits."""
    raw = (number << 1) ^ (number >> 63)
    while raw > 0x7F:
        target.append((raw & 0x7F) | 0x80)
        raw >>= 7
    target.append(raw)
