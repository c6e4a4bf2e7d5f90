"""Remote storage of one broker: made only where it is enabled, so that no other process loads any of it."""

import asyncio
from dataclasses import dataclass
from typing import Final

from headwater.assembly.errors import RefusedSetting
from headwater.broker.coordinators import Coordinators
from headwater.broker.errors import Refused
from headwater.broker.internal_topics import ensure_remote_log_metadata
from headwater.broker.partitions import Partitions
from headwater.broker.tiering.deletion import Deletion
from headwater.broker.tiering.finished import FinishedSegments
from headwater.broker.tiering.metadata import RemoteMetadata
from headwater.broker.tiering.mover import Mover
from headwater.broker.tiering.tender import Tender
from headwater.control.cluster.machine import Cluster
from headwater.control.tiering.codec import RemoteMetadataCodec
from headwater.control.tiering.machine import RemoteLogMetadata
from headwater.kernel.counters import Counters
from headwater.kernel.layers import LiveSettings, Settings
from headwater.kernel.logging import get
from headwater.kernel.tasks import Ward
from headwater.kernel.world import Randomness, World
from headwater.log.journals.coordinator import CoordinatorJournal
from headwater.log.port import Log, PartitionId
from headwater.log.tiering import settings as told
from headwater.log.tiering.known import KnownSegments
from headwater.log.tiering.local_log import LocalLogs
from headwater.log.tiering.logs import TieredLogs
from headwater.log.tiering.object_store import ObjectStore
from headwater.log.tiering.reader import RemoteReader
from headwater.log.tiering.remote_files import RemoteFiles
from headwater.log.tiering.throttle import Throttle
from headwater.log.tiering.waiting import Waiting
from headwater.machine.errors import MachineError
from headwater.machine.runtime import Runtime
from headwater.wire.types import NodeId

log = get("broker.tiering")

_TASKS_MAX: Final = 2_000
"""Partitions that are worked on, or reads and pieces that are fetched for them."""
_AGAIN_S: Final = 1.0
_CLOSE_DEADLINE_S: Final = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Founding:
    """What is needed to make the metadata topic."""

    cluster: Runtime[Cluster]
    partitions: Partitions
    settings: LiveSettings
    randomness: Randomness


class Tiering:
    """The parts are made in the order in which a broker has what they need: logs first, then lists, then the mover."""

    def __init__(
        self, live: LiveSettings, world: World, *, node_id: NodeId, machines: Ward, store: ObjectStore | None = None
    ) -> None:
        """`store` is used instead of the one that the settings name. Raises RefusedSetting, or an ObjectStoreFailed."""
        self._live = live
        self._world = world
        self._node_id = node_id
        self._work = Ward("tiering", children_max=_TASKS_MAX, randomness=world.randomness)
        self._reads = Ward("remote reads", children_max=_TASKS_MAX, randomness=world.randomness)
        self._store = store or opened_store(live.broker)
        self._known = KnownSegments(self._list_of)
        self._files = RemoteFiles(self._store, self._reads, lambda: live.broker.resolved(told.fetch_limits))
        self._metadata: RemoteMetadata | None = None
        self._machines = machines
        self._lists: Coordinators[RemoteLogMetadata]
        self._logs: TieredLogs

    def _list_of(self, partition: PartitionId) -> int | None:
        return self._metadata.list_of(partition) if self._metadata is not None else None

    def over(self, engine: LocalLogs) -> TieredLogs:
        self._logs = TieredLogs(
            engine,
            self._known,
            RemoteReader(self._files),
            Waiting(self._reads),
            lambda: self._live.broker.resolved(told.patience),
        )
        return self._logs

    def make_list(self, partition_log: Log) -> Runtime[RemoteLogMetadata]:
        index = partition_log.partition.index
        runtime = Runtime(
            f"remote segments {index}",
            RemoteLogMetadata,
            CoordinatorJournal(partition_log, RemoteMetadataCodec()),
            clock=self._world.clock,
            ward=self._machines,
        )
        finished = FinishedSegments(index, self._known)
        runtime.subscribe(finished.durable, reloaded=finished.reloaded)
        return runtime

    def use(self, lists: Coordinators[RemoteLogMetadata]) -> None:
        self._lists = lists
        self._metadata = RemoteMetadata(lists, node_id=self._node_id)

    async def run(self, cluster: Runtime[Cluster], partitions: Partitions, counters: Counters) -> None:
        """Until cancelled: make the metadata topic if it is not there, then move segments."""
        assert self._metadata is not None
        mover = self._mover(self._metadata, partitions)
        mover.watch(counters)
        founding = Founding(
            cluster=cluster, partitions=partitions, settings=self._live, randomness=self._world.randomness
        )
        await partitions.settled()
        await _found(founding)
        await self._lists.settled()
        await mover.run()

    def _mover(self, metadata: RemoteMetadata, partitions: Partitions) -> Mover:
        world = self._world
        deletion = Deletion(metadata, self._store)
        throttle = Throttle(lambda: self._live.broker[told.COPY_BYTES_PER_SECOND])
        tender = Tender(metadata, self._store, deletion, throttle, clock=world.clock, randomness=world.randomness)
        return Mover(
            self._logs,
            partitions,
            self._known,
            self._files,
            metadata,
            tender,
            deletion,
            lambda: self._live.broker,
            ward=self._work,
            randomness=world.randomness,
        )

    async def close(self) -> None:
        """What is under way is given up: it is in the lists, and the next process finds it there."""
        for ward in (self._work, self._reads):
            await ward.close(deadline_s=_CLOSE_DEADLINE_S)
        await self._lists.close(_CLOSE_DEADLINE_S)


def opened_store(broker: Settings) -> ObjectStore:
    """The one place that chooses what objects are kept in."""
    url = broker[told.URL]
    if not url:
        raise RefusedSetting(told.SYSTEM_ENABLE.name, "true", f"set {told.URL.name} too")
    from headwater.log.tiering.obstore_store import ObstoreStore

    return ObstoreStore(url, told.store_options(broker), timeout_ms=broker[told.TIMEOUT_MS])


async def _found(founding: Founding) -> None:
    while True:
        try:
            return await ensure_remote_log_metadata(founding)
        except (Refused, MachineError) as error:
            log.warn("the topic of remote segments could not be made", error=error)
        await asyncio.sleep(_AGAIN_S)
