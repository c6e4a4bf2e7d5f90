"""One tiered partition and its list, without a broker: real logs on a disk, a real machine over a log in memory, objects in a dict."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.contracts.log_store import NOON, SetClock, append, batch, partition
from tests.contracts.segment_store import SegmentStore
from tests.contracts.tiered_store import DictStore

from headwater.broker.coordinators import Coordinators
from headwater.broker.tiering.deletion import Deletion
from headwater.broker.tiering.finished import FinishedSegments
from headwater.broker.tiering.metadata import RemoteMetadata
from headwater.broker.tiering.tender import Tender
from headwater.control.cluster.names import REMOTE_LOG_METADATA
from headwater.control.tiering.codec import RemoteMetadataCodec
from headwater.control.tiering.machine import RemoteLogMetadata
from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.tasks import Ward
from headwater.kernel.units import MiB
from headwater.kernel.world import Buffer
from headwater.log.errors import ObjectStoreFailed
from headwater.log.journals.coordinator import CoordinatorJournal
from headwater.log.memory.logs import MemoryLogs
from headwater.log.memory.storage import MemoryStorage
from headwater.log.port import Log, PartitionId
from headwater.log.settings import LogSettings
from headwater.log.tiering.known import KnownSegments
from headwater.log.tiering.log import TieredLog
from headwater.log.tiering.logs import TieredLogs
from headwater.log.tiering.reader import RemoteReader
from headwater.log.tiering.remote_files import RemoteFiles
from headwater.log.tiering.settings import FetchLimits, Patience
from headwater.log.tiering.throttle import Throttle
from headwater.log.tiering.waiting import Waiting
from headwater.machine.runtime import Runtime
from headwater.wire.types import LeaderEpoch, NodeId, Uuid

LIST = PartitionId(topic=REMOTE_LOG_METADATA, topic_id=Uuid(b"l" * 16), index=0)
SETTINGS = LogSettings(
    remote_storage=True,
    segment_bytes=300,
    index_interval_bytes=1,
    local_retention_bytes=0,
    retention_ms=-1,
)


class FailingStore(DictStore):
    """The `fails_at`th request that changes something fails, after it was done if `done`; and all that follow."""

    def __init__(self) -> None:
        super().__init__()
        self.fails_at: int | None = None
        self.done = False
        self.changes = 0

    async def put(self, name: str, pieces: AsyncIterator[Buffer], *, size: int) -> None:
        self._count(before=True)
        await super().put(name, pieces, size=size)
        self._count(before=False)

    async def delete(self, names: Sequence[str]) -> None:
        for name in names:
            self._count(before=True)
            await super().delete([name])
            self._count(before=False)

    def _count(self, *, before: bool) -> None:
        self.changes += before
        if self.fails_at is not None and self.changes >= self.fails_at and before is not self.done:
            raise ObjectStoreFailed(self.address, "it is gone")


class Rig:
    """`life` opens everything; what lies on the disk, in the list's log and in the store stays from one to the next."""

    def __init__(self, folder: Path) -> None:
        self.clock = SetClock(NOON)
        self.store = FailingStore()
        self._folder = SegmentStore(folder, clock=self.clock)
        self._storage = MemoryStorage()
        self.log: TieredLog
        self.metadata: RemoteMetadata
        self.tender: Tender
        self.deletion: Deletion

    @asynccontextmanager
    async def life(self, settings: LogSettings = SETTINGS, *, killed: bool = False) -> AsyncIterator[None]:
        ward = Ward("rig", children_max=100, randomness=SystemRandomness())
        known = KnownSegments(lambda _: 0)
        lists = self._lists(ward, known)
        log = await MemoryLogs(self._storage, clock=self.clock).open(LIST, epoch=LeaderEpoch(0), settings=LogSettings())
        lists.log_opened(log)
        await lists.settled()
        local = await self._folder.open()
        files = RemoteFiles(self.store, ward, _limits)
        logs = TieredLogs(
            local, known, RemoteReader(files), Waiting(ward), lambda: Patience(fetch_ms=5_000, search_ms=5_000)
        )
        self.log = await logs.open(partition(), epoch=LeaderEpoch(0), settings=settings)
        self.metadata = RemoteMetadata(lists, node_id=NodeId(1))
        self.deletion = Deletion(self.metadata, self.store)
        throttle = Throttle(lambda: 2**62)
        self.tender = Tender(
            self.metadata, self.store, self.deletion, throttle, clock=self.clock, randomness=SystemRandomness()
        )
        try:
            yield
        finally:
            await lists.close()
            await (self._folder.crash(local) if killed else local.close())
            await ward.close(deadline_s=5)

    async def fill(self, *letters: str) -> None:
        for letter in letters:
            await append(self.log, batch(letter * 100))

    async def tend(self) -> None:
        while await self.tender.tend(self.log):
            pass

    def _lists(self, ward: Ward, known: KnownSegments) -> Coordinators[RemoteLogMetadata]:
        def make(log: Log) -> Runtime[RemoteLogMetadata]:
            journal = CoordinatorJournal(log, RemoteMetadataCodec())
            runtime = Runtime("list", RemoteLogMetadata, journal, clock=self.clock, ward=ward)
            finished = FinishedSegments(0, known)
            runtime.subscribe(finished.durable, reloaded=finished.reloaded)
            return runtime

        return Coordinators(REMOTE_LOG_METADATA, make=make, partition_count=lambda _: 1, ward=ward)


def _limits() -> FetchLimits:
    return FetchLimits(cache_bytes=MiB, read_ahead_bytes=MiB, bytes_per_second=2**62)
