"""Where in a log to begin, as people say it: beginning, end, an offset, so many before the end, a time."""

from dataclasses import dataclass
from datetime import UTC, datetime

from headwater.cli.failures import Complaint
from headwater.client.admin.offsets import At, find_offset
from headwater.client.cluster import Cluster
from headwater.kernel.units import SECOND_MS, Timestamp

BEGINNING = "beginning"
END = "end"
EXAMPLES = "beginning, end, 1200, -10 (ten before the end) or 2026-11-21T14:30 (UTC)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A special place, an offset (below zero from the end), or a time."""

    at: At | Timestamp | None = None
    offset: int = 0


def place_of(text: str) -> Place:
    """Reads it, or is a `Complaint` that shows how it may look."""
    if text in {BEGINNING, END}:
        return Place(at=At.EARLIEST if text == BEGINNING else At.LATEST)
    try:
        return Place(offset=int(text))
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Complaint(f"{text!r} is no place in a log: write {EXAMPLES}") from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return Place(at=Timestamp(int(moment.timestamp() * SECOND_MS)))


async def offset_at(cluster: Cluster, topic: str, partition: int, place: Place) -> int:
    """The offset in this partition, never outside of the log. After the last record's time it is the end."""
    first = (await find_offset(cluster, topic, partition, At.EARLIEST)).offset
    end = (await find_offset(cluster, topic, partition, At.LATEST)).offset
    if place.at is None:
        wanted = place.offset if place.offset >= 0 else end + place.offset
        return min(max(wanted, first), end)
    found = (await find_offset(cluster, topic, partition, place.at)).offset
    return found if found >= 0 else end
