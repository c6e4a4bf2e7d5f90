"""A segment in remote storage, and all of a partition that can be read there."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.log.port import EpochStart, PartitionId, Span
from headwater.wire.types import Offset, Uuid


class RemoteSegment(Struct, frozen=True, kw_only=True):
    """One closed segment, as it was copied."""

    id: Uuid
    partition: PartitionId
    base: Offset
    end: Offset
    size: int
    """Of the log file, in bytes."""
    largest_timestamp: Timestamp
    copied: Timestamp
    epochs: tuple[EpochStart, ...]
    has_aborted: bool
    """Whether it has an index of aborted transactions."""
    manifest: bytes = b""
    """How to know the manifest: the record's custom metadata. Empty until the copy is finished."""

    def span(self) -> Span:
        return Span(
            base=self.base,
            end=self.end,
            size=self.size,
            largest_timestamp=self.largest_timestamp,
            created=self.copied,
            active=False,
        )


class RemoteSegments:
    """The finished ones of a partition, by offset. Neighbours may overlap; of two that hold an offset the later one is read."""

    def __init__(self, segments: Iterable[RemoteSegment] = ()) -> None:
        self._sorted: list[RemoteSegment] = []
        self._by_id: dict[Uuid, RemoteSegment] = {}
        for segment in segments:
            self.add(segment)

    def __iter__(self) -> Iterator[RemoteSegment]:
        return iter(self._sorted)

    def __len__(self) -> int:
        return len(self._sorted)

    @property
    def end(self) -> Offset:
        """Behind the last record that is there; 0 if none is."""
        return self._sorted[-1].end if self._sorted else Offset(0)

    @property
    def size(self) -> int:
        return sum(segment.size for segment in self._sorted)

    def add(self, segment: RemoteSegment) -> None:
        if segment.id not in self._by_id:
            self._by_id[segment.id] = segment
            self._sorted.insert(bisect_right(self._sorted, _place(segment), key=_place), segment)

    def remove(self, id_: Uuid) -> None:
        if (gone := self._by_id.pop(id_, None)) is not None:
            self._sorted.remove(gone)

    def holding(self, offset: Offset) -> RemoteSegment | None:
        place = bisect_right(self._sorted, offset, key=_base) - 1
        found = self._sorted[place] if place >= 0 else None
        return found if found is not None and offset < found.end else None

    def following(self, offset: Offset) -> Sequence[RemoteSegment]:
        """The one that holds `offset`, and all after it."""
        return self._sorted[max(0, bisect_right(self._sorted, offset, key=_base) - 1) :]

    def cover(self, base: Offset, end: Offset) -> bool:
        """Whether every offset from `base` up to `end` is there."""
        reached = base
        for segment in self.following(base):
            if segment.base > reached or reached >= end:
                break
            reached = max(reached, segment.end)
        return reached >= end


def _base(segment: RemoteSegment) -> Offset:
    return segment.base


def _place(segment: RemoteSegment) -> tuple[Offset, Offset]:
    return segment.base, segment.end
