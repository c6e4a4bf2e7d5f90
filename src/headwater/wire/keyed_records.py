"""Records of coordinators, as `__consumer_offsets`, `__transaction_state` and `__share_group_state` hold them.

Two bytes come before each message. Before a key they are the number of its type, and the key has version 0 for ever;
before a value they are the value's version. The payloads inside group records (a consumer's subscription and assignment)
and of control records carry their version the same way.
"""

from collections.abc import Mapping
from struct import Struct
from typing import Final, TypeVar

from headwater.wire.codec import decode, encode_bytes
from headwater.wire.errors import MalformedMessage, UnknownType
from headwater.wire.registry import KeyedRecord
from headwater.wire.schema import Buffer, Message

M = TypeVar("M", bound=Message)

_PREFIX: Final = Struct(">h")
_KEY_VERSION: Final = 0


def encode_versioned(message: Message, version: int) -> bytes:
    return _PREFIX.pack(version) + encode_bytes(message, version)


def decode_versioned(kind: type[M], raw: Buffer) -> M:
    """Raises `UnsupportedVersion` for a value that a newer program wrote."""
    return decode(kind, _prefix(raw), raw, _PREFIX.size)


def encode_key(key: Message) -> bytes:
    if key.API_KEY is None:
        raise UnknownType(f"key type for {type(key).__name__}", -1)
    return _PREFIX.pack(key.API_KEY) + encode_bytes(key, _KEY_VERSION)


def decode_key(types: Mapping[int, KeyedRecord], raw: Buffer) -> tuple[KeyedRecord, Message]:
    """The record's type, by which to read its value, and the key. Raises `UnknownType` for one not in `types`.

    `types` is a table of `record_types`: GROUP_RECORDS, TRANSACTION_RECORDS or SHARE_RECORDS.
    """
    number = _prefix(raw)
    record = types.get(number)
    if record is None:
        raise UnknownType("record type", number)
    return record, decode(record.key, _KEY_VERSION, raw, _PREFIX.size)


def _prefix(raw: Buffer) -> int:
    if len(raw) < _PREFIX.size:
        raise MalformedMessage("a record ends before its version")
    number: int = _PREFIX.unpack_from(raw)[0]
    return number
