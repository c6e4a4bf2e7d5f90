"""Records of `_dek_registry_keys` to bytes and back: the JSON of Confluent's registry."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.registry.encryption.records import (
    UNTOLD,
    DekKey,
    DekValue,
    EncryptionRecord,
    KekKey,
    KekValue,
    Key,
    Value,
)
from headwater.registry.errors import UnreadableRecord
from headwater.registry.formats import json_text

_KINDS: Final[Mapping[str, tuple[type[Key], type[Value]]]] = {
    KekKey.TYPE: (KekKey, KekValue),
    DekKey.TYPE: (DekKey, DekValue),
}


class _Header(Struct, frozen=True):
    type: str


def encode(record: EncryptionRecord) -> tuple[bytes, bytes | None]:
    """Key and value; no value for a tombstone."""
    key, value = record.key, record.value
    return _text(key, key.TYPE), None if value is None else _text(value, value.TYPE)


def decode(key: bytes | None, value: bytes | None, timestamp: Timestamp = UNTOLD) -> EncryptionRecord:
    """Raises UnreadableRecord; what is only unknown in it is passed over."""
    if key is None:
        raise UnreadableRecord("it has no key")
    try:
        header = msgspec.json.decode(key, type=_Header)
        if header.type not in _KINDS:
            raise UnreadableRecord(f"nobody knows keys of type {header.type!r}")
        key_type, value_type = _KINDS[header.type]
        return EncryptionRecord(
            key=msgspec.json.decode(key, type=key_type),
            value=None if value is None else msgspec.json.decode(value, type=value_type),
            timestamp=timestamp,
        )
    except msgspec.DecodeError as problem:
        raise UnreadableRecord(str(problem)) from problem


def _text(value: Key | Value, kind: str) -> bytes:
    names = zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True)
    fields = {encoded: _json(getattr(value, name)) for name, encoded in names if getattr(value, name) is not None}
    return json_text.write_bytes({**fields, "type": kind})


def _json(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: value[name] for name in sorted(value, key=json_text.java_order)}
