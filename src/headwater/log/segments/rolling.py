"""When a segment is full, by Kafka's rules: size, age, index, and offsets that no longer fit the index's four bytes.

Age is counted in the records' own time, from the first batch to the one that is about to be appended, so that copied
history is cut as it was; only a segment opened long ago without timestamps is aged by the wall clock.
"""

from headwater.kernel.units import Timestamp
from headwater.log.segments.segment import Placed, Segment
from headwater.log.settings import LogSettings


def must_roll(active: Segment, entering: Placed, settings: LogSettings, now: Timestamp) -> bool:
    """Whether `entering`, which is all that one append brings, must go into a new segment."""
    if not active.can_hold(entering.last_offset):
        return True
    size = active.size
    return size > 0 and (
        size > settings.segment_bytes - entering.size
        or _age(active, entering, now) > settings.segment_ms - active.roll_jitter_ms
        or active.is_index_full(settings.segment_index_bytes)
    )


def _age(active: Segment, entering: Placed, now: Timestamp) -> int:
    began = active.first_timestamp
    return entering.max_timestamp - began if began >= 0 else now - active.created
