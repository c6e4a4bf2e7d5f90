"""As much of protobuf's wire format as Tink's keysets need: numbers, and bytes."""

from collections.abc import Iterator, Mapping
from typing import Final

from headwater.registry.errors import UnreadableKeyset

_VARINT: Final = 0
_BYTES: Final = 2
_VARINT_MAX: Final = 10
Value = int | bytes


def message(fields: Mapping[int, Value]) -> bytes:
    """Zero and empty are left out."""
    return b"".join(field(number, value) for number, value in fields.items() if value)


def field(number: int, value: Value) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3 | _VARINT) + _varint(value)
    return _varint(number << 3 | _BYTES) + _varint(len(value)) + value


def fields(data: bytes) -> Iterator[tuple[int, Value]]:
    """In their order. Raises UnreadableKeyset."""
    place = 0
    while place < len(data):
        tag, place = _read_varint(data, place)
        value, place = _read_varint(data, place)
        if tag & 7 == _VARINT:
            yield tag >> 3, value
            continue
        if tag & 7 != _BYTES or place + value > len(data):
            raise UnreadableKeyset("it is no message")
        yield tag >> 3, data[place : place + value]
        place += value


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*parts, value))


def _read_varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for count, each in enumerate(data[place : place + _VARINT_MAX]):
        value |= (each & 0x7F) << 7 * count
        if each < 0x80:
            return value, place + count + 1
    raise UnreadableKeyset("it is cut")
