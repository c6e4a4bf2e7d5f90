"""Up to where a log may go by now: the rules of `retention.ms` and `retention.bytes`, without the deleting.

Whole spans go, oldest first, at last the active one too: an idle log empties itself, as in Kafka. An engine that is told
to let everything go begins a new span first.
"""

from collections.abc import Sequence

from headwater.kernel.units import Timestamp
from headwater.log.port import Bounds, Span
from headwater.log.settings import LogSettings
from headwater.wire.types import Offset

_UNLIMITED = -1


def first_kept(spans: Sequence[Span], bounds: Bounds, settings: LogSettings, *, now: Timestamp) -> Offset:
    """Where the log should start; `bounds.start` if nothing is to go. Never past the high watermark.

    A span goes when its youngest record is older than `retention.ms`, or when the rest holds `retention.bytes` without it.
    What lies below the start already goes under any policy.
    """
    kept = bounds.start
    size = sum(span.size for span in spans)
    for span in spans:
        if span.end > bounds.high_watermark:
            break
        if span.end > bounds.start and not (
            settings.delete_policy and (_too_old(span, settings, now) or _too_much(size - span.size, settings))
        ):
            break
        size -= span.size
        kept = max(kept, span.end)
    return kept


def _too_old(span: Span, settings: LogSettings, now: Timestamp) -> bool:
    youngest = span.largest_timestamp if span.largest_timestamp >= 0 else span.created
    return settings.retention_ms != _UNLIMITED and now - youngest > settings.retention_ms


def _too_much(left: int, settings: LogSettings) -> bool:
    return settings.retention_bytes != _UNLIMITED and left >= settings.retention_bytes
