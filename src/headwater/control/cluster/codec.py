"""Metadata records as the bytes of KRaft's log, each at the version that the finalized metadata.version calls for."""

from collections.abc import Callable

from headwater.control.cluster.versions import record_version
from headwater.machine.decision import Record
from headwater.wire.errors import UnknownType
from headwater.wire.metadata_records import decode_metadata, encode_metadata


class MetadataCodec:
    """The log's port `RecordCodec`. `metadata_level` is asked at each record, for it is such a record that changes it."""

    def __init__(self, *, metadata_level: Callable[[], int]) -> None:
        self._metadata_level = metadata_level

    def encode(self, record: Record) -> tuple[bytes | None, bytes | None]:
        return None, encode_metadata(record, record_version(type(record), self._metadata_level()))

    def decode(self, key: bytes | None, value: bytes | None) -> Record | None:
        del key
        try:
            return decode_metadata(value or b"")[0]
        except UnknownType:
            return None
