"""What an object is called: by its segment's place and id, so that nothing but the list of segments is needed to find it.

<topic>-<topic id>/<partition>/00000000000000000042-<segment id>.log
                                                               .index ... as Kafka's files
                                                               .manifest
"""

from typing import Final

from headwater.log.tiering.local_log import Part
from headwater.log.tiering.segment import RemoteSegment
from headwater.wire.types import uuid_text

_MANIFEST: Final = ".manifest"


def folder(segment: RemoteSegment) -> str:
    partition = segment.partition
    return f"{partition.topic}-{uuid_text(partition.topic_id)}/{partition.index}"


def part_name(segment: RemoteSegment, part: Part) -> str:
    return _stem(segment) + part.value


def manifest_name(segment: RemoteSegment) -> str:
    return _stem(segment) + _MANIFEST


def all_names(segment: RemoteSegment) -> list[str]:
    """Every object that there may be of it, the log first."""
    return [*(part_name(segment, part) for part in Part), manifest_name(segment)]


def _stem(segment: RemoteSegment) -> str:
    return f"{folder(segment)}/{segment.base:020d}-{uuid_text(segment.id)}"
