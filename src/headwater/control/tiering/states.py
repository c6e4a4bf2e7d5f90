"""What a remote segment, and a partition that has some, can be: Kafka's states and their numbers (KIP-405)."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final


class SegmentState(IntEnum):
    COPY_SEGMENT_STARTED = 0
    """Its objects may be there, in part or whole."""
    COPY_SEGMENT_FINISHED = 1
    """It can be read."""
    DELETE_SEGMENT_STARTED = 2
    """Nobody reads it; its objects may still be there."""
    DELETE_SEGMENT_FINISHED = 3
    """None of it is left, and nobody remembers it."""


class PartitionState(IntEnum):
    DELETE_PARTITION_MARKED = 0
    """Its topic is gone: nothing more is copied, and its segments are deleted."""
    DELETE_PARTITION_STARTED = 1
    DELETE_PARTITION_FINISHED = 2


FOLLOWS: Final[Mapping[SegmentState, frozenset[SegmentState]]] = {
    SegmentState.COPY_SEGMENT_STARTED: frozenset(
        {SegmentState.COPY_SEGMENT_FINISHED, SegmentState.DELETE_SEGMENT_STARTED}
    ),
    SegmentState.COPY_SEGMENT_FINISHED: frozenset({SegmentState.DELETE_SEGMENT_STARTED}),
    SegmentState.DELETE_SEGMENT_STARTED: frozenset({SegmentState.DELETE_SEGMENT_FINISHED}),
    SegmentState.DELETE_SEGMENT_FINISHED: frozenset(),
}
