"""How much of a log is dirty, and up to where it can be cleaned."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.log.port import Bounds, Span
from headwater.log.settings import LogSettings
from headwater.wire.types import Offset

_OFFSETS_MAX = 2**31 - 1
"""How far the offsets of one span may lie apart: the indexes of a segment have four bytes for them."""


class Dirty(Struct, frozen=True, kw_only=True):
    """Whole spans: those before `first` were cleaned, up to `end` they can be."""

    first: Offset
    end: Offset
    clean_bytes: int
    dirty_bytes: int

    @property
    def ratio(self) -> float:
        total = self.clean_bytes + self.dirty_bytes
        return self.dirty_bytes / total if total else 0.0


def measure(
    spans: Sequence[Span], bounds: Bounds, settings: LogSettings, *, first_dirty: Offset | None, now: Timestamp
) -> Dirty:
    """`first_dirty` is where the last round ended; what can't be believed begins anew at the start, as in Kafka."""
    believed = first_dirty is not None and bounds.start <= first_dirty <= bounds.end
    first = first_dirty if believed and first_dirty is not None else bounds.start
    cleanable = list(_cleanable(spans, bounds, settings, first, now))
    dirty = [span for span in cleanable if span.end > first]
    return Dirty(
        first=first,
        end=dirty[-1].end if dirty else first,
        clean_bytes=sum(span.size for span in cleanable if span.end <= first),
        dirty_bytes=sum(span.size for span in dirty),
    )


def _cleanable(
    spans: Sequence[Span], bounds: Bounds, settings: LogSettings, first: Offset, now: Timestamp
) -> Iterator[Span]:
    """Up to the active one, the oldest open transaction, or the first that is dirty and too young."""
    young = now - settings.min_compaction_lag_ms if settings.min_compaction_lag_ms > 0 else None
    for span in spans:
        if span.active or span.end > bounds.last_stable:
            return
        if young is not None and span.end > first and span.largest_timestamp > young:
            return
        yield span


def groups(spans: Sequence[Span], *, end: Offset, bytes_max: int) -> Iterator[tuple[Offset, Offset]]:
    """Edges of what is replaced together, so that spans do not dwindle. All spans that begin before `end`."""
    first: Span | None = None
    last, size = end, 0
    for span in spans:
        if span.active or span.base >= end:
            break
        if first is not None and size + span.size <= bytes_max and span.end - first.base <= _OFFSETS_MAX:
            last, size = span.end, size + span.size
            continue
        if first is not None:
            yield first.base, last
        first, last, size = span, span.end, span.size
    if first is not None:
        yield first.base, last
