"""A position that belongs to a segment."""

from msgspec import Struct

from headwater.log.segments.segment import Segment


class Place(Struct, frozen=True, gc=False):
    """A batch's edge in a segment's log file."""

    segment: Segment
    position: int
