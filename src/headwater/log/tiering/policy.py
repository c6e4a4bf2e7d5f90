"""What is to be copied, and what need not stay here, by the topic's settings: pure rules."""

from collections.abc import Iterator, Sequence

from headwater.kernel.units import Timestamp
from headwater.log.port import Bounds, Span
from headwater.log.settings import LogSettings
from headwater.log.tiering.segment import RemoteSegments
from headwater.wire.types import Offset

_UNLIMITED = -1


def to_copy(
    spans: Sequence[Span], bounds: Bounds, remote: RemoteSegments, settings: LogSettings, *, now: Timestamp
) -> Iterator[Span]:
    """Closed spans whose records all are committed and decided, oldest first, as far as they have waited long enough."""
    behind = sum(span.size for span in spans)
    for span in spans:
        behind -= span.size
        if span.active or span.end > min(bounds.high_watermark, bounds.last_stable):
            return
        if span.end <= max(remote.end, bounds.start):
            continue
        if not _has_waited(span, behind, settings, now):
            return
        yield span


def _has_waited(span: Span, behind: int, settings: LogSettings, now: Timestamp) -> bool:
    """As Kafka's `remote.copy.lag.*`: either is enough, 0 is at once, and -1 is what local retention says."""
    lag_ms, lag_bytes = settings.remote_copy_lag_ms, settings.remote_copy_lag_bytes
    if 0 in (lag_ms, lag_bytes):
        return True
    lag_ms = settings.here_ms if lag_ms == _UNLIMITED else lag_ms
    lag_bytes = settings.here_bytes if lag_bytes == _UNLIMITED else lag_bytes
    return (lag_ms >= 0 and now - _youngest(span) >= lag_ms) or (0 <= lag_bytes <= behind)


def first_here(
    spans: Sequence[Span], bounds: Bounds, remote: RemoteSegments, settings: LogSettings, *, now: Timestamp
) -> Offset:
    """Where what lies here may begin; `bounds.local_start` if nothing is to go. Only what is in remote storage goes."""
    kept = bounds.local_start
    size = sum(span.size for span in spans)
    for span in spans:
        size -= span.size
        if span.active or not remote.cover(span.base, span.end):
            break
        if not _is_over(span, size, settings, now):
            break
        kept = span.end
    return kept


def _is_over(span: Span, left: int, settings: LogSettings, now: Timestamp) -> bool:
    too_old = settings.here_ms != _UNLIMITED and now - _youngest(span) > settings.here_ms
    return too_old or (settings.here_bytes != _UNLIMITED and left >= settings.here_bytes)


def _youngest(span: Span) -> Timestamp:
    return span.largest_timestamp if span.largest_timestamp >= 0 else span.created
