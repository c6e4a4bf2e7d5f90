"""Producer ids one by one, out of blocks that the cluster's log gives away (KIP-730)."""

from typing import Final

from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.requests import AllocateProducerIds
from headwater.machine.runtime import Runtime
from headwater.wire.types import NodeId, ProducerId

BLOCK: Final = 1_000


class ProducerIds:
    """A block is durable before the first of its ids is given away; what is left of it at the end of the process is lost."""

    def __init__(self, cluster: Runtime[Cluster], *, node_id: NodeId) -> None:
        self._cluster = cluster
        self._node_id = node_id
        self._next = 0
        self._end = 0

    async def next(self) -> ProducerId:
        """An id that nobody has had. Raises what the machine's runtime raises."""
        if self._next == self._end:
            first = await self._allocate()
            if (
                self._next == self._end
            ):  # else another request, which waited too, has brought a block: this one is unused
                self._next, self._end = first, first + BLOCK
        self._next += 1
        return ProducerId(self._next - 1)

    async def _allocate(self) -> int:
        epoch = self._cluster.head.brokers.get(self._node_id).epoch
        first: int = await self._cluster.ask(
            AllocateProducerIds(node_id=self._node_id, broker_epoch=epoch, count=BLOCK)
        )
        return first
