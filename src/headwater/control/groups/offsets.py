"""Committed offsets: where each group has read to, in each partition, and for how long that is remembered."""

from collections.abc import Iterator, Mapping

from headwater.control.groups.errors import OffsetMetadataTooLarge
from headwater.control.groups.records import GroupRecord, offset_record
from headwater.control.groups.requests import CommitOffsets, OffsetCommit, TopicLife, TopicPartition
from headwater.kernel.kinds import LONG_MAX
from headwater.kernel.units import Timestamp
from headwater.wire.records.offset_commit_key import OffsetCommitKey
from headwater.wire.records.offset_commit_value import OffsetCommitValue
from headwater.wire.types import TopicName


class Offsets:
    """By group, then by topic and partition; the values are those of the log's records."""

    def __init__(self) -> None:
        self._by_group: dict[str, dict[TopicPartition, OffsetCommitValue]] = {}

    def __contains__(self, group_id: object) -> bool:
        return group_id in self._by_group

    def groups(self) -> list[str]:
        return list(self._by_group)

    def of(self, group_id: str) -> Mapping[TopicPartition, OffsetCommitValue]:
        return self._by_group.get(group_id, {})

    def replay(self, key: OffsetCommitKey, value: OffsetCommitValue | None) -> None:
        where = (TopicName(key.topic), key.partition)
        if value is not None:
            self._by_group.setdefault(key.group, {})[where] = value
            return
        offsets = self._by_group.get(key.group, {})
        offsets.pop(where, None)
        if not offsets:
            self._by_group.pop(key.group, None)

    def forgotten(self, group_id: str) -> Iterator[GroupRecord]:
        """Tombstones for all of a group's offsets."""
        for topic, partition in self.of(group_id):
            yield offset_record(group_id, topic, partition, None)

    def topics(self) -> list[TopicLife]:
        """Every life of a topic in which something is committed, once."""
        lives = (
            (topic, value.topic_id) for offsets in self._by_group.values() for (topic, _), value in offsets.items()
        )
        return list(dict.fromkeys(lives))

    def of_topics(self, topics: frozenset[TopicLife]) -> Iterator[GroupRecord]:
        """Tombstones for what was committed in these, in every group."""
        for group_id, offsets in self._by_group.items():
            for (topic, partition), value in offsets.items():
                if (topic, value.topic_id) in topics:
                    yield offset_record(group_id, topic, partition, None)

    def snapshot(self) -> Iterator[GroupRecord]:
        for group_id, offsets in self._by_group.items():
            for (topic, partition), value in offsets.items():
                yield offset_record(group_id, topic, partition, value)


def committed(
    request: CommitOffsets, commit: OffsetCommit, *, now: Timestamp, metadata_max_bytes: int
) -> GroupRecord | OffsetMetadataTooLarge:
    """The record of one commit. One that may be kept for its own time only carries when that ends (versions 2 to 4)."""
    size = len(commit.metadata.encode())
    if size > metadata_max_bytes:
        return OffsetMetadataTooLarge(size, metadata_max_bytes)
    value = OffsetCommitValue(
        offset=commit.offset,
        leader_epoch=commit.leader_epoch,
        metadata=commit.metadata,
        commit_timestamp=now,
        expire_timestamp=-1 if request.retention_ms < 0 else min(now + request.retention_ms, LONG_MAX),
        topic_id=commit.topic_id,
    )
    return offset_record(request.group_id, commit.topic, commit.partition, value)


def is_expired(value: OffsetCommitValue, *, base: int, retention_ms: int, now: Timestamp) -> bool:
    """`base` is when the retention began: the commit, or the moment at which the group became empty."""
    if value.expire_timestamp >= 0:
        return value.expire_timestamp <= now
    return base + retention_ms <= now
