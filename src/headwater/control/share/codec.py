"""Share records as keys and values of `__share_group_state`."""

from headwater.control.share.state import ShareRecord
from headwater.machine.decision import Record
from headwater.wire.errors import UnknownType
from headwater.wire.keyed_records import decode_key, decode_versioned, encode_key, encode_versioned
from headwater.wire.record_types import SHARE_RECORDS
from headwater.wire.records.share_snapshot_key import ShareSnapshotKey
from headwater.wire.records.share_snapshot_value import ShareSnapshotValue
from headwater.wire.records.share_update_key import ShareUpdateKey
from headwater.wire.records.share_update_value import ShareUpdateValue

_VERSION = 0


class ShareCodec:
    """The log's port `RecordCodec`."""

    def encode(self, record: Record) -> tuple[bytes | None, bytes | None]:
        assert isinstance(record, ShareRecord)
        return encode_key(record.key), None if record.value is None else encode_versioned(record.value, _VERSION)

    def decode(self, key: bytes | None, value: bytes | None) -> Record | None:
        try:
            kind, message = decode_key(SHARE_RECORDS, key or b"")
        except UnknownType:
            return None
        assert isinstance(message, ShareSnapshotKey | ShareUpdateKey)
        if value is None:
            return ShareRecord(key=message, value=None)
        decoded = decode_versioned(kind.value, value)
        assert isinstance(decoded, ShareSnapshotValue | ShareUpdateValue)
        return ShareRecord(key=message, value=decoded)
