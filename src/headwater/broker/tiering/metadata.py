"""Finds the machine that has a partition's list of remote segments, and asks it."""

from contextlib import suppress
from typing import Any

from headwater.broker.coordinators import Coordinators
from headwater.control.partitioner import remote_metadata_partition
from headwater.control.tiering.errors import TieringError
from headwater.control.tiering.machine import RemoteLogMetadata, RemotePartition
from headwater.control.tiering.requests import Advance, AdvancePartition, BeginCopy
from headwater.control.tiering.states import PartitionState, SegmentState
from headwater.log.port import PartitionId
from headwater.log.tiering.segment import RemoteSegment
from headwater.machine.errors import MachineError
from headwater.wire.types import NodeId


class RemoteMetadata:
    """Every call raises Refused or a MachineError where the list can't be asked now, and a TieringError where it says no."""

    def __init__(self, lists: Coordinators[RemoteLogMetadata], *, node_id: NodeId) -> None:
        self._lists = lists
        self._node_id = node_id

    def list_of(self, partition: PartitionId) -> int | None:
        """Which partition of `__remote_log_metadata`; None before there is one."""
        count = self._lists.count()
        return remote_metadata_partition(partition.topic_id, partition.index, count) if count else None

    def held(self, partition: PartitionId) -> RemotePartition:
        """As it is now, perhaps ahead of what is durable: to narrow what is asked next."""
        return self._lists.head_at(self._index(partition)).of(partition)

    def all(self) -> list[RemotePartition]:
        """Every partition that some list knows, of those that can be asked now."""
        found: list[RemotePartition] = []
        for runtime in self._lists.all():
            with suppress(MachineError):
                found += runtime.head.partitions.values()
        return found

    async def begin_copy(self, segment: RemoteSegment) -> None:
        await self._ask(segment.partition, BeginCopy(segment=segment, broker=self._node_id))

    async def finish_copy(self, segment: RemoteSegment, manifest: bytes) -> None:
        await self._advance((segment,), SegmentState.COPY_SEGMENT_FINISHED, manifest)

    async def begin_deletion(self, segments: tuple[RemoteSegment, ...]) -> None:
        await self._advance(segments, SegmentState.DELETE_SEGMENT_STARTED)

    async def finish_deletion(self, segments: tuple[RemoteSegment, ...]) -> None:
        await self._advance(segments, SegmentState.DELETE_SEGMENT_FINISHED)

    async def advance_partition(self, partition: PartitionId, to: PartitionState) -> None:
        await self._ask(partition, AdvancePartition(partition=partition, to=to, broker=self._node_id))

    async def _advance(
        self, segments: tuple[RemoteSegment, ...], to: SegmentState, manifest: bytes | None = None
    ) -> None:
        """All of one partition; nothing is asked for none."""
        if segments:
            partition, ids = segments[0].partition, tuple(each.id for each in segments)
            request = Advance(partition=partition, segments=ids, to=to, broker=self._node_id, manifest=manifest)
            await self._ask(partition, request)

    async def _ask(self, partition: PartitionId, request: Any) -> None:
        (answer,) = await self._lists.submit_to(self._index(partition), request)
        if isinstance(answer, TieringError):
            raise answer

    def _index(self, partition: PartitionId) -> int:
        index = self.list_of(partition)
        return 0 if index is None else index
