"""Group records as keys and values of `__consumer_offsets`, at the versions that Kafka 4.4 writes."""

from headwater.control.groups.records import GroupRecord
from headwater.machine.decision import Record
from headwater.wire.errors import UnknownType
from headwater.wire.keyed_records import decode_key, decode_versioned, encode_key, encode_versioned
from headwater.wire.record_types import GROUP_RECORDS
from headwater.wire.records.group_metadata_value import GroupMetadataValue
from headwater.wire.records.offset_commit_value import OffsetCommitValue
from headwater.wire.schema import Message

_GROUP = 3
_OFFSET, _OFFSET_WITH_EXPIRY = 4, 1


class GroupCodec:
    """The log's port `RecordCodec`."""

    def encode(self, record: Record) -> tuple[bytes | None, bytes | None]:
        value = record.value
        return encode_key(record.key), None if value is None else encode_versioned(value, _version(value))

    def decode(self, key: bytes | None, value: bytes | None) -> Record | None:
        try:
            kind, message = decode_key(GROUP_RECORDS, key or b"")
        except UnknownType:
            return None
        return GroupRecord(key=message, value=None if value is None else decode_versioned(kind.value, value))


def _version(value: Message) -> int:
    """An offset that ends at a time of its own can say so in version 1 only. What came later has one version."""
    match value:
        case GroupMetadataValue():
            return _GROUP
        case OffsetCommitValue():
            return _OFFSET if value.expire_timestamp < 0 else _OFFSET_WITH_EXPIRY
        case _:
            return value.VERSIONS.last
