"""Records of `_exporter_configs` and `_exporter_states` to bytes and back."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.registry.errors import UnreadableRecord
from headwater.registry.formats import json_text
from headwater.registry.linking.records import Exporter, ExporterKey, LinkRecord, Progress


class LinkCodec:
    """Of one of the topics."""

    def __init__(self, kind: type[Exporter] | type[Progress]) -> None:
        self._kind: Final = kind

    def encode(self, record: LinkRecord) -> tuple[bytes, bytes | None]:
        """Key and value; no value for a tombstone."""
        return _text(record.key), None if record.value is None else _text(record.value)

    def decode(self, key: bytes | None, value: bytes | None, timestamp: Timestamp) -> LinkRecord:
        """Raises UnreadableRecord; what is only unknown in it is passed over."""
        del timestamp
        if key is None:
            raise UnreadableRecord("it has no key")
        try:
            return LinkRecord(
                key=msgspec.json.decode(key, type=ExporterKey),
                value=None if value is None else msgspec.json.decode(value, type=self._kind),
            )
        except msgspec.DecodeError as problem:
            raise UnreadableRecord(str(problem)) from problem


def _text(value: Struct) -> bytes:
    names = zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True)
    return json_text.write_bytes({encoded: _json(getattr(value, name)) for name, encoded in names})


def _json(value: Any) -> Any:
    return {name: value[name] for name in sorted(value)} if isinstance(value, Mapping) else value
