"""Partitions as share groups name them: by their topic's id."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from headwater.wire.types import Uuid

SharePartition: TypeAlias = tuple[Uuid, int]
"""A topic's id and a partition's number."""
Partitions: TypeAlias = Mapping[Uuid, tuple[int, ...]]
"""Partition numbers by topic id, in order."""


def by_topic(partitions: Iterable[SharePartition]) -> Partitions:
    """In order, whatever the order they come in."""
    topics: dict[Uuid, list[int]] = {}
    for topic_id, index in partitions:
        topics.setdefault(topic_id, []).append(index)
    return {topic_id: tuple(sorted(indexes)) for topic_id, indexes in topics.items()}
