"""Deletes remote segments: a record that they go, their objects, a record that they are gone."""

from collections.abc import Sequence
from itertools import islice
from typing import Final

from headwater.broker.tiering.metadata import RemoteMetadata
from headwater.control.tiering.machine import RemotePartition
from headwater.control.tiering.states import PartitionState, SegmentState
from headwater.log.tiering.names import all_names
from headwater.log.tiering.object_store import ObjectStore
from headwater.log.tiering.segment import RemoteSegment

_TOGETHER: Final = 16
"""Segments between two records."""
_EVERY: Final = tuple(SegmentState)


class Deletion:
    """What it raises leaves segments in the list that are found there and deleted another time."""

    def __init__(self, metadata: RemoteMetadata, store: ObjectStore) -> None:
        self._metadata = metadata
        self._store = store
        self.segments_deleted = 0

    async def delete(self, held: RemotePartition, segments: Sequence[RemoteSegment]) -> None:
        """Some of `held`'s, in whatever state they are."""
        left = iter(segments)
        while some := tuple(islice(left, _TOGETHER)):
            marked = held.in_state(SegmentState.DELETE_SEGMENT_STARTED)
            await self._metadata.begin_deletion(tuple(each for each in some if each not in marked))
            for each in some:
                await self._store.delete(all_names(each))
            await self._metadata.finish_deletion(some)
            self.segments_deleted += len(some)

    async def finish_what_was_begun(self, held: RemotePartition) -> None:
        """Deletions, and copies that nobody makes any more: only one at a time works on a partition."""
        await self.delete(held, held.in_state(SegmentState.COPY_SEGMENT_STARTED, SegmentState.DELETE_SEGMENT_STARTED))

    async def bury(self, held: RemotePartition) -> None:
        """Its topic is gone: all of it goes, and then the list forgets it."""
        partition = held.partition
        await self._metadata.advance_partition(partition, PartitionState.DELETE_PARTITION_MARKED)
        await self._metadata.advance_partition(partition, PartitionState.DELETE_PARTITION_STARTED)
        await self.delete(held, held.in_state(*_EVERY))
        await self._metadata.advance_partition(partition, PartitionState.DELETE_PARTITION_FINISHED)
