"""One partition that a fetch asks for, and the part of the answer that is about it."""

from typing import Final

from msgspec import Struct

from headwater.log.port import Bounds, Log
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.fetch_request import FetchPartition
from headwater.wire.messages.fetch_response import LeaderIdAndEpoch, PartitionData
from headwater.wire.types import ZERO_UUID, TopicName, Uuid

Key = tuple[Uuid | TopicName, int]
"""Names the same partition in all requests of a session, which either all name topics or all give ids."""

_UNKNOWN: Final = -1
_NO_LEADER: Final = LeaderIdAndEpoch()


def key_of(topic: str, topic_id: Uuid, index: int) -> Key:
    return (topic_id if topic_id != ZERO_UUID else TopicName(topic)), index


class Asked(Struct, frozen=True, kw_only=True, gc=False):
    key: Key
    name: TopicName | None
    """None for an id that belongs to no topic, as far as is known."""
    topic_id: Uuid
    """Zero where the request names its topics."""
    partition: FetchPartition


class Seen(Struct, frozen=True, kw_only=True, gc=False):
    """A log that was read, and its bounds as they were then."""

    log: Log
    bounds: Bounds


class Answer(Struct, frozen=True, kw_only=True, gc=False):
    asked: Asked
    data: PartitionData
    size: int = 0
    """Bytes of records."""
    seen: Seen | None = None
    """None where there is nothing to wait for."""
    is_urgent: bool = False
    """The client should hear of it at once: an error, or a diverging epoch."""


def refused(
    asked: Asked,
    code: ErrorCode,
    *,
    bounds: Bounds | None = None,
    leader: LeaderIdAndEpoch = _NO_LEADER,
    is_urgent: bool = True,
) -> Answer:
    """No records, in the form that clients expect: empty, and not null."""
    data = PartitionData(
        partition_index=asked.partition.partition,
        error_code=code,
        high_watermark=_UNKNOWN if bounds is None else bounds.high_watermark,
        last_stable_offset=_UNKNOWN if bounds is None else bounds.last_stable,
        log_start_offset=_UNKNOWN if bounds is None else bounds.start,
        current_leader=leader,
        records=b"",
    )
    return Answer(asked=asked, data=data, is_urgent=is_urgent)
