"""Which partitions of a share group have state at the share coordinator, and which are about to get it or to lose it.

    (unknown) -> initializing -> initialized -> deleting -> (unknown)

`initializing` and `deleting` are intents: they are written here first, done at the share coordinator by a subscriber, and closed
by a record here. Only what is initialized is assigned to members. A partition that is initialized and initializing at once
is about to get a new start offset.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from headwater.control.groups.share.partitions import Partitions
from headwater.wire.records.share_group_state_partition_metadata_value import (
    ShareGroupStatePartitionMetadataValue,
    TopicInfo,
    TopicPartitionsInfo,
)
from headwater.wire.types import TopicName, Uuid


class TopicShares(Struct, frozen=True, kw_only=True):
    """Partitions of one topic, in order."""

    name: TopicName
    partitions: tuple[int, ...]


Shares = Mapping[Uuid, TopicShares]


class StatePartitions(Struct, frozen=True, kw_only=True):
    initializing: Shares = {}
    initialized: Shares = {}
    deleting: Mapping[Uuid, TopicName] = {}

    @property
    def is_empty(self) -> bool:
        return not (self.initializing or self.initialized or self.deleting)

    @property
    def topic_ids(self) -> dict[Uuid, TopicName]:
        """All topics that are named here."""
        named = {topic_id: shares.name for topic_id, shares in [*self.initializing.items(), *self.initialized.items()]}
        return {**self.deleting, **named}

    def known(self, topic_id: Uuid) -> frozenset[int]:
        """Partitions that need not be asked for again."""
        return frozenset(_of(self.initializing, topic_id) + _of(self.initialized, topic_id))

    def begun(self, added: Shares) -> "StatePartitions":
        """These are to be initialized. What was to be deleted of the same topics is wanted after all."""
        return replace(
            self,
            initializing=_joined(self.initializing, added),
            deleting={topic_id: name for topic_id, name in self.deleting.items() if topic_id not in added},
        )

    def done(self, partitions: Partitions) -> "StatePartitions":
        """These have their state now, as far as it was still wanted."""
        wanted = {
            topic_id: replace(self.initializing[topic_id], partitions=kept)
            for topic_id, indexes in partitions.items()
            if (kept := _both(_of(self.initializing, topic_id), indexes))
        }
        return replace(
            self,
            initializing=_without(self.initializing, partitions),
            initialized=_joined(self.initialized, wanted),
        )

    def given_up(self, partitions: Partitions) -> "StatePartitions":
        """These can't be initialized; a heartbeat finds them missing again."""
        return replace(self, initializing=_without(self.initializing, partitions))

    def to_delete(self, topics: Mapping[Uuid, TopicName]) -> "StatePartitions":
        return StatePartitions(
            initializing=_except(self.initializing, topics),
            initialized=_except(self.initialized, topics),
            deleting={**self.deleting, **topics},
        )

    def forgotten(self, topics: Iterable[Uuid]) -> "StatePartitions":
        """Nothing is known of these topics any more."""
        gone = frozenset(topics)
        return StatePartitions(
            initializing=_except(self.initializing, gone),
            initialized=_except(self.initialized, gone),
            deleting={topic_id: name for topic_id, name in self.deleting.items() if topic_id not in gone},
        )

    def deleted(self, topics: Iterable[Uuid]) -> "StatePartitions":
        """The state of these topics is gone."""
        gone = frozenset(topics)
        return replace(
            self, deleting={topic_id: name for topic_id, name in self.deleting.items() if topic_id not in gone}
        )


def value_of(state: StatePartitions) -> ShareGroupStatePartitionMetadataValue:
    return ShareGroupStatePartitionMetadataValue(
        initializing_topics=_infos(state.initializing),
        initialized_topics=_infos(state.initialized),
        deleting_topics=tuple(
            TopicInfo(topic_id=topic_id, topic_name=name) for topic_id, name in state.deleting.items()
        ),
    )


def state_of(value: ShareGroupStatePartitionMetadataValue) -> StatePartitions:
    return StatePartitions(
        initializing=_shares(value.initializing_topics),
        initialized=_shares(value.initialized_topics),
        deleting={each.topic_id: TopicName(each.topic_name) for each in value.deleting_topics},
    )


def _infos(shares: Shares) -> tuple[TopicPartitionsInfo, ...]:
    return tuple(
        TopicPartitionsInfo(topic_id=topic_id, topic_name=each.name, partitions=each.partitions)
        for topic_id, each in shares.items()
    )


def _shares(infos: tuple[TopicPartitionsInfo, ...]) -> Shares:
    return {
        each.topic_id: TopicShares(name=TopicName(each.topic_name), partitions=tuple(sorted(each.partitions)))
        for each in infos
    }


def _of(shares: Shares, topic_id: Uuid) -> tuple[int, ...]:
    return shares[topic_id].partitions if topic_id in shares else ()


def _both(some: Iterable[int], others: Iterable[int]) -> tuple[int, ...]:
    among = frozenset(others)
    return tuple(each for each in some if each in among)


def _joined(shares: Shares, added: Shares) -> Shares:
    joined = dict(shares)
    for topic_id, new in added.items():
        joined[topic_id] = replace(new, partitions=tuple(sorted({*_of(shares, topic_id), *new.partitions})))
    return joined


def _without(shares: Shares, partitions: Partitions) -> Shares:
    left: dict[Uuid, TopicShares] = {}
    for topic_id, each in shares.items():
        gone = frozenset(partitions.get(topic_id, ()))
        if kept := tuple(index for index in each.partitions if index not in gone):
            left[topic_id] = replace(each, partitions=kept)
    return left


def _except(shares: Shares, topics: Iterable[Uuid]) -> Shares:
    gone = frozenset(topics)
    return {topic_id: each for topic_id, each in shares.items() if topic_id not in gone}
