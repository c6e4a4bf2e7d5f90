"""The port `TopicCodec` for the registry's topics: a record that nobody here can read is passed over, as in Confluent's registry."""

from collections.abc import Callable
from typing import Any

from headwater.kernel.logging import get
from headwater.kernel.units import Timestamp
from headwater.machine.decision import Record
from headwater.registry.encryption import codec as encryption
from headwater.registry.errors import UnreadableRecord
from headwater.registry.store import codec as schemas

_log = get("registry.topics")

Encode = Callable[[Any], tuple[bytes, bytes | None]]
Decode = Callable[[bytes | None, bytes | None, Timestamp], Record]


class RecordsOf:
    def __init__(self, encode: Encode, decode: Decode) -> None:
        self._encode = encode
        self._decode = decode

    def encode(self, record: Record) -> tuple[bytes | None, bytes | None]:
        return self._encode(record)

    def decode(self, key: bytes | None, value: bytes | None, timestamp: Timestamp) -> Record | None:
        try:
            return self._decode(key, value, timestamp)
        except UnreadableRecord as unreadable:
            _log.warn("a record can't be read", error=unreadable)
            return None


def schemas_codec() -> RecordsOf:
    return RecordsOf(schemas.encode, lambda key, value, timestamp: schemas.decode(key, value, timestamp=timestamp))


def encryption_codec() -> RecordsOf:
    return RecordsOf(encryption.encode, encryption.decode)
