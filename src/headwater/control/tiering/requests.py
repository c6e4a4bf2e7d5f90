"""What the list of remote segments can be asked. New ids come inside. Every answer is None, or a refusal."""

from msgspec import Struct

from headwater.control.tiering.states import PartitionState, SegmentState
from headwater.log.port import PartitionId
from headwater.log.tiering.segment import RemoteSegment
from headwater.wire.types import NodeId, Uuid


class BeginCopy(Struct, frozen=True, kw_only=True):
    """A segment is about to be copied, under an id that nobody has had."""

    segment: RemoteSegment
    broker: NodeId


class Advance(Struct, frozen=True, kw_only=True):
    """Segments of one partition come to their next state."""

    partition: PartitionId
    segments: tuple[Uuid, ...]
    to: SegmentState
    broker: NodeId
    manifest: bytes | None = None
    """With a copy's end: how to know the segment's manifest."""


class AdvancePartition(Struct, frozen=True, kw_only=True):
    """A partition whose topic is gone comes to its next state; at last it is forgotten."""

    partition: PartitionId
    to: PartitionState
    broker: NodeId


Request = BeginCopy | Advance | AdvancePartition
