"""The records of `__consumer_offsets` that classic groups and offsets are made of, as key and value."""

from msgspec import Struct

from headwater.wire.records.group_metadata_key import GroupMetadataKey
from headwater.wire.records.group_metadata_value import GroupMetadataValue
from headwater.wire.records.offset_commit_key import OffsetCommitKey
from headwater.wire.records.offset_commit_value import OffsetCommitValue
from headwater.wire.schema import Message


class GroupRecord(Struct, frozen=True, kw_only=True):
    """A None value is a tombstone: what the key names is gone."""

    key: Message
    value: Message | None


def group_record(group_id: str, value: GroupMetadataValue | None) -> GroupRecord:
    return GroupRecord(key=GroupMetadataKey(group=group_id), value=value)


def offset_record(group_id: str, topic: str, partition: int, value: OffsetCommitValue | None) -> GroupRecord:
    return GroupRecord(key=OffsetCommitKey(group=group_id, topic=topic, partition=partition), value=value)
