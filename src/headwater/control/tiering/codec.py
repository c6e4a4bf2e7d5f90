"""Records of `__remote_log_metadata`: values without keys, framed like those of the cluster's metadata."""

from headwater.machine.decision import Record
from headwater.wire.errors import UnknownType
from headwater.wire.metadata_records import decode_metadata, encode_metadata
from headwater.wire.record_types import REMOTE_STORAGE_RECORDS

_VERSION = 0


class RemoteMetadataCodec:
    """The log's port `RecordCodec`."""

    def encode(self, record: Record) -> tuple[bytes | None, bytes | None]:
        return None, encode_metadata(record, _VERSION)

    def decode(self, key: bytes | None, value: bytes | None) -> Record | None:
        del key
        try:
            return decode_metadata(value or b"", REMOTE_STORAGE_RECORDS)[0]
        except UnknownType:
            return None
