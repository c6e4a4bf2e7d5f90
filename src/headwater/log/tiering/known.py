"""What is known of remote segments: those that are finished, of each partition, as far as durable records tell."""

from collections.abc import Callable

from headwater.log.port import PartitionId
from headwater.log.tiering.segment import RemoteSegment, RemoteSegments
from headwater.wire.types import Uuid

Key = tuple[Uuid, int]
"""A topic's id and a partition."""


class KnownSegments:
    """Whoever replays the records fills it; logs look at it. A partition of which nothing is known may have anything."""

    def __init__(self, list_of: Callable[[PartitionId], int | None]) -> None:
        """`list_of` says in which of several lists a partition's segments are; None before there is any."""
        self._list_of = list_of
        self._by_partition: dict[Key, RemoteSegments] = {}
        self._loaded: dict[int, None] = {}

    def loaded(self, number: int) -> None:
        """This list has been read to its end."""
        self._loaded[number] = None

    def is_known(self, partition: PartitionId) -> bool:
        return self._list_of(partition) in self._loaded

    def of(self, partition: PartitionId) -> RemoteSegments:
        """The same object for as long as the partition lives."""
        key = (partition.topic_id, partition.index)
        if key not in self._by_partition:
            self._by_partition[key] = RemoteSegments()
        return self._by_partition[key]

    def listed(self, number: int) -> list[PartitionId]:
        """Those of this list of which anything is known."""
        partitions = (next(iter(each)).partition for each in self._by_partition.values() if len(each))
        return [each for each in partitions if self._list_of(each) == number]

    def all(self) -> list[RemoteSegments]:
        return list(self._by_partition.values())

    def forget(self, partition: PartitionId) -> None:
        self._by_partition.pop((partition.topic_id, partition.index), None)

    def replace(self, partition: PartitionId, segments: list[RemoteSegment]) -> None:
        """These are all that there are."""
        known = self.of(partition)
        for gone in [each for each in known if each not in segments]:
            known.remove(gone.id)
        for each in segments:
            known.add(each)
