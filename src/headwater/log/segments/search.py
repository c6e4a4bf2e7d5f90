"""Finds records by their time.

The time index names an offset up to which everything is older; from there headers are walked, and one batch is opened.
"""

from headwater.kernel.units import Timestamp
from headwater.log.admission import DECOMPRESSED_MAX
from headwater.log.port import Found
from headwater.log.segments.contents import Contents
from headwater.log.segments.segment import Segment
from headwater.wire.batch.header import NO_TIMESTAMP
from headwater.wire.batch.records import first_since
from headwater.wire.types import Offset


def find_time(contents: Contents, timestamp: Timestamp, *, end: Offset) -> Found | None:
    """The first record below `end` that is not older than `timestamp`."""
    for segment in contents.segments.following(contents.start):
        if segment.largest[0] >= timestamp and (found := _find_in(segment, timestamp, contents.start, end)):
            return found
    return None


def find_latest_time(contents: Contents, *, end: Offset) -> Found | None:
    """The first of the records below `end` that have the largest timestamp."""
    segments = contents.segments.following(contents.start)
    largest = max((segment.largest_below(end) for segment in segments if segment.base < end), default=NO_TIMESTAMP)
    return find_time(contents, largest, end=end) if largest != NO_TIMESTAMP else None


def _find_in(segment: Segment, timestamp: Timestamp, start: Offset, end: Offset) -> Found | None:
    for position, header in segment.headers_from(segment.times.floor(timestamp)):
        if header.base_offset >= end:
            return None
        if header.max_timestamp < timestamp or header.last_offset < start:
            continue
        batch = segment.log.pread(header.size, position)
        found = first_since(batch, header, timestamp=timestamp, offset=start, decompressed_max=DECOMPRESSED_MAX)
        if found:
            return Found(offset=found[0], timestamp=found[1], epoch=header.partition_leader_epoch)
    return None
