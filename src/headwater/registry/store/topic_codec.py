"""The port `TopicCodec` for the registry's topics: a record that nobody here can read is passed over, as in Confluent's registry."""

from collections.abc import Callable
from typing import Any, Final

from headwater.kernel.logging import get
from headwater.kernel.units import Timestamp
from headwater.machine.decision import Record
from headwater.registry.encryption import codec as encryption
from headwater.registry.errors import UnreadableRecord
from headwater.registry.linking.codec import LinkCodec
from headwater.registry.linking.records import BARRIER, Exporter, Progress
from headwater.registry.sensitive import encoders
from headwater.registry.sensitive.sealing import Sealing
from headwater.registry.store import codec as schemas
from headwater.registry.store.records import NoopKey, RegistryRecord

Encode = Callable[[Any], tuple[bytes, bytes | None]]
Decode = Callable[[bytes | None, bytes | None, Timestamp], Record]

NOOP: Final = schemas.encode(RegistryRecord(key=NoopKey(), value=None))[0]
"""The key of a record of `_schemas` that says nothing."""
EXPORTERS_BARRIER: Final = LinkCodec(Exporter).encode(BARRIER)[0]
"""The same for the topics of exporters."""

_log = get("registry.topics")


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


def schemas_codec(sealing: Sealing | None = None) -> RecordsOf:
    """Without `sealing`, sensitive metadata is read as it is kept."""
    if sealing is None:
        return RecordsOf(schemas.encode, _schema)
    return RecordsOf(
        lambda record: schemas.encode(sealing.sealed(record)),
        lambda key, value, timestamp: sealing.opened(_schema(key, value, timestamp)),
    )


def _schema(key: bytes | None, value: bytes | None, timestamp: Timestamp) -> RegistryRecord:
    return schemas.decode(key, value, timestamp=timestamp)


def encryption_codec() -> RecordsOf:
    return RecordsOf(encryption.encode, encryption.decode)


def exporters_codec(kind: type[Exporter] | type[Progress]) -> RecordsOf:
    codec = LinkCodec(kind)
    return RecordsOf(codec.encode, codec.decode)


def encoders_codec() -> RecordsOf:
    return RecordsOf(encoders.encode, lambda key, value, _: encoders.decode(key, value))
