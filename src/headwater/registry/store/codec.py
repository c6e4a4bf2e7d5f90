"""Records of `_schemas` to bytes and back: the JSON of Confluent's registry."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from headwater.registry.errors import UnreadableRecord
from headwater.registry.formats import json_text
from headwater.registry.store.records import (
    AssociationKey,
    AssociationValue,
    ClearSubjectKey,
    ClearSubjectValue,
    ConfigKey,
    ConfigValue,
    ContextKey,
    ContextValue,
    DeleteSubjectKey,
    DeleteSubjectValue,
    Key,
    ModeKey,
    ModeValue,
    NoopKey,
    RegistryRecord,
    SchemaKey,
    SchemaValue,
    Value,
)

_KINDS: Final[Mapping[str, tuple[type[Key], type[Value] | None]]] = {
    key.TYPE: (key, value)
    for key, value in (
        (SchemaKey, SchemaValue),
        (ConfigKey, ConfigValue),
        (ModeKey, ModeValue),
        (ContextKey, ContextValue),
        (DeleteSubjectKey, DeleteSubjectValue),
        (ClearSubjectKey, ClearSubjectValue),
        (AssociationKey, AssociationValue),
        (NoopKey, None),
    )
}
_MAGIC_MAX: Final = 1


_TIME: Final = "timestamp"
"""Kafka's record tells it, and not its value."""


class _Header(Struct, frozen=True):
    keytype: str
    magic: int = 0


def encode(record: RegistryRecord) -> tuple[bytes, bytes | None]:
    """Key and value; no value for a tombstone."""
    key = record.key
    written = json_text.write_bytes({"keytype": key.TYPE, **plain(key), "magic": key.MAGIC})
    return written, None if record.value is None else json_text.write_bytes(plain(record.value))


def decode(key: bytes | None, value: bytes | None, *, timestamp: int | None = None) -> RegistryRecord:
    """Raises UnreadableRecord; what is only unknown in it is passed over. `timestamp` is the record's, in milliseconds."""
    if key is None:
        raise UnreadableRecord("it has no key")
    try:
        header = msgspec.json.decode(key, type=_Header)
        if header.keytype not in _KINDS or header.magic > _MAGIC_MAX:
            raise UnreadableRecord(f"nobody knows keys of type {header.keytype!r} and magic {header.magic}")
        key_type, value_type = _KINDS[header.keytype]
        decoded = None if value is None or value_type is None else msgspec.json.decode(value, type=value_type)
        if isinstance(decoded, SchemaValue | AssociationValue):
            decoded = replace(decoded, timestamp=timestamp)
        return RegistryRecord(key=msgspec.json.decode(key, type=key_type), value=decoded)
    except msgspec.DecodeError as problem:
        raise UnreadableRecord(str(problem)) from problem


def plain(value: Any) -> Any:
    """As Confluent writes it: what is None or empty is left out, sets and maps are sorted."""
    match value:
        case Struct():
            names = zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True)
            fields = ((encoded, getattr(value, name)) for name, encoded in names if encoded != _TIME)
            return {name: plain(each) for name, each in fields if not _is_empty(each)}
        case frozenset():
            return sorted(value)
        case Mapping():
            return {key: plain(value[key]) for key in sorted(value)}
        case tuple():
            return [plain(each) for each in value]
        case _:
            return value


def _is_empty(value: Any) -> bool:
    """A contract without anything in it is one all the same."""
    return value is None or (isinstance(value, str | tuple | frozenset | Mapping) and not value)
