"""Records of `__cluster_metadata`, and of tiered storage's `__remote_log_metadata`, which are framed alike.

Each value says in three varints its frame's version, its type and its own version; the message comes after.
"""

from collections.abc import Mapping
from typing import Final

from headwater.wire.codec import decode, encode_bytes
from headwater.wire.errors import MalformedMessage, UnknownType
from headwater.wire.record_types import METADATA_RECORDS
from headwater.wire.registry import PlainRecord
from headwater.wire.schema import Buffer, Message
from headwater.wire.uvarint import read_uvarint, uvarint

_FRAME_VERSION: Final = 1


def encode_metadata(record: Message, version: int) -> bytes:
    if record.API_KEY is None:
        raise UnknownType(f"record type for {type(record).__name__}", -1)
    return b"".join((uvarint(_FRAME_VERSION), uvarint(record.API_KEY), uvarint(version), encode_bytes(record, version)))


def decode_metadata(raw: Buffer, types: Mapping[int, PlainRecord] = METADATA_RECORDS) -> tuple[Message, int]:
    """The record and its version. Raises `UnknownType` and `UnsupportedVersion` for what a newer program wrote."""
    view = memoryview(raw)
    frame_version, at = _uvarint(view, 0)
    if frame_version != _FRAME_VERSION:
        raise MalformedMessage(f"a metadata record has frame version {frame_version}, where only 1 is known")
    number, at = _uvarint(view, at)
    version, at = _uvarint(view, at)
    record = types.get(number)
    if record is None:
        raise UnknownType("record type", number)
    return decode(record.type, version, view, at), version


def _uvarint(view: memoryview, at: int) -> tuple[int, int]:
    try:
        first = view[at]
        return (first, at + 1) if first < 128 else read_uvarint(view, at + 1, first)
    except IndexError as problem:
        raise MalformedMessage("a record ends before its type") from problem
