"""The segments of a log, oldest first; the last one is active: appends go there."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from operator import attrgetter

from headwater.log.segments.segment import Segment
from headwater.wire.types import Offset

_base = attrgetter("base")


class SegmentList:
    """`active` is looked up several times in each append, so it is kept; there is none while recovery has found none."""

    __slots__ = ("_segments", "active")

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = list(segments)
        self.active: Segment
        self._changed()

    def _changed(self) -> None:
        if self._segments:
            self.active = self._segments[-1]

    def __iter__(self) -> Iterator[Segment]:
        return iter(self._segments)

    def __len__(self) -> int:
        return len(self._segments)

    @property
    def first(self) -> Segment:
        return self._segments[0]

    @property
    def size(self) -> int:
        return sum(segment.size for segment in self._segments)

    def holding(self, offset: Offset) -> Segment:
        """The last one that begins at or before `offset`; the first one if all begin later."""
        active = self._segments[-1]
        if offset >= active.base:
            return active
        return self._segments[max(0, bisect_right(self._segments, offset, key=_base) - 1)]

    def following(self, offset: Offset) -> Sequence[Segment]:
        """The one that holds `offset`, and all after it."""
        return self._segments[max(0, bisect_right(self._segments, offset, key=_base) - 1) :]

    def after(self, segment: Segment) -> Segment | None:
        place = bisect_right(self._segments, segment.base, key=_base)
        return self._segments[place] if place < len(self._segments) else None

    def released(self, before: Offset) -> Offset | None:
        """Where the first one ends, if it lies wholly below `before` and is not active."""
        if len(self._segments) < 2 or self._segments[1].base > before:
            return None
        return self._segments[1].base

    def add(self, segment: Segment) -> None:
        self._segments.append(segment)
        self._changed()

    def take_below(self, offset: Offset) -> list[Segment]:
        """Remove those whose records all lie below `offset`; never the active one."""
        place = max(0, bisect_right(self._segments, offset, key=_base) - 1)
        taken, self._segments = self._segments[:place], self._segments[place:]
        return taken

    def take_from(self, offset: Offset) -> list[Segment]:
        """Remove those that begin at or after `offset`."""
        place = bisect_right(self._segments, offset - 1, key=_base)
        taken, self._segments = self._segments[place:], self._segments[:place]
        self._changed()
        return taken

    def put(self, replacement: Segment, gone: Sequence[Segment]) -> None:
        """One segment in the place of one or more neighbours."""
        place = self._segments.index(gone[0])
        self._segments[place : place + len(gone)] = [replacement]
        self._changed()
