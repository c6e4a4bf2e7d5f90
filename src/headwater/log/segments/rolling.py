"""When a segment is full, by Kafka's rules: size, age, index, and offsets that no longer fit the index's four bytes.

Age is counted in the records' own time, from the first batch to the one that is about to be appended, so that copied
history is cut as it was; only a segment opened long ago without timestamps is aged by the wall clock.
"""

from collections.abc import Sequence

from headwater.kernel.units import Timestamp
from headwater.log.segments.segment import Placed, Segment
from headwater.log.settings import LogSettings


def must_roll(active: Segment, batches: Sequence[Placed], settings: LogSettings, now: Timestamp) -> bool:
    """Whether `batches` must go into a new segment."""
    if not active.size:
        return not active.can_hold(batches[-1].last_offset)
    return (
        active.size > settings.segment_bytes - sum(batch.size for batch in batches)
        or _age(active, batches, now) > settings.segment_ms - active.roll_jitter_ms
        or not active.can_hold(batches[-1].last_offset)
        or active.is_index_full(settings.segment_index_bytes)
    )


def _age(active: Segment, batches: Sequence[Placed], now: Timestamp) -> int:
    began = active.first_timestamp
    return max(batch.max_timestamp for batch in batches) - began if began >= 0 else now - active.created
