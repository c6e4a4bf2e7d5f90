"""What applications tell of their topologies for people to look at (KIP-1331): nodes, stores and how they hang together.

Nothing is decided by a description, and any member can tell it again. So it is kept in memory, and the broker asks for it
when it has none: after a restart, of one member at a time, and less and less often while none comes.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from headwater.kernel.units import HOUR_MS, MiB
from headwater.wire.messages.streams_group_topology_description_update_request import (
    TopologyDescription,
    TopologyDescriptionNode,
)

ONE_MAX_BYTES: Final = 1 * MiB
ALL_MAX_BYTES: Final = 64 * MiB
"""Of one machine."""
_FIRST_PAUSE_MS: Final = 30_000
_NODE_BYTES: Final = 500
"""What a node weighs without its names."""


class _Kept(Struct, frozen=True, kw_only=True):
    epoch: int
    description: TopologyDescription
    size: int


class _Asked(Struct, frozen=True, kw_only=True):
    epoch: int
    pause_ms: int
    again_at: int


class Descriptions:
    """By group. Each is of one epoch of the group's topology."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._size = 0
        self._asked: dict[str, _Asked] = {}
        self._too_large: dict[str, int] = {}

    def of(self, group_id: str, epoch: int) -> TopologyDescription | None:
        kept = self._kept.get(group_id)
        return kept.description if kept is not None and kept.epoch == epoch else None

    def keep(self, group_id: str, epoch: int, description: TopologyDescription) -> bool:
        """False where there is no room for it. One that never has room is not asked for again."""
        size = sum(map(_size, _nodes(description)))
        self.forget(group_id)
        if size > ONE_MAX_BYTES:
            self._too_large[group_id] = epoch
            return False
        if self._size + size > ALL_MAX_BYTES:
            return False
        self._kept[group_id] = _Kept(epoch=epoch, description=description, size=size)
        self._size += size
        return True

    def asks(self, group_id: str, epoch: int, now: int) -> bool:
        """Whether the member that shows itself now is to be asked."""
        if self.of(group_id, epoch) is not None or self._too_large.get(group_id) == epoch:
            return False
        asked = self._asked.get(group_id)
        if asked is None or asked.epoch != epoch:
            pause = _FIRST_PAUSE_MS
        elif now < asked.again_at:
            return False
        else:
            pause = min(2 * asked.pause_ms, HOUR_MS)
        self._asked[group_id] = _Asked(epoch=epoch, pause_ms=pause, again_at=now + pause)
        return True

    def forget(self, group_id: str) -> None:
        kept = self._kept.pop(group_id, None)
        self._size -= kept.size if kept is not None else 0
        self._asked.pop(group_id, None)
        self._too_large.pop(group_id, None)


def _nodes(description: TopologyDescription) -> Iterator[TopologyDescriptionNode]:
    for subtopology in description.subtopologies:
        yield from subtopology.nodes
    for store in description.global_stores:
        yield store.source
        yield store.processor


def _size(node: TopologyDescriptionNode) -> int:
    names = (node.name, node.sink_topic or "", *node.source_topics, *node.stores, *node.successors)
    return _NODE_BYTES + sum(map(len, names))
