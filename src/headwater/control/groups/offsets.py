"""Committed offsets: where each group has read to, in each partition, and for how long that is remembered."""

from collections.abc import Iterator, Mapping

from headwater.control.groups.errors import OffsetMetadataTooLarge
from headwater.control.groups.records import GroupRecord, offset_record
from headwater.control.groups.requests import CommitOffsets, OffsetCommit, TopicLife, TopicPartition
from headwater.control.groups.undecided import Undecided
from headwater.kernel.kinds import LONG_MAX
from headwater.kernel.units import Timestamp
from headwater.machine.transactional import InTransaction, TransactionEnd
from headwater.wire.records.offset_commit_key import OffsetCommitKey
from headwater.wire.records.offset_commit_value import OffsetCommitValue
from headwater.wire.types import TopicName


class Offsets:
    """By group, then by topic and partition; the values are those of the log's records."""

    def __init__(self) -> None:
        self._by_group: dict[str, dict[TopicPartition, OffsetCommitValue]] = {}
        self._undecided = Undecided()

    def __contains__(self, group_id: object) -> bool:
        return group_id in self._by_group or group_id in self._undecided

    def groups(self) -> list[str]:
        return list(dict.fromkeys([*self._by_group, *self._undecided.groups()]))

    def is_undecided(self, group_id: str, where: TopicPartition) -> bool:
        """Whether an open transaction has committed an offset here."""
        return self._undecided.holds(group_id, where)

    def has_undecided(self, group_id: str) -> bool:
        return group_id in self._undecided

    def of(self, group_id: str) -> Mapping[TopicPartition, OffsetCommitValue]:
        return self._by_group.get(group_id, {})

    def replay(self, key: OffsetCommitKey, value: OffsetCommitValue | None) -> None:
        where = (TopicName(key.topic), key.partition)
        self._undecided.drop(key.group, where)
        if value is not None:
            self._by_group.setdefault(key.group, {})[where] = value
            return
        offsets = self._by_group.get(key.group, {})
        offsets.pop(where, None)
        if not offsets:
            self._by_group.pop(key.group, None)

    def replay_undecided(self, held: InTransaction, key: OffsetCommitKey, value: OffsetCommitValue) -> None:
        where = (TopicName(key.topic), key.partition)
        self._undecided.add(held.producer_id, held.producer_epoch, key.group, where, value)

    def replay_end(self, end: TransactionEnd) -> None:
        for group_id, where, value in self._undecided.end(end.producer_id, committed=end.committed):
            self._by_group.setdefault(group_id, {})[where] = value

    def forgotten(self, group_id: str) -> Iterator[GroupRecord]:
        """Tombstones for all of a group's offsets, those of open transactions too."""
        for topic, partition in dict.fromkeys([*self.of(group_id), *self._undecided.of(group_id)]):
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

    def snapshot(self) -> Iterator[GroupRecord | InTransaction]:
        for group_id, offsets in self._by_group.items():
            for (topic, partition), value in offsets.items():
                yield offset_record(group_id, topic, partition, value)
        yield from self._undecided.snapshot()


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
