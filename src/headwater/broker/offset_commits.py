"""What OffsetCommit and TxnOffsetCommit share: which of the offsets in a request can be committed, and what the others are told."""

from collections.abc import Iterable
from typing import Protocol

from headwater.broker.context import Context
from headwater.control.groups.requests import OffsetCommit, Refusals
from headwater.security.access import Operation, topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import ZERO_UUID, LeaderEpoch, Offset, TopicName, Uuid


class AskedPartition(Protocol):
    @property
    def partition_index(self) -> int: ...
    @property
    def committed_offset(self) -> int: ...
    @property
    def committed_leader_epoch(self) -> int: ...
    @property
    def committed_metadata(self) -> str | None: ...


class AskedTopic(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def topic_id(self) -> Uuid: ...
    @property
    def partitions(self) -> Iterable[AskedPartition]: ...


class OffsetCommits:
    """The offsets of one request, by topic name or, where `by_id`, by topic id."""

    def __init__(self, context: Context, topics: Iterable[AskedTopic], *, by_id: bool) -> None:
        self._by_id = by_id
        self._context = context
        self._names = {_key(each): self._name(each) for each in topics}
        self._codes: dict[tuple[TopicName, int], ErrorCode] = {}
        self.offsets = tuple(offset for each in topics for offset in self._of_topic(each))
        """What can be committed."""

    def take(self, refusals: Refusals) -> None:
        """What became of `offsets`, in their order."""
        for each, refusal in zip(self.offsets, refusals, strict=True):
            self._codes[each.topic, each.partition] = refusal.code if refusal else ErrorCode.NONE

    def refuse(self, code: ErrorCode) -> None:
        """All of `offsets` are refused."""
        self._codes |= {(each.topic, each.partition): code for each in self.offsets}

    def code(self, asked: AskedTopic, partition: int) -> ErrorCode:
        name = self._names[_key(asked)]
        return name if isinstance(name, ErrorCode) else self._codes[name, partition]

    def _name(self, asked: AskedTopic) -> TopicName | ErrorCode:
        """The topic's name, or why nothing can be committed in it."""
        name: TopicName | None = TopicName(asked.name)
        if self._by_id:
            name = self._context.services.partitions.name_of(asked.topic_id)
        if name is None:
            return ErrorCode.UNKNOWN_TOPIC_ID
        return name if self._context.allows(Operation.READ, topic(name)) else ErrorCode.TOPIC_AUTHORIZATION_FAILED

    def _of_topic(self, asked: AskedTopic) -> Iterable[OffsetCommit]:
        name = self._names[_key(asked)]
        if isinstance(name, ErrorCode):
            return
        partitions = self._context.services.partitions
        for each in asked.partitions:
            if not partitions.has(name, each.partition_index):
                self._codes[name, each.partition_index] = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                continue
            yield OffsetCommit(
                topic=name,
                partition=each.partition_index,
                offset=Offset(each.committed_offset),
                leader_epoch=LeaderEpoch(each.committed_leader_epoch),
                metadata=each.committed_metadata or "",
                topic_id=partitions.id_of(name) or ZERO_UUID,
            )


def _key(asked: AskedTopic) -> object:
    return asked.name or asked.topic_id
